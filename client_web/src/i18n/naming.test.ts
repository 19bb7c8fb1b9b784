// @vitest-environment node
/** Whoever is named is named with the form of address: capital at the beginning of a line, small within it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { words } from './tables';

/** Words whose `{name}` is a person, and those whose is a file or a device. A new one goes to one of them. */
const PEOPLE = [
  'app.account_of',
  'layers.news.gained',
  'layers.of',
  'meetings.chaired_by',
  'meetings.people.add',
  'meetings.people.remove',
  'meetings.people.remove.text',
  'meetings.people.role_of',
  'people.unlock_sign_in',
  'people.unlock_sign_in.done',
];
const THINGS = [
  'meetings.document.file.chosen',
  'meetings.document.newest.refused',
  'people.devices.revoke.text',
  'people.devices.revoked',
];
/** Said by the server in the small form. */
const BY_SERVER = ['card.chair_name'];

const root = join(import.meta.dirname, '..');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(svelte|ts)$/.test(path) && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

test('every word with a name in it is known to name a person or a thing', () => {
  const named = Object.keys(words.vi).filter((key) => words.vi[key]?.includes('{name}'));
  expect(named.sort()).toEqual([...PEOPLE, ...THINGS].sort());
});

test('within a line the form of address is small, at its beginning it is not', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const { path, text } of sources) {
    for (const [, key = '', name = ''] of text.matchAll(
      /t\('([\w.]+)', \{ name(?:: ([^}]+?))? \}/g,
    )) {
      if (!PEOPLE.includes(key)) continue;
      seen += 1;
      const first = words.vi[key]?.startsWith('{name}');
      const right = name.startsWith(first ? 'addressed(' : 'called(') || BY_SERVER.includes(name);
      if (!right) wrong.push(`${path}: ${key} says ${name}`);
    }
  }
  expect(wrong).toEqual([]);
  // All but `layers.news`, whose key is put together.
  expect(seen).toBeGreaterThanOrEqual(PEOPLE.length - 1);
});

test('nobody stands on a page by the bare name', () => {
  const bare = /(?<![=$])\{[^{}]*\b(person|participant|chair|owner)\??\.name\b[^{}]*\}/g;
  const found = sources
    .filter(({ path }) => path.endsWith('.svelte'))
    .flatMap(({ path, text }) => [...text.matchAll(bare)].map(([hit]) => `${path}: ${hit}`));
  expect(found).toEqual([]);
});
