// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Put } from '../core';
import { InkWork } from './ink-work';
import type { WorkPlace } from './place';
import { HOLD_MS, isLine } from './straight';
import { DEFAULT_STYLES, type InkTool } from './tools';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a trembling line is a line; a bow, a return and a letter are none', () => {
  expect(isLine([0, 30, 60, 100], [0, 3, -4, 0], 50)).toBe(true);
  expect(isLine([0, 50, 100], [0, 20, 0], 50)).toBe(false);
  expect(isLine([0, 140, 100], [0, 1, 0], 50)).toBe(false);
  expect(isLine([0, 10], [0, 0], 50)).toBe(false);
});

/** A hand drawing on a page whose points are pixels; what it put down. */
function hand(tool: InkTool) {
  const puts: Put[] = [];
  const wet = { begin: vi.fn(), draw: vi.fn(), end: vi.fn() };
  const desk = {
    style: () => DEFAULT_STYLES[tool],
    birth: () => ({ id: 'm', version: 'v', page: 0, created: 1 }),
    put: (put: Put) => puts.push(put),
    stream: () => null,
  };
  const place = { viewport: { scale: 1 }, wet, desk } as unknown as WorkPlace;
  const at = (x: number, y: number) => ({ x, y, pressure: 0.5, at: x });
  const work = new InkWork(place, tool, {
    tool,
    device: 'pen',
    point: at(0, 0),
    adding: false,
  });
  return { puts, work, to: (x: number, y: number) => work.move([at(x, y)], []) };
}

test('a pen held still makes its line straight, and its end still follows', () => {
  const { puts, work, to } = hand('pen');
  to(50, 3);
  to(100, 0);
  vi.advanceTimersByTime(HOLD_MS - 1);
  to(101, 1); // a tremble is rest
  vi.advanceTimersByTime(1);
  to(120, 40);
  work.end();
  expect(puts).toMatchObject([{ kind: 'line', geometry: { from: [0, 0], to: [120, 40] } }]);
});

test('without rest, or after a bow, the stroke stays what it was', () => {
  const quick = hand('pen');
  quick.to(50, 3);
  quick.to(100, 0);
  quick.work.end();
  vi.advanceTimersByTime(2 * HOLD_MS);
  const bow = hand('pen');
  bow.to(50, 40);
  bow.to(100, 0);
  vi.advanceTimersByTime(2 * HOLD_MS);
  bow.work.end();
  expect([...quick.puts, ...bow.puts].map(({ kind }) => kind)).toEqual(['ink', 'ink']);
});

test('a straight highlighter is still a highlighter', () => {
  const { puts, work, to } = hand('highlighter');
  to(50, 3);
  to(100, 0);
  vi.advanceTimersByTime(HOLD_MS);
  work.end();
  expect(puts).toMatchObject([{ kind: 'highlighter', geometry: { rect: [0, 0, 100, 0] } }]);
});
