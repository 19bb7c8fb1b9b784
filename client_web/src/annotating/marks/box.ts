/** Boxes of page space, [x0, y0, x1, y1] with x0 ≤ x1 and y0 ≤ y1, and distances to them. */

import type { Geometry } from '../core';

export type Box = readonly [number, number, number, number];

/** Where a mark lies by its record, as the server takes it (server/annotating/sketches.py): without
 * the width of its lines. */
export function boxOfGeometry({ rect, point, quads, from, to }: Geometry): Box {
  if (rect) return rect;
  if (point) return [...point, ...point];
  const ends = quads?.flat() ?? [...(from ?? [0, 0]), ...(to ?? [0, 0])];
  const xs = ends.filter((_, i) => i % 2 === 0);
  const ys = ends.filter((_, i) => i % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function grow([x0, y0, x1, y1]: Box, by: number): Box {
  return [x0 - by, y0 - by, x1 + by, y1 + by];
}

export function overlap(a: Box, b: Box): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

export function join(boxes: readonly Box[]): Box {
  return boxes.reduce<Box>(
    (sum, b) => [
      Math.min(sum[0], b[0]),
      Math.min(sum[1], b[1]),
      Math.max(sum[2], b[2]),
      Math.max(sum[3], b[3]),
    ],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
}

export function boxAround(ax: number, ay: number, bx: number, by: number): Box {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

export function contains(outer: Box, inner: Box): boolean {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  );
}

/** Does the segment a–b pass through the box? (Liang–Barsky) */
export function segmentMeetsBox(ax: number, ay: number, bx: number, by: number, box: Box): boolean {
  let from = 0;
  let to = 1;
  const sides: readonly (readonly [number, number])[] = [
    [ax - bx, ax - box[0]],
    [bx - ax, box[2] - ax],
    [ay - by, ay - box[1]],
    [by - ay, box[3] - ay],
  ];
  for (const [p, q] of sides) {
    if (p === 0) {
      if (q < 0) return false;
      continue;
    }
    const r = q / p;
    if (p < 0) from = Math.max(from, r);
    else to = Math.min(to, r);
    if (from > to) return false;
  }
  return true;
}

/** Squared distance of the point to the segment a–b. */
export function pointToSegment2(
  px: number,
  py: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): number {
  const dx = bx - ax;
  const dy = by - ay;
  const long = dx * dx + dy * dy;
  const t = long === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / long));
  const ex = px - (ax + t * dx);
  const ey = py - (ay + t * dy);
  return ex * ex + ey * ey;
}

/** Is some point of segment a–b at most `reach` from segment c–d? */
export function segmentsNear(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
  reach: number,
): boolean {
  const limit = reach * reach;
  return (
    pointToSegment2(ax, ay, cx, cy, dx, dy) <= limit ||
    pointToSegment2(bx, by, cx, cy, dx, dy) <= limit ||
    pointToSegment2(cx, cy, ax, ay, bx, by) <= limit ||
    pointToSegment2(dx, dy, ax, ay, bx, by) <= limit ||
    cross(ax, ay, bx, by, cx, cy, dx, dy)
  );
}

function cross(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  const side = (px: number, py: number, qx: number, qy: number, rx: number, ry: number) =>
    (qx - px) * (ry - py) - (qy - py) * (rx - px);
  return (
    side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) < 0 &&
    side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0
  );
}
