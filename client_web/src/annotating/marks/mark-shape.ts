/**
 * Where a mark lies and whether something touches it. Made once per mark and kept while the
 * mark stays the same; the points of a stroke are decoded here and nowhere else.
 */
import { decodeInk, inkFromText, NOTE_SIZE, type Mark, type Matrix } from '../core';
import { inkShape, type InkShape } from '../pen/shape';
import type { StrokePoints } from '../pen/stroke';
import { boxAround, grow, join, segmentMeetsBox, segmentsNear, type Box } from './box';

export interface MarkShape {
  /** Everything that is seen, pen width included. */
  box: Box;
  /** A line through the page, already where it is shown. */
  line: { xs: ArrayLike<number>; ys: ArrayLike<number>; reach: number } | null;
  /** Filled areas. */
  areas: readonly Box[];
}

interface Ink {
  text: string;
  width: number;
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
  shape: InkShape;
}

const inks = new Map<string, Ink>();
/** Five full pages of strokes; without a bound a day of meetings would stay in memory. */
const INKS_HELD = 10_000;
const shapes = new WeakMap<Mark, MarkShape>();

/** The stroke of an ink mark before `matrix`: kept by id, because strokes never change. */
export function inkOf(mark: Mark): Ink {
  const text = mark.ink ?? '';
  const width = mark.style.width ?? 1;
  const known = inks.get(mark.id);
  if (known && known.text === text && known.width === width) return known;
  const points = pointsOf(text);
  const ink = { text, width, xs: points.xs, ys: points.ys, shape: inkShape(points, width) };
  if (inks.size >= INKS_HELD) inks.clear();
  inks.set(mark.id, ink);
  return ink;
}

/** A stroke that cannot be read shows nothing, and the others still show. */
function pointsOf(text: string): StrokePoints {
  try {
    return decodeInk(inkFromText(text));
  } catch {
    return { xs: [], ys: [], pressure: null };
  }
}

/** Forgets the strokes of a document that is no longer open. */
export function forgetInks(): void {
  inks.clear();
}

export function shapeOf(mark: Mark): MarkShape {
  const known = shapes.get(mark);
  if (known) return known;
  const made = makeShape(mark);
  shapes.set(mark, made);
  return made;
}

/** Does the segment a–b come within `reach` of the mark? A point is a segment to itself. */
export function touches(
  { box, line, areas }: MarkShape,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  reach: number,
): boolean {
  if (!segmentMeetsBox(ax, ay, bx, by, grow(box, reach))) return false;
  if (areas.some((area) => segmentMeetsBox(ax, ay, bx, by, grow(area, reach)))) return true;
  if (!line) return false;
  const { xs, ys } = line;
  const far = reach + line.reach;
  const last = xs.length - 1;
  for (let i = 0; i < Math.max(1, last); i++) {
    const j = Math.min(i + 1, last);
    const [cx, cy, dx, dy] = [xs[i], ys[i], xs[j], ys[j]] as [number, number, number, number];
    if (segmentsNear(ax, ay, bx, by, cx, cy, dx, dy, far)) return true;
  }
  return false;
}

function makeShape(mark: Mark): MarkShape {
  const { geometry } = mark;
  const half = (mark.style.width ?? 1) / 2;
  if (mark.kind === 'ink' || mark.kind === 'highlighter') {
    const { xs, ys } = inkOf(mark);
    const line = { ...moved(xs, ys, geometry.matrix), reach: half };
    return { box: grow(boxOfLine(line), half), line, areas: [] };
  }
  if (geometry.quads) {
    const areas = geometry.quads.map(boxOfQuad);
    return { box: join(areas), line: null, areas };
  }
  if (geometry.point) {
    const [x, y] = geometry.point;
    const area: Box = [x, y, x + NOTE_SIZE, y + NOTE_SIZE];
    return { box: area, line: null, areas: [area] };
  }
  if (geometry.from && geometry.to) {
    const [ax, ay] = geometry.from;
    const [bx, by] = geometry.to;
    const line = { xs: [ax, bx], ys: [ay, by], reach: half };
    return { box: grow(boxAround(ax, ay, bx, by), half), line, areas: [] };
  }
  const rect: Box = geometry.rect ?? [0, 0, 0, 0];
  const open = mark.style.fill === undefined;
  if (open && (mark.kind === 'rectangle' || mark.kind === 'ellipse')) {
    const line = { ...(mark.kind === 'rectangle' ? cornersOf : roundOf)(rect), reach: half };
    return { box: grow(rect, half), line, areas: [] };
  }
  const box = turned(rect, geometry.rotate ?? 0);
  return { box, line: null, areas: [box] };
}

function cornersOf([x0, y0, x1, y1]: Box): Line {
  return { xs: [x0, x1, x1, x0, x0], ys: [y0, y0, y1, y1, y0] };
}

/** Sides that tell an ellipse over a whole page from its polygon by less than a point. */
const ROUND_SIDES = 48;

function roundOf([x0, y0, x1, y1]: Box): Line {
  const angles = Array.from({ length: ROUND_SIDES + 1 }, (_, i) => (2 * Math.PI * i) / ROUND_SIDES);
  return {
    xs: angles.map((angle) => (x0 + x1) / 2 + ((x1 - x0) / 2) * Math.cos(angle)),
    ys: angles.map((angle) => (y0 + y1) / 2 + ((y1 - y0) / 2) * Math.sin(angle)),
  };
}

/** Where a box lies that is turned about its middle by quarters. */
function turned(box: Box, rotate: number): Box {
  if (rotate % 180 === 0) return box;
  const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const [w, h] = [(box[3] - box[1]) / 2, (box[2] - box[0]) / 2];
  return [x - w, y - h, x + w, y + h];
}

interface Line {
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
}

function moved(xs: ArrayLike<number>, ys: ArrayLike<number>, matrix: Matrix | undefined): Line {
  if (!matrix) return { xs, ys };
  const [a, b, c, d, e, f] = matrix;
  return {
    xs: Float64Array.from(xs, (x, i) => a * x + c * (ys[i] as number) + e),
    ys: Float64Array.from(ys, (y, i) => b * (xs[i] as number) + d * y + f),
  };
}

function boxOfLine({ xs, ys }: Line): Box {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < xs.length; i++) {
    x0 = Math.min(x0, xs[i] as number);
    x1 = Math.max(x1, xs[i] as number);
    y0 = Math.min(y0, ys[i] as number);
    y1 = Math.max(y1, ys[i] as number);
  }
  return [x0, y0, x1, y1];
}

function boxOfQuad(quad: readonly number[]): Box {
  const [ax = 0, ay = 0, bx = 0, by = 0, cx = 0, cy = 0, dx = 0, dy = 0] = quad;
  return [
    Math.min(ax, bx, cx, dx),
    Math.min(ay, by, cy, dy),
    Math.max(ax, bx, cx, dx),
    Math.max(ay, by, cy, dy),
  ];
}
