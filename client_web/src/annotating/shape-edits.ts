/** Makers of shapes, text and stamps, and of what the point eraser leaves. Pure, page space. */
import {
  encodeInk,
  eraseStroke,
  inkToText,
  strokeBox,
  type Box,
  type Edit,
  type Geometry,
  type Kind,
  type Mark,
  type Matrix,
  type Put,
  type Spot,
  type Stroke,
  type Turn,
} from './core';
import type { Birth } from './edits';
import { STAMP_FONT, STAMP_FRAME, stampSize, STAMPS, type StampName } from './marks/stamps';
import {
  boxFrom,
  cornerOf,
  LINE_SPACING,
  roomFor,
  unwrapLines,
  upright,
  wrapLines,
  type PageSize,
} from './marks/text-box';
import type { ShapeTool, ToolStyle } from './tools/tools';

/** A shape drawn from one corner or end to the other. */
export function shapeGeometry(kind: ShapeTool, from: Spot, to: Spot): Geometry {
  const [ax, ay, bx, by] = [...from, ...to].map(hundredth) as Box;
  if (kind === 'line' || kind === 'arrow') return { from: [ax, ay], to: [bx, by] };
  return { rect: [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)] };
}

export function shapePut(
  birth: Birth,
  kind: ShapeTool,
  from: Spot,
  to: Spot,
  { color, width, opacity }: ToolStyle,
): Put {
  const geometry = shapeGeometry(kind, from, to);
  return { op: 'put', ...birth, kind, geometry, style: { color, width, opacity } };
}

/** A stamp whose middle lies at `point`, wholly on the page, upright as the page is shown. */
export function stampPut(
  birth: Birth,
  name: StampName,
  point: { x: number; y: number },
  page: { widthPt: number; heightPt: number; rotation: Turn },
): Put {
  const { width, height } = stampSize(name);
  const lies = page.rotation % 180 !== 0;
  const [halfX, halfY] = lies ? [height / 2, width / 2] : [width / 2, height / 2];
  const x = between(point.x, halfX + STAMP_FRAME, page.widthPt - halfX - STAMP_FRAME);
  const y = between(point.y, halfY + STAMP_FRAME, page.heightPt - halfY - STAMP_FRAME);
  const rect = [x - width / 2, y - height / 2, x + width / 2, y + height / 2].map(hundredth) as Box;
  return {
    op: 'put',
    ...birth,
    kind: 'stamp',
    geometry: { rect, ...turn(upright(page.rotation)) },
    style: { color: STAMPS[name].color, width: STAMP_FRAME, font_size: STAMP_FONT, stamp: name },
  };
}

/** Text as it was laid out: its lines and the width of the widest, points. */
export interface LaidText {
  lines: readonly string[];
  width: number;
  size: number;
  /** Upper left corner as it is read. */
  corner: Spot;
  rotate: Turn;
}

function textGeometry({ lines, width, size, corner, rotate }: LaidText): Geometry {
  const height = lines.length * size * LINE_SPACING;
  return { rect: boxFrom(corner, Math.max(width, 1), height, rotate), ...turn(rotate) };
}

export function textBoxPut(birth: Birth, laid: LaidText, color: string): Put {
  return {
    op: 'put',
    ...birth,
    kind: 'free_text',
    geometry: textGeometry(laid),
    style: { color, font_size: laid.size },
    body: laid.lines.join('\n'),
  };
}

/** The same text written anew: nothing where no word has changed. */
export function textBoxRewrite(mark: Mark, laid: LaidText): Edit[] {
  const body = laid.lines.join('\n');
  if (body === (mark.body ?? '')) return [];
  return [{ op: 'patch', id: mark.id, geometry: textGeometry(laid), body }];
}

/** How wide a line is in letters of a size, points. */
export type Measure = (line: string, size: number) => number;

/** Text laid out anew from its corner: its lines break where the page ends. */
export function layOut(
  text: string,
  { size, corner, rotate }: Pick<LaidText, 'size' | 'corner' | 'rotate'>,
  page: PageSize,
  measure: Measure,
): LaidText {
  const wide = (line: string) => measure(line, size);
  const most = roomFor(corner, rotate, size, page);
  const lines = wrapLines(text.replace(/\s+$/, ''), most, wide);
  return { size, corner, rotate, lines, width: Math.ceil(Math.max(...lines.map(wide))) };
}

