/**
 * Marks as lines of a list over many documents, made on the tablet. The server makes the same
 * lines (server/annotating/sketches.py) when there is a network.
 */
import type { Kind, Mark, Matrix } from './core';
import { listOf, type ListEntry } from './list';
import { inkOf } from './marks/mark-shape';

/** What a pen wrote, small: x, y, x, y, … in thousandths of the longer side. */
export interface Sketch {
  width: number;
  height: number;
  lines: number[][];
}

export interface KeptLine {
  id: string;
  marks: number;
  version: string;
  page: number;
  kind: Kind;
  quote: string;
  body: string;
  stamp: string;
  color: string;
  sketch: Sketch | null;
  /** ms since 1970. */
  at: number;
  x: number;
  y: number;
}

/** Points of one small drawing; as many as the server's. */
const SKETCH_POINTS = 240;

export function linesOf(marks: readonly Mark[]): KeptLine[] {
  const byId = new Map(marks.map((mark) => [mark.id, mark]));
  return listOf(marks).flatMap(({ entries }) =>
    entries.sort(asBegun).map((entry) => lineOf(entry, byId)),
  );
}

function asBegun(a: ListEntry, b: ListEntry): number {
  return a.begun - b.begun || ((a.ids[0] ?? '') < (b.ids[0] ?? '') ? -1 : 1);
}

function lineOf(entry: ListEntry, byId: ReadonlyMap<string, Mark>): KeptLine {
  const { mark, ids, kind, quote, body, stamp, color } = entry;
  const [x, y] = entry.box;
  const strokes = ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  return {
    id: ids[0] ?? mark.id,
    marks: ids.length,
    version: mark.version,
    page: mark.page,
    kind,
    quote,
    body,
    stamp,
    color,
    sketch: sketchOf(strokes),
    at: Math.max(...strokes.map(({ modified }) => modified)),
    x,
    y,
  };
}

type Line = { xs: number[]; ys: number[] };

export function sketchOf(strokes: readonly Mark[]): Sketch | null {
  const lines = strokes.filter((mark) => mark.ink !== undefined).map(shown);
  const xs = lines.flatMap((line) => line.xs);
  const ys = lines.flatMap((line) => line.ys);
  if (xs.length === 0) return null;
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  const [x0, y0] = [least(xs), least(ys)];
  const [width, height] = [most(xs) - x0, most(ys) - y0];
  const scale = 1000 / Math.max(width, height, 1);
  return {
    width,
    height,
    lines: lines.map((line) => {
      const share = Math.max(2, Math.floor((line.xs.length * SKETCH_POINTS) / xs.length));
      return spread(line.xs.length, share).flatMap((i) => [
        Math.round(((line.xs[i] ?? x0) - x0) * scale),
        Math.round(((line.ys[i] ?? y0) - y0) * scale),
      ]);
    }),
  };
}

const SAME: Matrix = [1, 0, 0, 1, 0, 0];

function shown(mark: Mark): Line {
  const { xs, ys } = inkOf(mark);
  const [a, b, c, d, e, f] = mark.geometry.matrix ?? SAME;
  const line: Line = { xs: [], ys: [] };
  for (let i = 0; i < xs.length; i += 1) {
    const [x, y] = [xs[i] ?? 0, ys[i] ?? 0];
    line.xs.push(a * x + c * y + e);
    line.ys.push(b * x + d * y + f);
  }
  return line;
}

/** `wanted` places among `count`, first and last included. */
function spread(count: number, wanted: number): number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: wanted }, (_, i) => Math.round((i * (count - 1)) / (wanted - 1)));
}
