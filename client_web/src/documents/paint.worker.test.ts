// @vitest-environment node
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { PaintOrder } from './paint_orders';

/** A canvas without a browser: writes down what is done to it. */
class Canvas {
  done: string[] = [];
  #width = 300;
  #height = 150;
  readonly #context = {
    fillStyle: '',
    drawImage: () => this.done.push('draw'),
    fillRect: () => this.done.push(`fill ${this.#context.fillStyle}`),
  };
  get width() {
    return this.#width;
  }
  set width(width: number) {
    this.#width = width;
    this.done.push('new');
  }
  get height() {
    return this.#height;
  }
  set height(height: number) {
    this.#height = height;
    this.done.push('new');
  }
  getContext() {
    return this.#context;
  }
}

const send = (order: PaintOrder) => window.onmessage?.({ data: order } as MessageEvent<PaintOrder>);
const closed = vi.fn();
const picture = (width: number, height: number) =>
  ({ width, height, close: closed }) as unknown as ImageBitmap;

let canvas: Canvas;

beforeAll(async () => {
  vi.stubGlobal('postMessage', vi.fn());
  vi.stubGlobal('onmessage', null);
  vi.stubGlobal('window', globalThis);
  await import('./paint.worker');
});

beforeEach(() => {
  closed.mockClear();
  canvas = new Canvas();
  send({ kind: 'canvas', id: 1, canvas: canvas as unknown as OffscreenCanvas });
});

it('begins each picture on a new surface, so that no frame of the one before is kept', () => {
  for (let page = 0; page < 2; page += 1) {
    canvas.done = [];
    send({ kind: 'show', id: 1, bitmap: picture(1240, 1754) });
    expect([canvas.width, canvas.height]).toEqual([1240, 1754]);
    expect(canvas.done[0]).toBe('new');
    expect(canvas.done.at(-1)).toBe('draw');
  }
  expect(closed).toHaveBeenCalledTimes(2);
});

it('sends one white pixel for a surface that is given back, so that its frame is let go', () => {
  send({ kind: 'show', id: 1, bitmap: picture(1240, 1754) });
  send({ kind: 'empty', id: 1 });
  expect([canvas.width, canvas.height]).toEqual([1, 1]);
  expect(canvas.done.at(-1)).toBe('fill #fff');
  send({ kind: 'drop', id: 1 });
  canvas.done = [];
  send({ kind: 'show', id: 1, bitmap: picture(10, 10) });
  expect(canvas.done).toEqual([]);
});
