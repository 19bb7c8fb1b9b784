// @vitest-environment node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Mark, Operation, Put, Refused } from './core';
import {
  both,
  choiceFor,
  grouped,
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
  const isOwn = (id: string) => id === 'home';
  const patch: Operation = { op: 'patch', id: 'home', base_rev: 2, body: 'sửa' };
  const fresh = { ...put, id: 'fresh', reply_to: 'home' };
  const ops: Operation[] = [patch, fresh];
  const refused = { key: 'k', layer: 'gone', code: 'revoked', ops } as unknown as Refused;
  expect(choiceFor({ ...refused, ops: [patch] }, isOwn)).toBe('own');
  expect(choiceFor({ ...refused, ops: [patch] })).toBe('again');
  const moved = onOwnLayer(refused, 'own', () => 'new', isOwn);
  expect(moved).toEqual({ layer: 'own', ops: [patch, { ...put, id: 'new', reply_to: undefined }] });
});
