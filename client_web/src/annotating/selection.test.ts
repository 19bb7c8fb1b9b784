// @vitest-environment node
import { expect, test } from 'vitest';
import { barPlace, onScreen } from './selection';

const matrix = (a: number, b: number, c: number, d: number, e: number, f: number) =>
  ({ a, b, c, d, e, f }) as DOMMatrix;
const page = { boxWidth: 400, boxHeight: 600, toScreenTransform: matrix(2, 0, 0, 2, 0, 0) };
const bar = { width: 200, height: 50 };

test('the frame lies around the mark as shown, also on a turned page', () => {
  expect(onScreen(page, [10, 20, 30, 25])).toEqual({ left: 14, top: 34, width: 52, height: 22 });
  const turned = { ...page, toScreenTransform: matrix(0, 2, -2, 0, 400, 0) };
  expect(onScreen(turned, [10, 20, 30, 25])).toEqual({ left: 344, top: 14, width: 22, height: 52 });
});

test('the bar is above, below or over the marks, never outside the page', () => {
  const around = (left: number, top: number, height = 40) => ({ left, top, width: 40, height });
  expect(barPlace(page, around(180, 300), bar)).toEqual({ left: 100, top: 244 });
  expect(barPlace(page, around(0, 10), bar)).toEqual({ left: 4, top: 56 });
  expect(barPlace(page, around(380, 10), bar).left).toBe(196);
  expect(barPlace(page, around(100, 10, 580), bar).top).toBe(546);
});
