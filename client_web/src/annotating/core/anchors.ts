/**
 * Where a text mark holds on to the text: W3C selectors built from a page's words, the same as
 * annotations/anchors.py (shared vectors: tests/contract/vectors/anchors.json).
 */
import type { Quad, Selector } from './model';

/** A word of a page: its box in page space and its text (already normalised by the server). */
export interface Word {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly text: string;
}

/** Characters of context kept on either side of a quote. */
export const CONTEXT = 32;

/** The text of a page as anchors count it: its words joined by one space. */
export function pageText(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ');
}

/** Anchors words `first` … `last` (both included) of page index `page`. Positions count Unicode
 * code points, as Python does and the W3C model asks for. */
export function anchorOf(
  words: readonly Word[],
  first: number,
  last: number,
  page: number,
): Selector[] {
  const points = (text: string): string[] => Array.from(text);
  const before = points(pageText(words.slice(0, first)) + (first > 0 ? ' ' : ''));
  const exact = points(pageText(words.slice(first, last + 1)));
  const rest = words.slice(last + 1);
  const after = points((rest.length > 0 ? ' ' : '') + pageText(rest));
  return [
    {
      type: 'TextQuoteSelector',
      exact: exact.join(''),
      prefix: before.slice(-CONTEXT).join(''),
      suffix: after.slice(0, CONTEXT).join(''),
    },
    {
      type: 'TextPositionSelector',
      start: before.length,
      end: before.length + exact.length,
    },
    { type: 'FragmentSelector', value: `page=${page + 1}` },
  ];
}

/** One quad per line for words `first` … `last`: neighbours that overlap in height are one line. */
export function quadsOf(words: readonly Word[], first: number, last: number): Quad[] {
  const lines: Array<[number, number, number, number]> = [];
  for (const word of words.slice(first, last + 1)) {
    const line = lines[lines.length - 1];
    const shared = line && Math.min(line[3], word.y1) - Math.max(line[1], word.y0);
    const least = line && Math.min(line[3] - line[1], word.y1 - word.y0) / 2;
    if (line && (shared as number) > (least as number) && word.x0 >= line[0]) {
      line[1] = Math.min(line[1], word.y0);
      line[2] = Math.max(line[2], word.x1);
      line[3] = Math.max(line[3], word.y1);
    } else lines.push([word.x0, word.y0, word.x1, word.y1]);
  }
  return lines.map(([x0, y0, x1, y1]) => [x0, y0, x1, y0, x0, y1, x1, y1]);
}
