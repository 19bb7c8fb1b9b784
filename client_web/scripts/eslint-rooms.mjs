/**
 * The walls between the rooms of the client (docs/architecture.md, "Who may import whom", rule 5):
 * features meet only through their index.ts, and a feature's plain .ts logic imports no Svelte.
 */
import path from 'node:path';

const SRC = path.resolve(import.meta.dirname, '../src');

/** The folder directly below src/ that a file belongs to; '' for src/main.ts. */
function roomOf(file) {
  const parts = path.relative(SRC, file).split(path.sep);
  return parts.length > 1 ? parts[0] : '';
}

function isDoor(target, room) {
  const inside = path.relative(path.join(SRC, room), target);
  return inside === '' || inside === 'index' || inside === 'index.ts';
}

const walls = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      door: "'{{room}}' is entered only through its index.ts",
      svelte: 'logic in .ts imports no Svelte: move runes to .svelte.ts, markup to .svelte',
    },
  },
  create(context) {
    const file = context.filename;
    const own = roomOf(file);
    const isTest = file.endsWith('.test.ts');
    const isLogic =
      file.endsWith('.ts') &&
      !file.endsWith('.svelte.ts') &&
      path.basename(file) !== 'index.ts' &&
      own !== '' &&
      !isTest;

    function check(node) {
      const source = node.source?.value;
      if (typeof source !== 'string') return;
      const typeOnly = node.importKind === 'type' || node.exportKind === 'type';
      if (isLogic && !typeOnly) {
        const component = source.endsWith('.svelte') || /(^|\/)ui(\/index(\.ts)?)?$/.test(source);
        if (/^svelte(\/|$)/.test(source) || (source.startsWith('.') && component)) {
          context.report({ node, messageId: 'svelte' });
        }
      }
      if (!source.startsWith('.')) return;
      const target = path.resolve(path.dirname(file), source);
      const room = roomOf(target) || path.relative(SRC, target);
      if (target.startsWith('..') || room === own || !target.startsWith(SRC + path.sep)) return;
      // The tables of words are joined by i18n, which may read each feature's words.ts.
      if (own === 'i18n' && /^words(\.ts)?$/.test(path.basename(target))) return;
      // Styles of the design system are loaded once, at the start.
      if (own === '' && target.endsWith('.css')) return;
      if (!isDoor(target, room)) context.report({ node, messageId: 'door', data: { room } });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

export const rooms = { rules: { walls } };
