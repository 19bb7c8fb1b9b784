// @vitest-environment node
import { expect, test } from 'vitest';
import { inkShape } from './shape';
import { boxOf, GrowingStroke, MAX_STROKE_POINTS, MIN_STEP_PT } from './stroke';

const at = (x: number, y: number, pressure: number | null = 0.5, t = 0) => ({
  x,
  y,
  pressure,
  at: t,
});

test('points next to nothing apart are one, and pressing harder on the spot is kept', () => {
  const stroke = new GrowingStroke(at(10, 10, 0.2, 1000));
  expect(stroke.add(at(10 + MIN_STEP_PT / 2, 10, 0.9, 1004))).toBe(false);
  expect(stroke.add(at(11, 10, 0.4, 1008.4))).toBe(true);
  expect(stroke.xs).toEqual([10, 11]);
  expect(stroke.pressure).toEqual([0.9, 0.4]);
  expect(stroke.times).toEqual([0, 8]);
});

test('predicted points are seen and never kept', () => {
  const stroke = new GrowingStroke(at(0, 0));
  stroke.add(at(1, 0));
  const seen = stroke.slice(0, stroke.length, [at(2, 0), at(3, 0)]);
  expect(seen.xs).toEqual([0, 1, 2, 3]);
  expect(seen.pressure).toHaveLength(4);
  expect(stroke.slice(1, 2).xs).toEqual([1]);
  expect(stroke.xs).toEqual([0, 1]);
});

test('a stroke is full before shaping it takes long', () => {
  const stroke = new GrowingStroke(at(0, 0));
  for (let i = 1; i < MAX_STROKE_POINTS; i++) stroke.add(at(i, i % 7));
  expect(stroke.full).toBe(true);
  expect(boxOf(stroke)).toEqual([0, 0, MAX_STROKE_POINTS - 1, 6]);
});

test('with pressure the nib has an outline, without it a centre line; a dot is seen', () => {
  const nib = new GrowingStroke(at(0, 0, 0.5));
  nib.add(at(5, 5, 1));
  nib.add(at(9, 2, 0.3));
  const filled = inkShape(nib, 2);
  expect(filled.paint).toBe('fill');
  expect(filled.d).toMatch(/^M[-\d.]+ [-\d.]+Q.*Z$/);
  expect(filled.d).not.toContain('NaN');
  const finger = new GrowingStroke(at(3, 4, null));
  expect(inkShape(finger, 2)).toEqual({ d: 'M3 4h0.01', paint: 'stroke' });
  finger.add(at(5, 4, null));
  finger.add(at(7, 6, null));
  expect(inkShape(finger, 2).d).toBe('M3 4Q5 4 6 5L7 6');
});
