/** The list of my marks: grouped by page, strokes drawn in one go together. Pure. */
import { fold } from '../i18n';
import type { Kind, Mark } from './core';
import { shapeOf } from './marks/mark-shape';
import { stampWords } from './marks/stamps';

export interface ListEntry {
  /** The mark to jump to. */
  mark: Mark;
  /** All marks of the entry: several strokes of one scribble are one line of the list. */
  ids: string[];
  kind: Kind;
  quote: string;
  body: string;
  /** What a stamp says. */
  stamp: string;
  color: string;
  author: string;
  /** The layer it lies on. */
  layer: string;
  resolved: boolean;
  /** How many answers it has. */
  answers: number;
  /** Where it begins, page space. */
  y: number;
  x: number;
}

export interface ListPage {
  page: number;
  entries: ListEntry[];
}

/** Strokes that begin within this time of each other … */
const TOGETHER_MS = 20_000;
/** … and within this distance belong to one scribble, points. */
const TOGETHER_PT = 60;
const STROKES: readonly Kind[] = ['ink', 'highlighter'];

export function quoteOf(mark: Mark): string {
  const quote = mark.anchor?.find((part) => part.type === 'TextQuoteSelector');
  return quote?.type === 'TextQuoteSelector' ? quote.exact : '';
}

/** @param layerOf the layer on which a mark lies. */
export function listOf(
  marks: readonly Mark[],
  layerOf: (mark: Mark) => string = () => '',
): ListPage[] {
  const pages = new Map<number, ListEntry[]>();
  const answers = new Map<string, number>();
  for (const { reply_to } of marks) {
    if (reply_to !== undefined) answers.set(reply_to, (answers.get(reply_to) ?? 0) + 1);
  }
  const roots = marks.filter((mark) => mark.reply_to === undefined);
  for (const mark of roots.sort((a, b) => a.created - b.created)) {
    const entries = pages.get(mark.page) ?? [];
    pages.set(mark.page, entries);
    const [x, y] = shapeOf(mark).box;
    const layer = layerOf(mark);
    const said = answers.get(mark.id) ?? 0;
    const last = said > 0 ? undefined : entries.findLast((one) => joins(one, mark, layer));
    if (last) {
      last.ids.push(mark.id);
      last.mark = mark;
      last.y = Math.min(last.y, y);
      continue;
    }
    entries.push({
      mark,
      ids: [mark.id],
      kind: mark.kind,
      quote: quoteOf(mark),
      body: mark.body ?? '',
      stamp: mark.kind === 'stamp' ? stampWords(mark.style.stamp) : '',
      color: mark.style.color ?? '#1d2733',
      author: mark.author,
      layer,
      resolved: mark.resolved ?? false,
      answers: said,
      x,
      y,
    });
  }
  return [...pages]
    .sort(([a], [b]) => a - b)
    .map(([page, entries]) => ({ page, entries: entries.sort((a, b) => a.y - b.y) }));
}

function joins(entry: ListEntry, mark: Mark, layer: string): boolean {
  if (entry.layer !== layer || entry.author !== mark.author || entry.answers > 0) return false;
  if (entry.kind !== mark.kind || !STROKES.includes(mark.kind)) return false;
  if (entry.body !== '' || (mark.body ?? '') !== '') return false;
  if (mark.created - entry.mark.created > TOGETHER_MS) return false;
  const [a, b] = [shapeOf(entry.mark).box, shapeOf(mark).box];
  const dx = Math.max(a[0] - b[2], b[0] - a[2], 0);
  const dy = Math.max(a[1] - b[3], b[1] - a[3], 0);
  return Math.hypot(dx, dy) <= TOGETHER_PT;
}

/** Entries whose words hold what is sought; marks and case do not matter. */
export function findIn(pages: readonly ListPage[], sought: string): ListPage[] {
  const needle = fold(sought.trim());
  if (needle === '') return [...pages];
  return pages
    .map(({ page, entries }) => ({
      page,
      entries: entries.filter(({ quote, body, stamp }) =>
        fold(`${quote}\n${body}\n${stamp}`).includes(needle),
      ),
    }))
    .filter(({ entries }) => entries.length > 0);
}
