// @vitest-environment node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Mark, Refused } from '../core';
import { refusedFile, type PaperKnowledge } from './save';
import { refusedMarks } from './refused-papers';
import { writeXfdf } from './write';

const VECTORS = path.resolve(import.meta.dirname, '../../../../tests/contract/vectors');
const given = JSON.parse(readFileSync(path.join(VECTORS, 'refused.json'), 'utf8')) as {
  theirs: string;
  heights: Record<number, number>;
  known: Mark[];
  refused: Refused[];
  left: number;
};
const at = new Date('2026-11-22T08:00:00Z');
const knownMark = (_layer: string, id: string) => given.known.find((mark) => mark.id === id);
const words = { nameless: 'Ghi chú chưa gửi được', theirs: given.theirs };

function tablet(places: Record<string, string>): PaperKnowledge {
  return {
    knownMarks: () => Promise.resolve(knownMark),
    placeOf: (layer) => {
      const document = places[layer];
      return Promise.resolve(
        document === undefined ? undefined : { documentId: document, document },
      );
    },
    heightsOf: () => Promise.resolve((page: number) => given.heights[page]),
  };
}

const layers = [...new Set(given.refused.map(({ layer }) => layer))];

test('refused work of every kind is written as the server’s import reads it', async () => {
  const places = Object.fromEntries(layers.map((layer) => [layer, 'Tờ trình: điều chỉnh']));
  const file = await refusedFile(given.refused, tablet(places), words, at);
  expect(file?.name).toBe('Tờ trình điều chỉnh.xfdf');
  expect(file?.left).toBe(given.left);
  // What Python reads and the real server takes in (tests/contract/test_refused_export.py); made
  // anew by `vitest -u` where the form changes.
  await expect(await file?.blob.text()).toMatchFileSnapshot(path.join(VECTORS, 'refused.xfdf'));
});

test('papers that differ lie in one archive, each under its own name', async () => {
  const [first = '', second = ''] = layers;
  const names = tablet({ [first]: 'Báo cáo', [second]: 'Báo cáo' });
  const other: PaperKnowledge = {
    ...names,
    placeOf: (layer) => Promise.resolve({ documentId: layer, document: 'Báo cáo' }),
  };
  const file = await refusedFile(given.refused, other, words, at);
  expect(file?.name).toBe('Ghi chú chưa gửi được 2026-11-22.zip');
  const bytes = new TextDecoder().decode(await file?.blob.arrayBuffer());
  expect(bytes).toContain('Báo cáo.xfdf');
  expect(bytes).toContain('Báo cáo (2).xfdf');
});

test('a paper that nobody here knows has a name all the same', async () => {
  const mine = given.refused.filter(({ layer }) => layer === layers[0]);
  expect((await refusedFile(mine, tablet({}), words, at))?.name).toBe('Ghi chú chưa gửi được.xfdf');
});

test('what has nothing that a file could hold makes none, and is counted', async () => {
  const gone = given.refused.filter(({ ops }) => ops.every(({ op }) => op === 'delete'));
  expect(await refusedFile(gone, tablet({}), words, at)).toBeNull();
  expect(refusedMarks(gone, knownMark, '')).toEqual({ papers: [], left: gone.length });
});

test('both texts of a conflict are in the file, the server’s as a note of its own', () => {
  const conflict = given.refused.filter(({ code }) => code === 'conflict');
  const [paper] = refusedMarks(conflict, () => undefined, 'Máy chủ').papers;
  expect(paper?.marks.map(({ mark }) => mark.body)).toEqual([
    'Lời của tôi',
    'Máy chủ\nLời trên máy chủ',
  ]);
});

test('a put that met another mark of its id is mine, not the one that is there', () => {
  const [put] = given.refused.flatMap(({ ops }) => ops.filter(({ op }) => op === 'put'));
  if (put?.op !== 'put') throw new Error('no put');
  const one: Refused = { key: 'k', layer: 'L', ops: [put], code: 'id_taken' };
  const there = { ...given.known[0], id: put.id } as Mark;
  const [out] = refusedMarks([one], () => there, '').papers[0]?.marks ?? [];
  expect([out?.name, out?.mark.kind]).toEqual([`${put.id}.k`, put.kind]);
});

test('words that were thrown away with their mark are not dug up again', () => {
  const ops = [
    { op: 'patch', id: 'm', base_rev: 1, body: 'lời' },
    { op: 'delete', id: 'm', base_rev: 1 },
  ] as const;
  const one: Refused = { key: 'k', layer: 'L', ops, code: 'forbidden' };
  expect(refusedMarks([one], () => undefined, '')).toEqual({ papers: [], left: 1 });
});

test('words that no XML holds leave the words around them whole', () => {
  const mark = { ...given.known[0], kind: 'note', body: 'a\u0000\ud800b\u{1F600}<"' } as Mark;
  const text = writeXfdf([{ mark, name: 'n' }], 'p.pdf');
  expect(text).toContain('<contents>ab\u{1F600}&lt;&quot;</contents>');
});
