import { afterEach, expect, test, vi } from 'vitest';
import type { PageViewport } from '../../documents';
import type { Put } from '../core';
import { PageMarks } from '../marks/page-marks';
import type { PagePainter } from '../marks/page-painter';
import { MAX_STROKE_POINTS } from '../pen/stroke';
import type { WetCanvas } from '../pen/wet-canvas';
import { InkWork } from './ink-work';
import type { Desk } from './place';
import { DEFAULT_STYLES } from './tools';

afterEach(() => void vi.useRealTimers());

test('a stroke that finds no canvas is never told to those who watch', () => {
  let told = 0;
  const desk: Partial<Desk> = {
    style: (tool) => DEFAULT_STYLES[tool],
    birth: () => ({ id: 'm', version: 'v', page: 0, created: 0 }),
    stream: () => ((told += 1), null),
  };
  const begin = () => {
    throw new Error('no 2d canvas');
  };
  const place = {
    viewport: { scale: 1 } as PageViewport,
    marks: new PageMarks(),
    painter: {} as PagePainter,
    wet: { begin } as unknown as WetCanvas,
    desk: desk as Desk,
  };
  const point = { x: 0, y: 0, pressure: 0.5, at: 0 };
  const start = { tool: 'pen', device: 'pen', point, adding: false } as const;
  expect(() => new InkWork(place, 'pen', start)).toThrow('no 2d canvas');
  expect(told).toBe(0);
});

test('a stroke that is longer than one mark may be is still one step of undo', () => {
  const made: Array<[Put, object | undefined]> = [];
  const nothing = () => undefined;
  const desk: Partial<Desk> = {
    style: (tool) => DEFAULT_STYLES[tool],
    birth: () => ({ id: `m${made.length}`, version: 'v', page: 0, created: 0 }),
    stream: () => null,
    put: (put, _drawn, maker) => void made.push([put, maker]),
  };
  const place = {
    viewport: { scale: 1 } as PageViewport,
    marks: new PageMarks(),
    painter: {} as PagePainter,
    wet: { begin: nothing, draw: nothing, end: nothing } as unknown as WetCanvas,
    desk: desk as Desk,
  };
  const at = (x: number) => ({ x, y: x % 2, pressure: 0.5, at: x });
  const start = { tool: 'pen', device: 'pen', point: at(0), adding: false } as const;
  const work = new InkWork(place, 'pen', start);
  for (let x = 1; x < 2.5 * MAX_STROKE_POINTS; x += 1) work.move([at(x)], []);
  work.end();
  expect(made.map(([{ id }]) => id)).toEqual(['m0', 'm1', 'm2']);
  expect(new Set(made.map(([, maker]) => maker))).toEqual(new Set([work]));
});

test('a pen that rests shows no tail beyond its tip', () => {
  vi.useFakeTimers();
  const tails: number[] = [];
  const desk: Partial<Desk> = {
    style: (tool) => DEFAULT_STYLES[tool],
    birth: () => ({ id: 'm', version: 'v', page: 0, created: 0 }),
    stream: () => null,
    put: () => undefined,
  };
  const draw: WetCanvas['draw'] = (_stroke, predicted) => void tails.push(predicted.length);
  const place = {
    viewport: { scale: 1 } as PageViewport,
    marks: new PageMarks(),
    painter: {} as PagePainter,
    wet: { begin: () => undefined, draw, end: () => undefined } as unknown as WetCanvas,
    desk: desk as Desk,
  };
  const at = (x: number) => ({ x, y: 0, pressure: 0.5, at: x });
  const start = { tool: 'pen', device: 'pen', point: at(0), adding: false } as const;
  const work = new InkWork(place, 'pen', start);
  work.move([at(5)], [at(6), at(7)]);
  vi.advanceTimersByTime(20);
  work.move([at(10)], [at(11), at(12)]);
  expect(tails).toEqual([0, 2, 2]);
  vi.advanceTimersByTime(100);
  expect(tails).toEqual([0, 2, 2, 0]);
  work.move([at(15)], [at(16)]);
  work.end();
  vi.advanceTimersByTime(100);
  expect(tails).toEqual([0, 2, 2, 0, 1]);
});
