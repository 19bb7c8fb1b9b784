/**
 * Geometry of marks in page space: boxes, hits, the point eraser.
 * Plain numbers and typed arrays; nothing here allocates per point unless it must.
 */
import { strokeOf, type Stroke } from './ink';
import type { Box, Geometry, Mark, Matrix, Quad } from './model';

/** Text of a note is drawn as a sign of this size (points) at its point. */
export const NOTE_SIZE = 18;
const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** The box of a stroke's points after `matrix`, without pen width. */
export function strokeBox(stroke: Stroke, matrix: Matrix = IDENTITY): Box {
  const [a, b, c, d, e, f] = matrix;
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < stroke.xs.length; i++) {
    const px = stroke.xs[i] as number;
    const py = stroke.ys[i] as number;
    const x = a * px + c * py + e;
    const y = b * px + d * py + f;
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return box;
}

/** The box that holds the mark as drawn, pen width included. */
export function boundsOf(mark: Mark): Box {
  const half = (mark.style.width ?? 0) / 2;
  const box = barebox(mark.geometry);
  return [box[0] - half, box[1] - half, box[2] + half, box[3] + half];
}

function barebox(geometry: Geometry): Box {
  const { rect, quads, point, from, to } = geometry;
  if (rect !== undefined) return rect;
  if (quads !== undefined) {
    const xs = quads.flatMap((quad) => [quad[0], quad[2], quad[4], quad[6]]);
    const ys = quads.flatMap((quad) => [quad[1], quad[3], quad[5], quad[7]]);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
  if (from !== undefined && to !== undefined) {
    return [
      Math.min(from[0], to[0]),
      Math.min(from[1], to[1]),
      Math.max(from[0], to[0]),
      Math.max(from[1], to[1]),
    ];
  }
  const [x, y] = point ?? [0, 0];
  return [x, y, x + NOTE_SIZE, y + NOTE_SIZE];
}

/** Whether a touch at (x, y), `reach` points wide, is on the mark. */
export function hits(mark: Mark, x: number, y: number, reach: number): boolean {
  const [x0, y0, x1, y1] = boundsOf(mark);
  if (x < x0 - reach || x > x1 + reach || y < y0 - reach || y > y1 + reach) return false;
  const r = reach + (mark.style.width ?? 0) / 2;
  const { geometry } = mark;
  switch (mark.kind) {
    case 'ink':
    case 'highlighter':
      return nearStroke(strokeOf(mark), geometry.matrix ?? IDENTITY, x, y, r);
    case 'line':
    case 'arrow': {
      const [ax, ay] = geometry.from ?? [0, 0];
      const [bx, by] = geometry.to ?? [0, 0];
      return distanceSquared(x, y, ax, ay, bx, by) <= r * r;
    }
    case 'rectangle':
    case 'ellipse':
      return mark.style.fill !== undefined || onOutline(mark, x, y, r);
    case 'highlight':
    case 'underline':
    case 'strikeout':
    case 'squiggly':
      return (geometry.quads ?? []).some((quad) => nearQuad(quad, x, y, reach));
    default:
      return true;
  }
}

function onOutline(mark: Mark, x: number, y: number, r: number): boolean {
  const [x0, y0, x1, y1] = mark.geometry.rect ?? [0, 0, 0, 0];
  if (mark.kind === 'rectangle') {
    return !(x > x0 + r && x < x1 - r && y > y0 + r && y < y1 - r);
  }
  const cx = (x0 + x1) / 2;
  const cy = (y0 + y1) / 2;
  const inside = (rx: number, ry: number): boolean =>
    rx > 0 && ry > 0 && ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  const rx = (x1 - x0) / 2;
  const ry = (y1 - y0) / 2;
  return inside(rx + r, ry + r) && !inside(rx - r, ry - r);
}

function nearQuad(quad: Quad, x: number, y: number, reach: number): boolean {
  const xs = [quad[0], quad[2], quad[4], quad[6]];
  const ys = [quad[1], quad[3], quad[5], quad[7]];
  return (
    x >= Math.min(...xs) - reach &&
    x <= Math.max(...xs) + reach &&
    y >= Math.min(...ys) - reach &&
    y <= Math.max(...ys) + reach
  );
}

/** Squared distance of (x, y) from the segment a–b. */
function distanceSquared(
  x: number,
  y: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): number {
  const vx = bx - ax;
  const vy = by - ay;
  const length = vx * vx + vy * vy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * vx + (y - ay) * vy) / length));
  const dx = x - ax - t * vx;
  const dy = y - ay - t * vy;
  return dx * dx + dy * dy;
}

