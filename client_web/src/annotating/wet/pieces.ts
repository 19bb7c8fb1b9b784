/**
 * What travels while somebody draws for the room (`ann.ephemeral`, docs/wire-annotations.md): a
 * stroke in pieces, a pointer's places. Nobody on the way reads it, so whoever shows it checks it.
 */
import { MAX_COORDINATE, MAX_POINTS } from '../core';

export type WetKind = 'ink' | 'highlighter';

/** A point of page space, with its pressure where the pen has one. */
export type WetPoint = [x: number, y: number, pressure?: number];

export interface WetPiece {
  /** The id that the mark will have. */
  id: string;
  page: number;
  version: string;
  kind: WetKind;
  style: { color: string; width: number; opacity: number };
  /** How many points were sent before; 0 begins anew, unless it is said again. */
  at: number;
  points: WetPoint[];
  /** Known already to who heard all of it: said again for those who came late. */
  again?: true;
}

/** The stroke will not come to be. */
export interface WetGone {
  id: string;
  gone: true;
}

export interface PointerPlace {
  page: number;
  version: string;
  x: number;
  y: number;
}

const COLOR = /^#[0-9a-f]{6}$/;
/** Points in one piece: far more than a pen gives between two messages. */
const MOST_POINTS = 400;
const MOST_WIDTH = 200;

export function pieceOf(data: object): WetPiece | WetGone | undefined {
  const piece = data as Partial<WetPiece & WetGone>;
  if (typeof piece.id !== 'string') return undefined;
  if (piece.gone === true) return { id: piece.id, gone: true };
  const { id, page, version, kind, style, at, points, again } = piece;
  if (!isPlace(page, version) || (kind !== 'ink' && kind !== 'highlighter')) return undefined;
  if (!isCount(at, MAX_POINTS) || !Array.isArray(points) || points.length > MOST_POINTS) {
    return undefined;
  }
  if (!points.every(isPoint) || !isStyle(style)) return undefined;
  const known = { id, page: page as number, version: version as string, kind, style, at, points };
  return again === true ? { ...known, again } : known;
}

export function pointerOf(data: object): PointerPlace | undefined {
  const { page, version, x, y } = data as Partial<PointerPlace>;
  if (!isPlace(page, version) || !isCoordinate(x) || !isCoordinate(y)) return undefined;
  return { page: page as number, version: version as string, x, y };
}

function isPlace(page: unknown, version: unknown): boolean {
  return isCount(page, 100_000) && typeof version === 'string';
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isCoordinate(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_COORDINATE;
}

function isPoint(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [x, y, pressure] = value as unknown[];
  const pressed = pressure === undefined || (typeof pressure === 'number' && pressure >= 0);
  return isCoordinate(x) && isCoordinate(y) && pressed && Number(pressure ?? 0) <= 1;
}

function isStyle(style: unknown): style is WetPiece['style'] {
  if (typeof style !== 'object' || style === null) return false;
  const { color, width, opacity } = style as Record<string, unknown>;
  return (
    typeof color === 'string' &&
    COLOR.test(color) &&
    typeof width === 'number' &&
    width > 0 &&
    width <= MOST_WIDTH &&
    typeof opacity === 'number' &&
    opacity >= 0 &&
    opacity <= 1
  );
}
