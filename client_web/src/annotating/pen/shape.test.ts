// @vitest-environment node
import { expect, it } from 'vitest';
import { inkShape } from './shape';

it('writes a line in hundredths of a point, no more digits than it needs', () => {
  const points = { xs: [-1.004, 2.5, 3], ys: [-0.001, 0.05, 10.01], pressure: null };
  expect(inkShape(points, 1)).toEqual({ d: 'M-1 0Q2.5 0.05 2.75 5.03L3 10.01', paint: 'stroke' });
  expect(inkShape({ xs: [-0.25], ys: [120.999], pressure: null }, 1).d).toBe('M-0.25 121h0.01');
});

it('writes the outline of a nib with the same numbers as rounding would', () => {
  const n = 40;
  const xs = Array.from({ length: n }, (_, i) => 30 * Math.sin(i) - 10);
  const ys = Array.from({ length: n }, (_, i) => i * 1.37);
  const { d, paint } = inkShape({ xs, ys, pressure: xs.map((_, i) => (i % 10) / 10) }, 2);
  const numbers = d.match(/-?[\d.]+/g) ?? [];
  expect(paint).toBe('fill');
  expect(numbers.length).toBeGreaterThan(100);
  expect(numbers.every((one) => String(Math.round(Number(one) * 100) / 100) === one)).toBe(true);
});
