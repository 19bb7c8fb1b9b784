import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PageViewport } from '../../documents';
import { GrowingStroke } from './stroke';
import { WetCanvas } from './wet-canvas';

/** What the canvas was asked to paint, and with which scale and place: the edge of the machine. */
let painted: number;
let transform: number[];
let top: number;

const context = {
  clearRect: () => (painted = 0),
  fill: () => (painted += 1),
  stroke: () => (painted += 1),
  save: () => undefined,
  restore: () => undefined,
  resetTransform: () => undefined,
  setTransform: (...all: number[]) => (transform = all),
};

beforeEach(() => {
  [painted, transform, top] = [0, [], 10];
  vi.stubGlobal('Path2D', vi.fn());
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as never);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A page of 100 × 200 points. */
function viewport(scale: number): PageViewport {
  const rect = () => ({
    left: 0,
    top,
    width: 100 * scale,
    right: 100 * scale,
    bottom: 200 * scale,
  });
  return {
    boxWidth: 100 * scale,
    boxHeight: 200 * scale,
    toScreenTransform: { a: scale, b: 0, c: 0, d: scale, e: 0, f: 0 },
    element: { getBoundingClientRect: rect },
  } as unknown as PageViewport;
}

test('a stroke under the pen keeps its place on the page when that is scaled or scrolled', () => {
  const host = document.createElement('div');
  const wet = new WetCanvas(host);
  const at = (x: number) => ({ x, y: x, pressure: null, at: x });
  const stroke = new GrowingStroke(at(0));
  wet.begin(viewport(1), { color: '#000', width: 1, opacity: 1, under: false });
  for (let x = 1; x < 250; x += 1) stroke.add(at(x));
  wet.draw(stroke, []);
  const pieces = painted;
  expect(pieces).toBeGreaterThan(1);
  const [ratio = 0] = transform;
  wet.place(viewport(2));
  expect([transform[0], painted]).toEqual([2 * ratio, pieces]);
  top = -60;
  wet.draw(stroke, []);
  expect([transform[5], painted]).toEqual([-60 * ratio, pieces]);
  wet.end();
  const before = transform;
  wet.place(viewport(3));
  expect(transform).toBe(before);
});
