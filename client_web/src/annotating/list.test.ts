// @vitest-environment node
import { expect, test } from 'vitest';
import vectors from '../../../tests/contract/vectors/scribbles.json';
import { encodeInk, inkToText, type Kind, type Mark } from './core';
import { linesOf } from './kept-lines';
import { findIn, listOf } from './list';

let made = 0;
function mark(part: Partial<Mark>): Mark {
  made += 1;
  return {
    id: `m${made}`,
    version: 'v',
    page: 0,
    kind: 'note',
    rev: 1,
    seq: 1,
    author: 'lan',
    created: made * 1000,
    modified: 0,
    geometry: { point: [10, 10] },
    style: { color: '#1b4fbf', width: 1 },
    ...part,
  };
}
const ink = (x: number, y: number, part: Partial<Mark> = {}) =>
  mark({
    kind: 'ink',
    ink: inkToText(encodeInk([x, x + 9], [y, y])),
    geometry: { rect: [x, y, x + 9, y] },
    ...part,
  });

test('marks come by page and from top to bottom, with quote and words', () => {
  const pages = listOf([
    mark({ page: 3, geometry: { point: [10, 300] }, body: 'dưới' }),
    mark({ page: 3, geometry: { point: [10, 100] }, body: 'trên' }),
    mark({
      page: 1,
      kind: 'highlight',
      geometry: { quads: [[0, 0, 9, 0, 0, 9, 9, 9]] },
      anchor: [{ type: 'TextQuoteSelector', exact: 'tổng mức', prefix: '', suffix: '' }],
    }),
  ]);
  expect(pages.map((p) => [p.page, p.entries.map((e) => e.body || e.quote)])).toEqual([
    [1, ['tổng mức']],
    [3, ['trên', 'dưới']],
  ]);
});

test('strokes of one scribble are one line; far or late ones are not', () => {
  const start = 5_000_000;
  const [page] = listOf([
    ink(10, 10, { created: start }),
    ink(30, 12, { created: start + 900 }),
    ink(30, 400, { created: start + 1800 }),
    ink(12, 14, { created: start + 60_000 }),
  ]);
  expect(page?.entries.map((entry) => entry.ids.length)).toEqual([2, 1, 1]);
});

test.each(vectors)('joined as the server joins: $name', ({ marks, lines }) => {
  const made = marks.map(({ rect, kind, ...one }) => ({
    layer: one.layer,
    mark: mark({
      ...one,
      kind: kind as Kind,
      geometry: { rect: rect as [number, number, number, number] },
    }),
  }));
  const layers = new Map(made.map((one) => [one.mark, one.layer]));
  const entries = listOf(
    made.map((one) => one.mark),
    (one) => layers.get(one) ?? '',
  ).flatMap((page) => page.entries);
  const joined = new Map(entries.map(({ ids }) => [ids[0], ids]));
  expect([...joined.values()].sort()).toEqual([...lines].sort());
  // The lines of the list without a network, one layer each time, in the order of the server's.
  for (const layer of new Set(layers.values())) {
    const own = made.filter((one) => one.layer === layer).map((one) => one.mark);
    const ids = new Set(own.map(({ id }) => id));
    const expected = lines.flatMap(([first = '']) => (ids.has(first) ? [first] : []));
    expect(linesOf(own).map(({ id }) => id)).toEqual(expected);
  }
});

test('found without diacritics and without case', () => {
  const pages = listOf([
    mark({ body: 'Hỏi lại Sở Tài chính về ĐƯỜNG vành đai' }),
    mark({ body: 'khác' }),
  ]);
  const bodies = (sought: string) =>
    findIn(pages, sought).flatMap((p) => p.entries.map((e) => e.body));
  expect(bodies('tai chinh')).toHaveLength(1);
  expect(bodies('đường  vanh')).toHaveLength(1);
  expect(bodies('duong vanh')).toHaveLength(1);
  expect(bodies('')).toHaveLength(2);
});
