// @vitest-environment node
import { expect, test } from 'vitest';
import { decodeInk, inkFromText, type Mark } from './core';
import { inkPut, keptInside, moves, notePut, restyles, rewrite, textPut } from './edits';
import { GrowingStroke } from './pen/stroke';
import { DEFAULT_STYLES } from './tools/tools';

const birth = { id: 'm', version: 'v', page: 2, created: 5 };
const mark = (part: Partial<Mark>): Mark => ({
  id: 'm',
  version: 'v',
  page: 0,
  kind: 'ink',
  rev: 1,
  seq: 1,
  author: 'lan',
  created: 0,
  modified: 0,
  geometry: {},
  style: { color: '#c62828', width: 2 },
  ...part,
});

test('a stroke becomes a put with its raw points, pressure and times', () => {
  const stroke = new GrowingStroke({ x: 10, y: 20, pressure: 0.5, at: 100 });
  stroke.add({ x: 14, y: 26.126, pressure: 1, at: 108 });
  const put = inkPut(birth, 'ink', stroke, DEFAULT_STYLES.pen);
  expect(put).toMatchObject({
    op: 'put',
    id: 'm',
    page: 2,
    kind: 'ink',
    geometry: { rect: [10, 20, 14, 26.13] },
    style: { color: '#1b4fbf', width: 1.6, opacity: 1 },
  });
  const back = decodeInk(inkFromText(put.ink ?? ''));
  expect([...back.xs]).toEqual([10, 14]);
  expect([...(back.times ?? [])]).toEqual([0, 8]);
  expect(back.pressure?.[1]).toBe(1);
});

test('a highlight has no pen width, an underline has one', () => {
  const quads = [[0, 0, 5, 0, 0, 5, 5, 5]] as [
    [number, number, number, number, number, number, number, number],
  ];
  expect(textPut(birth, 'highlight', quads, [], DEFAULT_STYLES.highlight).style).toEqual({
    color: '#ffd84d',
    opacity: 0.55,
  });
  expect(textPut(birth, 'underline', quads, [], DEFAULT_STYLES.underline).style.width).toBe(1.2);
});

test('a note on a turned page stands upright', () => {
  const at = { x: 1, y: 2 };
  expect(notePut(birth, at, 0, 'x', DEFAULT_STYLES.note).geometry).toEqual({ point: [1, 2] });
  expect(notePut(birth, at, 90, 'x', DEFAULT_STYLES.note).geometry.rotate).toBe(270);
});

test('moving shifts ink by its matrix, notes by their point, and leaves marks on text', () => {
  const ink = mark({ ink: 'x', geometry: { rect: [0, 0, 4, 4], matrix: [1, 0, 0, 1, 5, 5] } });
  const note = mark({ id: 'n', kind: 'note', geometry: { point: [9, 9], rotate: 90 } });
  const text = mark({ id: 't', kind: 'highlight', geometry: { quads: [] } });
  expect(moves([ink, note, text], 10, -2)).toEqual([
    {
      op: 'patch',
      id: 'm',
      geometry: { rect: [10, -2, 14, 2], matrix: [1, 0, 0, 1, 15, 3] },
    },
    { op: 'patch', id: 'n', geometry: { point: [19, 7], rotate: 90 } },
  ]);
});

test('only what looks different is changed', () => {
  expect(restyles([mark({})], { color: '#c62828' })).toEqual([]);
  expect(restyles([mark({})], { color: '#1b7a3d' })).toEqual([
    { op: 'patch', id: 'm', style: { color: '#1b7a3d', width: 2 } },
  ]);
  expect(rewrite(mark({ body: 'a' }), 'a')).toEqual([]);
  expect(rewrite(mark({}), 'a')).toEqual([{ op: 'patch', id: 'm', body: 'a' }]);
});

test('a mark cannot be moved wholly off its page, and one that is outside may come back', () => {
  const page = { widthPt: 600, heightPt: 800 };
  const big = [100, 100, 200, 140] as const;
  expect(keptInside([big], page, 30, -40)).toEqual([30, -40]);
  expect(keptInside([big], page, 5_000, 5_000)).toEqual([488, 688]);
  expect(keptInside([big], page, -5_000, -5_000)).toEqual([-188, -128]);
  // A dot of 4 points stays whole; of several marks none leaves.
  const dot = [590, 10, 594, 14] as const;
  expect(keptInside([dot], page, 100, 0)).toEqual([6, 0]);
  expect(keptInside([big, dot], page, 100, 0)).toEqual([6, 0]);
  const lost = [700, 100, 720, 120] as const;
  expect(keptInside([lost], page, 50, 0)).toEqual([0, 0]);
  expect(keptInside([lost], page, -300, 0)).toEqual([-300, 0]);
  expect(keptInside([], page, 7, 8)).toEqual([7, 8]);
});
