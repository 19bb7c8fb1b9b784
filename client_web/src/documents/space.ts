/**
 * Page space and how it reaches the screen.
 *
 * Page space is the unrotated page in points (1/72 inch): origin at the top left of the CropBox,
 * x right, y down. Image, words and marks all live in it; /Rotate (ISO 32000-2, 7.7.3.3) is
 * applied only here, when something is shown.
 */

/** Clockwise rotation of the page as shown, in degrees. */
export type Rotation = 0 | 90 | 180 | 270;

export interface Point {
  x: number;
  y: number;
}

export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface Size {
  width: number;
  height: number;
}

/** x' = a·x + c·y + e, y' = b·x + d·y + f: the order of CSS `matrix()` and DOMMatrix. */
export interface Affine {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

export function asRotation(degrees: number): Rotation {
  const turned = ((Math.round(degrees / 90) * 90) % 360) + 360;
  return (turned % 360) as Rotation;
}

/** The size a page of `size` (points, unrotated) has once turned by `rotation`. */
export function displayedSize(size: Size, rotation: Rotation): Size {
  return rotation === 90 || rotation === 270
    ? { width: size.height, height: size.width }
    : { width: size.width, height: size.height };
}

/** Page space (points) → the page box as shown, `scale` CSS px per point. */
export function toScreen(size: Size, rotation: Rotation, scale: number): Affine {
  const w = size.width * scale;
  const h = size.height * scale;
  switch (rotation) {
    case 0:
      return { a: scale, b: 0, c: 0, d: scale, e: 0, f: 0 };
    case 90:
      return { a: 0, b: scale, c: -scale, d: 0, e: h, f: 0 };
    case 180:
      return { a: -scale, b: 0, c: 0, d: -scale, e: w, f: h };
    case 270:
      return { a: 0, b: -scale, c: scale, d: 0, e: 0, f: w };
  }
}

export function apply(m: Affine, p: Point): Point {
  return { x: m.a * p.x + m.c * p.y + m.e, y: m.b * p.x + m.d * p.y + m.f };
}

/** The way back. Every transform of this module is a rotation and a scale, so it always exists. */
export function invert(m: Affine): Affine {
  const det = m.a * m.d - m.b * m.c;
  return {
    a: m.d / det,
    b: -m.b / det,
    c: -m.c / det,
    d: m.a / det,
    e: (m.c * m.f - m.d * m.e) / det,
    f: (m.b * m.e - m.a * m.f) / det,
  };
}

/** The upright box that holds `rect` after `m`. */
export function applyToRect(m: Affine, rect: Rect): Rect {
  const p = apply(m, { x: rect.x0, y: rect.y0 });
  const q = apply(m, { x: rect.x1, y: rect.y1 });
  return {
    x0: Math.min(p.x, q.x),
    y0: Math.min(p.y, q.y),
    x1: Math.max(p.x, q.x),
    y1: Math.max(p.y, q.y),
  };
}

export function cssMatrix(m: Affine): string {
  return `matrix(${m.a}, ${m.b}, ${m.c}, ${m.d}, ${m.e}, ${m.f})`;
}