/** The same words, larger or smaller, in lines that end where the page does. */
export function resizeText(mark: Mark, size: number, page: PageSize, measure: Measure): Edit[] {
  const { rect = [0, 0, 0, 0], rotate = 0 } = mark.geometry;
  const before = mark.style.font_size ?? size;
  if (before === size) return [];
  const corner = cornerOf(rect, rotate);
  const room = roomFor(corner, rotate, before, page);
  // Moved to where it does not fit, its lines were broken elsewhere: every break stays.
  const broken = rect[2] - rect[0] > room + 1 ? Infinity : room;
  const lines = (mark.body ?? '').split('\n');
  const text = unwrapLines(lines, broken, (line) => measure(line, before));
  const laid = layOut(text, { size, corner, rotate }, page, measure);
  const style = { ...mark.style, font_size: size };
  const body = laid.lines.join('\n');
  const words = body === (mark.body ?? '') ? {} : { body };
  return [{ op: 'patch', id: mark.id, geometry: textGeometry(laid), style, ...words }];
}

const INKS: readonly Kind[] = ['ink', 'highlighter'];

/** Strokes are cut point by point. */
export function isCuttable(mark: Mark): boolean {
  return INKS.includes(mark.kind);
}

/**
 * What is left of pieces of a stroke when a disc of radius `reach` (page space) is wiped from
 * (ax, ay) to (bx, by). The same array when nothing was touched.
 */
export function wipe(
  pieces: readonly Stroke[],
  matrix: Matrix | undefined,
  [ax, ay]: Spot,
  [bx, by]: Spot,
  reach: number,
): readonly Stroke[] {
  const [a, b, c, d, e, f] = matrix ?? [1, 0, 0, 1, 0, 0];
  const size = a * d - b * c;
  const r = reach / Math.sqrt(Math.abs(size));
  // Discs half a radius apart leave no ridge worth seeing between them.
  const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / (reach / 2)));
  let left = pieces;
  for (let i = 0; i <= steps; i++) {
    const px = ax + ((bx - ax) * i) / steps - e;
    const py = ay + ((by - ay) * i) / steps - f;
    const [x, y] = [(d * px - c * py) / size, (a * py - b * px) / size];
    if (!left.some((piece) => eraseStroke(piece, x, y, r) !== null)) continue;
    left = left.flatMap((piece) => eraseStroke(piece, x, y, r) ?? [piece]);
  }
  return left;
}

/** A part of a line: from 0 at its beginning to 1 at its end. */
export type Span = readonly [from: number, to: number];

/** What is left of parts of a line when a disc is wiped over it; the same array when it met none. */
export function wipeLine(
  spans: readonly Span[],
  { from: [ax, ay] = [0, 0], to: [bx, by] = [0, 0] }: Geometry,
  [px, py]: Spot,
  [qx, qy]: Spot,
  reach: number,
): readonly Span[] {
  const long = Math.hypot(bx - ax, by - ay) || 1;
  const [ux, uy] = [(bx - ax) / long, (by - ay) / long];
  const steps = Math.max(1, Math.ceil(Math.hypot(qx - px, qy - py) / (reach / 2)));
  let left = spans;
  for (let i = 0; i <= steps; i++) {
    const [dx, dy] = [px + ((qx - px) * i) / steps - ax, py + ((qy - py) * i) / steps - ay];
    const aside = dx * uy - dy * ux;
    if (Math.abs(aside) >= reach) continue;
    const half = Math.sqrt(reach * reach - aside * aside);
    const along = dx * ux + dy * uy;
    left = without(left, (along - half) / long, (along + half) / long);
  }
  return left;
}

function without(spans: readonly Span[], start: number, end: number): readonly Span[] {
  if (!spans.some(([from, to]) => from < end && to > start)) return spans;
  return spans
    .flatMap(([from, to]): Span[] => [
      [from, Math.min(to, start)],
      [Math.max(from, end), to],
    ])
    .filter(([from, to]) => to > from);
}

/** A cut stroke: it goes and its pieces come, as neighbours in one batch. Its remark stays with
 * the first piece. */
export function cut(mark: Mark, pieces: readonly Stroke[], nextId: () => string): Edit[] {
  const { version, page, created, kind, style, geometry, body } = mark;
  return [
    { op: 'delete', id: mark.id },
    ...pieces.map((piece, i): Put => ({
      op: 'put',
      id: nextId(),
      version,
      page,
      created,
      kind,
      geometry: pieceGeometry(piece, geometry.matrix),
      style,
      ...(i === 0 && body ? { body } : {}),
      ink: pieceInk(piece),
    })),
  ];
}

export function pieceGeometry(piece: Stroke, matrix: Matrix | undefined): Geometry {
  const rect = strokeBox(piece, matrix).map(hundredth) as Box;
  return matrix ? { rect, matrix } : { rect };
}

export function pieceInk({ xs, ys, pressure, times }: Stroke): string {
  return inkToText(encodeInk(xs, ys, pressure, times));
}

function turn(rotate: Turn): { rotate?: Turn } {
  return rotate === 0 ? {} : { rotate };
}

function between(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
