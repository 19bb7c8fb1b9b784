// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { boundsOf, eraseStroke, hits, strokeBox } from './geometry';
import { encodeInk, inkToText, type Stroke } from './ink';
import type { Geometry, Kind, Mark, Style } from './model';

function mark(kind: Kind, geometry: Geometry, style: Style = {}, ink?: string): Mark {
  return {
    id: 'm',
    version: 'v',
    page: 0,
    kind,
    rev: 1,
    seq: 1,
    author: 'p',
    created: 0,
    modified: 0,
    geometry,
    style,
    ...(ink !== undefined && { ink }),
  };
}

function stroke(xs: number[], ys: number[], pressure?: number[], times?: number[]): Stroke {
  return {
    xs: Float64Array.from(xs),
    ys: Float64Array.from(ys),
    pressure: pressure ? Float64Array.from(pressure) : null,
    times: times ? Float64Array.from(times) : null,
  };
}

describe('hits', () => {
  const line = inkToText(encodeInk([0, 100], [0, 0]));

  it('finds ink between its points and where its matrix moved it', () => {
    const still = mark('ink', { rect: [0, 0, 100, 0] }, { width: 2 }, line);
    expect(hits(still, 50, 0.9, 0)).toBe(true);
    expect(hits(still, 50, 4, 2)).toBe(false);
    expect(hits(still, 50, 4, 4)).toBe(true);
    const moved = mark(
      'ink',
      { rect: [0, 40, 100, 40], matrix: [1, 0, 0, 1, 0, 40] },
      { width: 2 },
      line,
    );
    expect(hits(moved, 50, 40, 1)).toBe(true);
    expect(hits(moved, 50, 0, 1)).toBe(false);
  });

  it('takes a frame by its outline and a filled one by its face', () => {
    const rect: Geometry = { rect: [0, 0, 100, 60] };
    expect(hits(mark('rectangle', rect), 50, 30, 3)).toBe(false);
    expect(hits(mark('rectangle', rect), 1, 30, 3)).toBe(true);
    expect(hits(mark('rectangle', rect, { fill: '#ffffff' }), 50, 30, 3)).toBe(true);
    expect(hits(mark('ellipse', rect), 50, 30, 3)).toBe(false);
    expect(hits(mark('ellipse', rect), 100, 30, 3)).toBe(true);
    expect(hits(mark('ellipse', rect), 2, 2, 3)).toBe(false);
  });

  it('takes lines, text marks, notes and boxes where they are', () => {
    expect(hits(mark('arrow', { from: [0, 0], to: [100, 100] }), 50, 52, 3)).toBe(true);
    expect(hits(mark('line', { from: [0, 0], to: [100, 100] }), 80, 20, 3)).toBe(false);
    const quads: Geometry = {
      quads: [
        [0, 0, 50, 0, 0, 10, 50, 10],
        [100, 20, 150, 20, 100, 30, 150, 30],
      ],
    };
    expect(hits(mark('highlight', quads), 120, 25, 0)).toBe(true);
    expect(hits(mark('underline', quads), 75, 15, 2)).toBe(false);
    expect(hits(mark('note', { point: [10, 10] }), 20, 20, 0)).toBe(true);
    expect(hits(mark('stamp', { rect: [0, 0, 40, 20] }), 20, 10, 0)).toBe(true);
    expect(hits(mark('stamp', { rect: [0, 0, 40, 20] }), 60, 10, 5)).toBe(false);
  });
});

describe('boxes', () => {
  it('hold the mark as drawn', () => {
    expect(boundsOf(mark('line', { from: [10, 50], to: [0, 0] }, { width: 4 }))).toEqual([
      -2, -2, 12, 52,
    ]);
    expect(boundsOf(mark('highlight', { quads: [[0, 1, 5, 1, 0, 3, 5, 3]] }))).toEqual([
      0, 1, 5, 3,
    ]);
    expect(strokeBox(stroke([0, 10], [5, -5]), [2, 0, 0, 2, 1, 1])).toEqual([1, -9, 21, 11]);
  });
});

describe('the point eraser', () => {
  const long = stroke([0, 100], [0, 0], [0, 1], [0, 1000]);

  it('leaves a stroke alone that it does not touch', () => {
    expect(eraseStroke(long, 50, 20, 5)).toBeNull();
    expect(eraseStroke(stroke([], []), 0, 0, 5)).toBeNull();
  });

  it('cuts sparse points at its edge and carries pressure and time over', () => {
    const pieces = eraseStroke(long, 50, 0, 10) as Stroke[];
    expect(pieces.map((one) => [...one.xs])).toEqual([
      [0, 40],
      [60, 100],
    ]);
    expect([...(pieces[1]?.pressure ?? [])]).toEqual([0.6, 1]);
    expect([...(pieces[1]?.times ?? [])]).toEqual([0, 400]);
  });

  it('takes an end, a middle point, and all', () => {
    expect((eraseStroke(long, 0, 0, 10) as Stroke[]).map((one) => [...one.xs])).toEqual([
      [10, 100],
    ]);
    expect((eraseStroke(long, 100, 0, 10) as Stroke[]).map((one) => [...one.xs])).toEqual([
      [0, 90],
    ]);
    const bent = stroke([0, 50, 100], [0, 0, 0]);
    expect((eraseStroke(bent, 50, 0, 10) as Stroke[]).map((one) => [...one.xs])).toEqual([
      [0, 40],
      [60, 100],
    ]);
    expect(eraseStroke(long, 50, 0, 60)).toEqual([]);
    expect(eraseStroke(stroke([5], [5]), 5, 5, 1)).toEqual([]);
    expect(eraseStroke(stroke([5, 5], [5, 5]), 5, 5, 1)).toEqual([]);
  });

  it('may cut one stroke in several places', () => {
    const there = stroke([0, 100, 100, 0], [0, 0, 20, 20]);
    expect(eraseStroke(there, 50, 10, 14)).toHaveLength(3);
  });
});
