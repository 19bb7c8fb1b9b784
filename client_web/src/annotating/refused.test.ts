// @vitest-environment node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Mark, Operation, Put, Refused } from './core';
import {
  both,
  choiceFor,
  grouped,
  isHome,
  myWords,
  onOwnLayer,
  pageOf,
  reasonOf,
  theirWords,
  versionOf,
} from './refused';
import { refused as words } from './words/refused';

const put: Put = {
  op: 'put',
  id: 'm',
  version: 'v',
  page: 3,
  kind: 'note',
  created: 5,
  geometry: { point: [1, 2] },
  style: {},
  body: 'lời của tôi',
  reply_to: 'gốc',
};
const server: Mark = {
  id: 'm',
  version: 'v',
  page: 2,
  kind: 'note',
  rev: 7,
  seq: 9,
  author: 'lan',
  created: 1,
  modified: 2,
  geometry: {},
  style: {},
  body: 'lời trên máy chủ',
};
const refused = (code: string, ops: Operation[], more: Partial<Refused> = {}): Refused => ({
  key: 'k',
  layer: 'L',
  ops,
  code,
  ...more,
});
const patch = (body: string): Operation => ({ op: 'patch', id: 'm', base_rev: 1, body });

const wire = readFileSync(
  path.resolve(import.meta.dirname, '../../../docs/wire-annotations.md'),
  'utf8',
);

test('every code of the wire, and every one of the client’s own, has words in both languages', () => {
  const table = wire.slice(wire.indexOf('## Codes of a refusal'));
  const cells = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].map((row) => row[1] ?? '');
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((one) => one[1] ?? ''));
  expect(codes.length).toBeGreaterThan(20);
  for (const code of [...codes, 'revoked', 'unanswered']) {
    for (const language of [words.vi, words.en]) {
      expect(Object.keys(language), code).toContain(reasonOf(code));
    }
  }
});

test('each refusal offers what can come of it', () => {
  expect(choiceFor(refused('conflict', [patch('a')]))).toBe('conflict');
  expect(choiceFor(refused('deleted', [patch('a')]))).toBe('restore');
  expect(choiceFor(refused('revoked', [put]))).toBe('own');
  expect(choiceFor(refused('forbidden', [patch('a')]))).toBe('again');
  expect(choiceFor(refused('not_yours', [patch('a')]))).toBe('none');
  expect(choiceFor(refused('unanswered', [put]))).toBe('again');
});

test('both texts end up in one, the server’s first, and none twice', () => {
  const two = refused('conflict', [patch('lời của tôi')], { serverValue: server });
  expect([myWords(two), theirWords(two)]).toEqual(['lời của tôi', 'lời trên máy chủ']);
  expect(both(two).ops).toMatchObject([{ body: 'lời trên máy chủ\n\nlời của tôi' }]);
  const longer = refused('conflict', [patch('lời trên máy chủ, và hơn')], { serverValue: server });
  expect(both(longer).ops).toMatchObject([{ body: 'lời trên máy chủ, và hơn' }]);
  const shorter = refused('conflict', [patch('lời')], { serverValue: server });
  expect(both(shorter).ops).toMatchObject([{ body: 'lời trên máy chủ' }]);
});

test('what was made on a closed layer comes to one’s own as new marks that answer nothing', () => {
  const gone = refused('revoked', [put, patch('a')]);
  const moved = onOwnLayer(gone, 'own', (created) => `new ${created}`);
  expect(moved.layer).toBe('own');
  expect(moved.ops).toMatchObject([{ op: 'put', id: 'new 5', body: 'a' }]);
  expect(moved.ops[0]).not.toHaveProperty('reply_to');
});

test('a text written in many pauses on a layer that was taken away comes home whole', () => {
  const other = { ...patch('x'), id: 'other' };
  const list = [
    refused('revoked', [put], { key: 'a' }),
    refused('forbidden', [patch('hai')], { key: 'b' }),
    refused('revoked', [other], { key: 'c' }),
    refused('revoked', [patch('hai lời')], { key: 'd' }),
    refused('conflict', [patch('z')], { key: 'e' }),
    refused('revoked', [patch('y')], { key: 'f', layer: 'M' }),
  ];
  const groups = grouped(list);
  expect(groups.map(({ keys }) => keys)).toEqual([['a', 'b', 'd'], ['c'], ['e'], ['f']]);
  const [whole] = groups;
  expect(whole && myWords(whole.refused)).toBe('hai lời');
  const moved = whole && onOwnLayer(whole.refused, 'own', () => 'new');
  expect(moved?.ops).toMatchObject([{ op: 'put', id: 'new', body: 'hai lời' }]);
});

test('it says where it is about', () => {
  expect([versionOf(refused('revoked', [put])), pageOf(refused('revoked', [put]))]).toEqual([
    'v',
    3,
  ]);
  expect(pageOf(refused('conflict', [patch('a')], { serverValue: server }))).toBe(2);
  expect(versionOf(refused('conflict', [patch('a')]))).toBeUndefined();
});

test('a change to a mark that came home from a deleted layer is made to it there', () => {
  const home = (id: string) => (id === 'home' ? { ...server, id } : undefined);
  const patch: Operation = { op: 'patch', id: 'home', base_rev: 2, body: 'sửa' };
  const fresh = { ...put, id: 'fresh', reply_to: 'home' };
  const ops: Operation[] = [patch, fresh];
  const refused = { key: 'k', layer: 'gone', code: 'revoked', ops } as unknown as Refused;
  expect(choiceFor({ ...refused, ops: [patch] }, home)).toBe('own');
  expect(choiceFor({ ...refused, ops: [patch] })).toBe('again');
  const moved = onOwnLayer(refused, 'own', () => 'new', home);
  expect(moved).toEqual({ layer: 'own', ops: [patch, { ...put, id: 'new', reply_to: undefined }] });
});

test('a new mark that came home is not made once more, and keeps what was typed after it', () => {
  const mark: Mark = { ...server, id: 'm', rev: 2, body: 'lời của tôi' };
  const home = (id: string) => (id === 'm' ? mark : undefined);
  const toOwn = (ops: Operation[]) => onOwnLayer(refused('revoked', ops), 'own', () => 'new', home);
  expect(toOwn([put]).ops).toEqual([]);
  expect(isHome(refused('revoked', [put]), home)).toBe(true);
  const later: Operation = { op: 'patch', id: 'm', base_rev: 0, body: 'lời của tôi, và hơn' };
  // On top of the mark as it was made: its own first words are nobody else's.
  expect(toOwn([put, later]).ops).toEqual([{ ...later, base_rev: 1 }]);
  expect(isHome(refused('revoked', [put, later]), home)).toBe(false);
  // Sent twice, with more words the second time: the first try came through.
  const more = { ...put, body: 'lời của tôi, gửi lại' };
  expect(toOwn([more]).ops).toEqual([
    { op: 'patch', id: 'm', base_rev: 1, body: 'lời của tôi, gửi lại' },
  ]);
  expect(toOwn([put, { op: 'delete', id: 'm', base_rev: 0 }]).ops).toEqual([
    { op: 'delete', id: 'm', base_rev: 1 },
  ]);
  const fresh = { ...put, id: 'fresh' };
  expect(toOwn([put, fresh]).ops).toMatchObject([{ op: 'put', id: 'new' }]);
  expect(isHome(refused('revoked', [put, fresh]), home)).toBe(false);
  expect(isHome(refused('conflict', [put]), home)).toBe(false);
});
