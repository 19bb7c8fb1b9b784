/** What a tool asks the sync core for: pure makers of edits, in page space. */
import {
  type Edit,
  encodeInk,
  type Geometry,
  inkToText,
  type Kind,
  type Mark,
  type Put,
  type Quad,
  type Selector,
  type Spot,
  type Style,
  type Turn,
} from './core';
import type { Box } from './marks/box';
import { boxOf, type GrowingStroke } from './pen/stroke';
import type { ToolStyle } from './tools/tools';

/** Where and when a new mark is made. */
export interface Birth {
  id: string;
  version: string;
  page: number;
  /** ms since 1970. */
  created: number;
}

export function inkPut(
  birth: Birth,
  kind: 'ink' | 'highlighter',
  stroke: GrowingStroke,
  style: ToolStyle,
): Put {
  const ink = encodeInk(stroke.xs, stroke.ys, stroke.pressure, stroke.times);
  return {
    op: 'put',
    ...birth,
    kind,
    geometry: { rect: boxOf(stroke).map(hundredth) as [number, number, number, number] },
    style: { color: style.color, width: style.width, opacity: style.opacity },
    ink: inkToText(ink),
  };
}

export function textPut(
  birth: Birth,
  kind: 'highlight' | 'underline' | 'strikeout',
  quads: Quad[],
  anchor: Selector[],
  style: ToolStyle,
): Put {
  const look: Style = { color: style.color, opacity: style.opacity };
  if (kind !== 'highlight') look.width = style.width;
  return { op: 'put', ...birth, kind, geometry: { quads }, style: look, anchor };
}

/** @param rotation clockwise turn of the page as shown: the note stands upright on it. */
export function notePut(
  birth: Birth,
  point: { x: number; y: number },
  rotation: Turn,
  body: string,
  style: ToolStyle,
): Put {
  return {
    op: 'put',
    ...birth,
    kind: 'note',
    geometry: {
      point: [hundredth(point.x), hundredth(point.y)],
      ...(rotation === 0 ? {} : { rotate: ((360 - rotation) % 360) as Turn }),
    },
    style: { color: style.color },
    body,
  };
}

/** An answer to a mark: it has no place of its own, and lies where the mark does. */
export function answerPut(birth: Birth, { id, geometry, style }: Mark, body: string): Put {
  const at = spotOf(geometry);
  return {
    op: 'put',
    ...birth,
    kind: 'note',
    geometry: { point: [hundredth(at[0]), hundredth(at[1])] },
    style: { color: style.color ?? '#ffd84d' },
    body,
    reply_to: id,
  };
}

/** Where what is said about a mark belongs. */
export function spotOf({ point, rect, quads, from }: Geometry): Spot {
  const quad = quads?.[0];
  return point ?? from ?? (quad ? [quad[0], quad[1]] : [rect?.[0] ?? 0, rect?.[1] ?? 0]);
}

const TEXT_KINDS: readonly Kind[] = ['highlight', 'underline', 'strikeout', 'squiggly'];

/** Marks on text stay with their words; all others may be moved. */
export function isMovable(mark: Mark): boolean {
  return !TEXT_KINDS.includes(mark.kind);
}

/** So much of a mark stays on its page, points: a fingertip finds it again. */
export const KEPT_INSIDE = 12;

/** The part of a shift after which none of the boxes has left the page: what is gone is out of
 * reach by hand. What lies outside already may come back, not go further. */
export function keptInside(
  boxes: readonly Box[],
  { widthPt, heightPt }: { widthPt: number; heightPt: number },
  dx: number,
  dy: number,
): [number, number] {
  const along = (shift: number, low: 0 | 1, most: number) => {
    const high = (low + 2) as 2 | 3;
    let [least, furthest] = [-Infinity, Infinity];
    for (const box of boxes) {
      const stays = Math.min(KEPT_INSIDE, box[high] - box[low]);
      least = Math.max(least, stays - box[high]);
      furthest = Math.min(furthest, most - stays - box[low]);
    }
    return Math.min(Math.max(shift, Math.min(least, 0)), Math.max(furthest, 0));
  };
  return [along(dx, 0, widthPt), along(dy, 1, heightPt)];
}

/** Shifts marks by (dx, dy) points; marks on text are left out. */
export function moves(marks: readonly Mark[], dx: number, dy: number): Edit[] {
  const x = (v: number) => hundredth(v + dx);
  const y = (v: number) => hundredth(v + dy);
  return marks.filter(isMovable).map((mark) => {
    const { rect, matrix, point, from, to } = mark.geometry;
    const geometry = { ...mark.geometry };
    if (rect) geometry.rect = [x(rect[0]), y(rect[1]), x(rect[2]), y(rect[3])];
    if (point) geometry.point = [x(point[0]), y(point[1])];
    if (from) geometry.from = [x(from[0]), y(from[1])];
    if (to) geometry.to = [x(to[0]), y(to[1])];
    if (mark.ink !== undefined) {
      const [a, b, c, d, e, f] = matrix ?? [1, 0, 0, 1, 0, 0];
      geometry.matrix = [a, b, c, d, x(e), y(f)];
    }
    return { op: 'patch', id: mark.id, geometry };
  });
}

/** Only marks that look different afterwards are touched. */
export function restyles(marks: readonly Mark[], change: Style): Edit[] {
  const keys = Object.keys(change) as (keyof Style)[];
  return marks
    .filter((mark) => keys.some((key) => mark.style[key] !== change[key]))
    .map((mark) => ({ op: 'patch', id: mark.id, style: { ...mark.style, ...change } }));
}

export function rewrite(mark: Mark, body: string): Edit[] {
  return (mark.body ?? '') === body ? [] : [{ op: 'patch', id: mark.id, body }];
}

export function removals(ids: readonly string[]): Edit[] {
  return ids.map((id) => ({ op: 'delete', id }));
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