function nearStroke(stroke: Stroke, matrix: Matrix, x: number, y: number, r: number): boolean {
  const [a, b, c, d, e, f] = matrix;
  let px = 0;
  let py = 0;
  for (let i = 0; i < stroke.xs.length; i++) {
    const sx = stroke.xs[i] as number;
    const sy = stroke.ys[i] as number;
    const qx = a * sx + c * sy + e;
    const qy = b * sx + d * sy + f;
    if (distanceSquared(x, y, i === 0 ? qx : px, i === 0 ? qy : py, qx, qy) <= r * r) return true;
    px = qx;
    py = qy;
  }
  return false;
}

/**
 * The point eraser: what a disc of radius `r` at (x, y) leaves of a stroke. Null when it touches
 * nothing, [] when nothing is left. The cut is made on the segments, at the disc's edge, so that
 * sparse points do not make gaps; pressure and time are interpolated there.
 */
export function eraseStroke(stroke: Stroke, x: number, y: number, r: number): Stroke[] | null {
  const n = stroke.xs.length;
  const pieces: number[][] = [];
  let piece: number[] = []; // positions along the stroke: i + t
  let touched = false;
  const inside = (i: number): boolean =>
    ((stroke.xs[i] as number) - x) ** 2 + ((stroke.ys[i] as number) - y) ** 2 <= r * r;
  const close = (): void => {
    if (piece.length > 1) pieces.push(piece);
    piece = [];
  };
  if (n > 0 && !inside(0)) piece.push(0);
  else touched = n > 0;
  for (let i = 1; i < n; i++) {
    const cut = crossing(stroke, i, x, y, r);
    if (cut === null) {
      piece.push(i);
      continue;
    }
    touched = true;
    const [enter, leave] = cut;
    if (enter > 0) piece.push(i - 1 + enter);
    close();
    if (leave < 1) piece.push(i - 1 + leave, i);
  }
  close();
  if (!touched) return null;
  return pieces.map((positions) => along(stroke, positions));
}

/** Where (0…1) the segment that ends at point i is inside the disc, or null. */
function crossing(
  stroke: Stroke,
  i: number,
  x: number,
  y: number,
  r: number,
): [number, number] | null {
  const ax = (stroke.xs[i - 1] as number) - x;
  const ay = (stroke.ys[i - 1] as number) - y;
  const vx = (stroke.xs[i] as number) - x - ax;
  const vy = (stroke.ys[i] as number) - y - ay;
  const a = vx * vx + vy * vy;
  const c = ax * ax + ay * ay - r * r;
  if (a === 0) return c <= 0 ? [0, 1] : null;
  const b = ax * vx + ay * vy;
  const root = b * b - a * c;
  if (root < 0) return null;
  const enter = (-b - Math.sqrt(root)) / a;
  const leave = (-b + Math.sqrt(root)) / a;
  if (enter >= 1 || leave <= 0) return null;
  return [Math.max(0, enter), Math.min(1, leave)];
}

function along(stroke: Stroke, positions: readonly number[]): Stroke {
  const at = (values: Float64Array): Float64Array =>
    Float64Array.from(positions, (position) => {
      const i = Math.min(Math.floor(position), values.length - 1);
      const next = Math.min(i + 1, values.length - 1);
      const here = values[i] as number;
      return here + ((values[next] as number) - here) * (position - i);
    });
  const times = stroke.times && at(stroke.times);
  const start = times?.[0] ?? 0;
  return {
    xs: at(stroke.xs),
    ys: at(stroke.ys),
    pressure: stroke.pressure && at(stroke.pressure),
    times: times && times.map((time) => Math.round(time - start)),
  };
}
