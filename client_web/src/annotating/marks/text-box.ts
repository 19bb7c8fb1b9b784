/**
 * Text on the page: where its box lies and where its lines break. `rotate` turns the text
 * clockwise about the middle of its box, so that it stands upright on a turned page. Pure.
 */
import type { Box, Spot, Turn } from '../core';

/** From one baseline to the next, in letters' sizes; annotations/pdf_drawing.py has the same. */
export const LINE_SPACING = 1.3;

/** The turn that makes text upright on a page shown turned clockwise by `rotation`. */
export function upright(rotation: Turn): Turn {
  return ((360 - rotation) % 360) as Turn;
}

function axes(rotate: Turn): [x: number, y: number] {
  return ({ 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] } as const)[rotate] as [
    number,
    number,
  ];
}

/** The box (before its turn) of text whose upper left corner, as it is read, lies at `corner`. */
export function boxFrom([x, y]: Spot, width: number, height: number, rotate: Turn): Box {
  const [c, s] = axes(rotate);
  const cx = x + (c * width - s * height) / 2;
  const cy = y + (s * width + c * height) / 2;
  return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2].map(
    (value) => Math.round(value * 100) / 100,
  ) as Box;
}

/** The upper left corner, as it is read, of text in this box. */
export function cornerOf([x0, y0, x1, y1]: Box, rotate: Turn): Spot {
  const [c, s] = axes(rotate);
  const [width, height] = [x1 - x0, y1 - y0];
  return [
    (x0 + x1) / 2 - (c * width - s * height) / 2,
    (y0 + y1) / 2 - (s * width + c * height) / 2,
  ];
}

/** The page on which a text lies, unrotated, points. */
export interface PageSize {
  readonly widthPt: number;
  readonly heightPt: number;
}

/** Room for the first words also at the page's edge, in letters' sizes. */
export const LEAST_EM = 5;

/** How wide a text may run from its corner: to the edge of the page, less one letter. */
export function roomFor([x, y]: Spot, rotate: Turn, size: number, page: PageSize): number {
  const room = { 0: page.widthPt - x, 90: page.heightPt - y, 180: x, 270: y }[rotate];
  return Math.max(LEAST_EM * size, room - size);
}

/**
 * The text before its lines were broken at `most`. A break goes where the next word would not have
 * fitted; all others were made by hand and stay, and so does one that may lie within a word.
 */
export function unwrapLines(
  lines: readonly string[],
  most: number,
  measure: (line: string) => number,
): string {
  return lines.reduce((text, next, i) => {
    const line = lines[i - 1] ?? '';
    const word = /^\S+/.exec(next)?.[0] ?? '';
    const whole = line.includes(' ') || measure(line + word.slice(0, 1)) <= most;
    const wrapped = line.trim() !== '' && word !== '' && whole && measure(`${line} ${word}`) > most;
    return `${text}${wrapped ? ' ' : '\n'}${next}`;
  });
}

/** Breaks lines between words where they are wider than `most`; a longer word breaks itself. */
export function wrapLines(text: string, most: number, measure: (line: string) => number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, most, measure));
}

function wrapLine(line: string, most: number, measure: (line: string) => number): string[] {
  if (measure(line) <= most) return [line];
  const lines: string[] = [];
  let now = '';
  for (const part of line.split(/(?<= )/)) {
    if (now !== '' && measure((now + part).trimEnd()) > most) {
      lines.push(now.trimEnd());
      now = '';
    }
    now += part;
    while (measure(now.trimEnd()) > most && now.length > 1) {
      const fits = Math.max(1, longest(now, most, measure));
      lines.push(now.slice(0, fits));
      now = now.slice(fits);
    }
  }
  return [...lines, now.trimEnd()];
}

function longest(text: string, most: number, measure: (line: string) => number): number {
  let fits = 0;
  // A letter and its marks stay together, also where they are several code points.
  for (const { index, segment } of new Intl.Segmenter('vi').segment(text)) {
    if (fits > 0 && measure(text.slice(0, index + segment.length)) > most) break;
    fits = index + segment.length;
  }
  return fits;
}
