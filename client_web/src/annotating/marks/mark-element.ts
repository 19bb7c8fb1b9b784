/** One mark as SVG, in page space. The element carries its id and state for tools and tests. */
import { NOTE_SIZE, type Mark } from '../core';
import { inkOf } from './mark-shape';
import { LINE_SPACING } from './text-box';
import { CAP_MIDDLE, stampWords } from './stamps';

const SVG = 'http://www.w3.org/2000/svg';

/** Marks that lie under the text: they are multiplied with the page, so black stays black. */
export function liesUnder(mark: Mark): boolean {
  return mark.kind === 'highlighter' || mark.kind === 'highlight';
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export function markElement(mark: Mark): SVGElement {
  const element = drawn(mark);
  element.setAttribute('data-mark', mark.id);
  element.setAttribute('data-kind', mark.kind);
  const opacity = mark.style.opacity ?? 1;
  if (opacity < 1) element.setAttribute('opacity', String(opacity));
  if (mark.resolved) element.classList.add('resolved');
  return element;
}

function drawn(mark: Mark): SVGElement {
  const { geometry, style } = mark;
  const color = style.color ?? '#1d2733';
  const width = style.width ?? 1;
  switch (mark.kind) {
    case 'ink':
    case 'highlighter': {
      const { d, paint } = inkOf(mark).shape;
      const path =
        paint === 'fill'
          ? svg('path', { d, fill: color })
          : svg('path', { d, ...pen(color, width) });
      if (geometry.matrix) path.setAttribute('transform', `matrix(${geometry.matrix.join(' ')})`);
      return path;
    }
    case 'highlight':
      return svg('path', { d: (geometry.quads ?? []).map(areaOfQuad).join(''), fill: color });
    case 'underline':
    case 'strikeout':
    case 'squiggly': {
      const along = mark.kind === 'strikeout' ? 0.55 : 0.94;
      const d = (geometry.quads ?? [])
        .map((quad) => (mark.kind === 'squiggly' ? wave(quad) : lineOfQuad(quad, along)))
        .join('');
      return svg('path', { d, ...pen(color, width) });
    }
    case 'note':
      return noteIcon(geometry.point ?? [0, 0], geometry.rotate ?? 0, color, mark.body ?? '');
    case 'line':
    case 'arrow':
      return svg('path', { d: lineOf(mark), ...pen(color, width) });
    case 'rectangle':
    case 'ellipse':
      return box(mark, color, width);
    case 'free_text':
      return written(mark, color);
    case 'stamp':
      return stamp(mark, color, width);
  }
}

function pen(color: string, width: number): Record<string, string | number> {
  return {
    fill: 'none',
    stroke: color,
    'stroke-width': width,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  };
}

function areaOfQuad(quad: readonly number[]): string {
  const [ax, ay, bx, by, cx, cy, dx, dy] = quad;
  return `M${ax} ${ay}L${bx} ${by}L${dx} ${dy}L${cx} ${cy}Z`;
}

/** A line through the quad as the text runs; `down` 0 at its top, 1 at its bottom. */
function lineOfQuad(quad: readonly number[], down: number): string {
  const [ax = 0, ay = 0, bx = 0, by = 0, cx = 0, cy = 0, dx = 0, dy = 0] = quad;
  const mix = (p: number, q: number) => p + (q - p) * down;
  return `M${mix(ax, cx)} ${mix(ay, cy)}L${mix(bx, dx)} ${mix(by, dy)}`;
}

function wave(quad: readonly number[]): string {
  const [, , , , cx = 0, cy = 0, dx = 0, dy = 0] = quad;
  const long = Math.hypot(dx - cx, dy - cy);
  const steps = Math.max(2, Math.round(long / 3));
  const [ux, uy] = [(dx - cx) / steps, (dy - cy) / steps];
  const [nx, ny] = long === 0 ? [0, 0] : [(-(dy - cy) / long) * 1.2, ((dx - cx) / long) * 1.2];
  let d = `M${cx} ${cy}`;
  for (let i = 1; i <= steps; i++) {
    const side = i % 2 === 0 ? 0 : -1;
    d += `L${cx + ux * i + nx * side} ${cy + uy * i + ny * side}`;
  }
  return d;
}

function lineOf({ kind, geometry, style }: Mark): string {
  const [ax, ay] = geometry.from ?? [0, 0];
  const [bx, by] = geometry.to ?? [0, 0];
  const line = `M${ax} ${ay}L${bx} ${by}`;
  if (kind === 'line') return line;
  const head = 6 + 2 * (style.width ?? 1);
  const angle = Math.atan2(by - ay, bx - ax);
  const barb = (turn: number) =>
    `M${bx} ${by}L${bx - head * Math.cos(angle + turn)} ${by - head * Math.sin(angle + turn)}`;
  return line + barb(0.45) + barb(-0.45);
}

function box({ kind, geometry, style }: Mark, color: string, width: number): SVGElement {
  const [x0, y0, x1, y1] = geometry.rect ?? [0, 0, 0, 0];
  const paint = { ...pen(color, width), fill: style.fill ?? 'none' };
  if (kind === 'rectangle') {
    return svg('rect', { x: x0, y: y0, width: x1 - x0, height: y1 - y0, ...paint });
  }
  const [rx, ry] = [(x1 - x0) / 2, (y1 - y0) / 2];
  return svg('ellipse', { cx: x0 + rx, cy: y0 + ry, rx, ry, ...paint });
}

function written({ geometry, style, body }: Mark, color: string): SVGElement {
  const [x0, y0, x1, y1] = geometry.rect ?? [0, 0, 0, 0];
  const size = style.font_size ?? 12;
  const text = svg('text', {
    x: x0,
    y: y0 + size,
    fill: color,
    'font-size': size,
    transform: `rotate(${geometry.rotate ?? 0} ${(x0 + x1) / 2} ${(y0 + y1) / 2})`,
  });
  (body ?? '').split('\n').forEach((line, i) => {
    const span = svg('tspan', { x: x0, y: y0 + size + i * size * LINE_SPACING });
    span.textContent = line;
    text.append(span);
  });
  return text;
}

/** Words in a frame, as annotations/pdf.py draws them. */
function stamp({ geometry, style }: Mark, color: string, width: number): SVGElement {
  const [x0, y0, x1, y1] = geometry.rect ?? [0, 0, 0, 0];
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const size = style.font_size ?? 12;
  const group = svg('g', { transform: `rotate(${geometry.rotate ?? 0} ${x} ${y})` });
  const words = svg('text', {
    x,
    y: y + CAP_MIDDLE * size,
    fill: color,
    'font-size': size,
    'font-weight': 600,
    'text-anchor': 'middle',
  });
  words.textContent = stampWords(style.stamp);
  const frame = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  group.append(svg('rect', { ...frame, ...pen(color, width) }), words);
  return group;
}

/** A sheet with a folded corner and lines; upright however the page is turned. (x, y) is the top
 * left corner of its box on the unrotated page. */
function noteIcon(
  [x, y]: readonly [number, number],
  rotate: number,
  color: string,
  body: string,
): SVGElement {
  const h = NOTE_SIZE / 2;
  const group = svg('g', { transform: `translate(${x + h} ${y + h}) rotate(${rotate})` });
  const title = svg('title');
  title.textContent = body;
  group.append(
    title,
    svg('path', {
      d: `M${-h + 3} ${-h}H${h - 3}a3 3 0 0 1 3 3V${h - 8}L${h - 8} ${h}H${-h + 3}a3 3 0 0 1 -3 -3V${-h + 3}a3 3 0 0 1 3 -3Z`,
      fill: color,
      stroke: '#1d2733',
      'stroke-width': 1,
      'stroke-linejoin': 'round',
    }),
    svg('path', {
      d: `M${h} ${h - 8}H${h - 5}a3 3 0 0 0 -3 3V${h}M${-h + 4} -4H${h - 4}M${-h + 4} -0.5H${h - 4}M${-h + 4} 3H${h - 9}`,
      ...pen('#1d2733', 1),
    }),
  );
  return group;
}
