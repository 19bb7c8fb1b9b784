import { expect, test } from 'vitest';
import { encodeInk, inkToText, type Mark } from './core';
import { linesOf, sketchOf } from './kept-lines';

let made = 0;
const stroke = (x: number, created: number, points = 3): Mark => {
  const xs = Array.from({ length: points }, (_, i) => x + (i * 20) / (points - 1));
  const ys = xs.map((_, i) => 50 + (i % 2) * 5);
  return {
    id: `m${(made += 1)}`,
    version: 'v',
    page: 0,
    kind: 'ink',
    rev: 1,
    seq: 1,
    author: 'p',
    created,
    modified: created,
    geometry: { rect: [x, 50, x + 20, 55] },
    style: { color: '#1d2733', width: 1.6 },
    ink: inkToText(encodeInk(xs, ys)),
  };
};

test('strokes of one scribble are one line with one picture', () => {
  const lines = linesOf([stroke(10, 1000), stroke(25, 1900), stroke(400, 5000)]);
  expect(lines.map(({ marks, at }) => [marks, at])).toEqual([
    [2, 1900],
    [1, 5000],
  ]);
  expect(lines[0]?.sketch?.lines).toHaveLength(2);
  expect(lines[0]?.sketch?.width).toBeCloseTo(35, 0);
});

test('a picture is bounded, and shows a moved stroke where it lies', () => {
  const long = stroke(0, 0, 2000);
  const sketch = sketchOf([long]);
  expect(sketch?.lines[0]?.length).toBeLessThanOrEqual(2 * 240);
  expect(Math.max(...(sketch?.lines[0] ?? []))).toBe(1000);
  const moved = {
    ...long,
    id: 'moved',
    geometry: { ...long.geometry, matrix: [2, 0, 0, 2, 0, 0] },
  };
  expect(sketchOf([moved as Mark])?.width).toBeCloseTo((sketch?.width ?? 0) * 2, 0);
});

test('what is no stroke has no picture', () => {
  const note: Mark = { ...stroke(0, 0), kind: 'note', geometry: { point: [1, 2] } };
  delete (note as { ink?: string }).ink;
  expect(sketchOf([note])).toBeNull();
});
