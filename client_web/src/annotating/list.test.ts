// @vitest-environment node
import { expect, test } from 'vitest';
import { encodeInk, inkToText, type Mark } from './core';
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
  mark({ kind: 'ink', ink: inkToText(encodeInk([x, x + 9], [y, y])), geometry: {}, ...part });

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
