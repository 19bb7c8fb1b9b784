/**
 * From a drag over a page to words, lines and an anchor. Pure.
 *
 * Words come in reading order with unrotated boxes; what is "the same line" and "below" is decided
 * as the page is shown, so that a rotated page reads upright.
 */
import type { Quad } from '../core';
import type { Rotation, Word } from '../../documents';

interface Point {
  x: number;
  y: number;
}

export interface PageText {
  words: readonly Word[];
  widthPt: number;
  heightPt: number;
  rotation: Rotation;
}

/** A finger between two lines means one of them; far away from all words it means none. */
export const REACH_PT = 24;

interface Shown {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** The index of the word meant by a point, or -1 when none is within reach. */
export function wordAt(text: PageText, point: Point, reach = REACH_PT): number {
  const p = turn(text, point);
  let best = -1;
  let least = reach;
  text.words.forEach((word, index) => {
    const box = shownBox(text, word);
    const dx = Math.max(box.x0 - p.x, 0, p.x - box.x1);
    const dy = Math.max(box.y0 - p.y, 0, p.y - box.y1);
    // Along the line the eye forgives more than across it.
    const distance = Math.hypot(dx * 0.5, dy);
    if (distance < least) {
      least = distance;
      best = index;
    }
  });
  return best;
}

/** First and last word between two points, in reading order; `null` when none is meant. */
export function wordsBetween(text: PageText, from: Point, to: Point): [number, number] | null {
  const start = wordAt(text, from);
  if (start < 0) return null;
  const end = wordAt(text, to, Infinity);
  return start <= end ? [start, end] : [end, start];
}

/** One quad per line of the words `first` … `last`. */
export function quadsOf(text: PageText, first: number, last: number): Quad[] {
  const lines: Shown[] = [];
  let previous: Word | null = null;
  for (const word of text.words.slice(first, last + 1)) {
    const box = shownBox(text, word);
    const line = lines[lines.length - 1];
    if (line && previous && previous.block === word.block && previous.line === word.line) {
      line.x0 = Math.min(line.x0, box.x0);
      line.y0 = Math.min(line.y0, box.y0);
      line.x1 = Math.max(line.x1, box.x1);
      line.y1 = Math.max(line.y1, box.y1);
    } else {
      lines.push(box);
    }
    previous = word;
  }
  return lines.map((line) => {
    const corners = [
      [line.x0, line.y0],
      [line.x1, line.y0],
      [line.x0, line.y1],
      [line.x1, line.y1],
    ].map(([x, y]) => turnBack(text, { x: x as number, y: y as number }));
    return corners.flatMap(({ x, y }) => [round(x), round(y)]) as Quad;
  });
}

function shownBox(text: PageText, word: Word): Shown {
  const a = turn(text, { x: word.x0, y: word.y0 });
  const b = turn(text, { x: word.x1, y: word.y1 });
  return {
    x0: Math.min(a.x, b.x),
    y0: Math.min(a.y, b.y),
    x1: Math.max(a.x, b.x),
    y1: Math.max(a.y, b.y),
  };
}

/** Page space → the page as it is read, in points. */
function turn({ widthPt, heightPt, rotation }: PageText, { x, y }: Point): Point {
  switch (rotation) {
    case 0:
      return { x, y };
    case 90:
      return { x: heightPt - y, y: x };
    case 180:
      return { x: widthPt - x, y: heightPt - y };
    case 270:
      return { x: y, y: widthPt - x };
  }
}

function turnBack({ widthPt, heightPt, rotation }: PageText, { x, y }: Point): Point {
  switch (rotation) {
    case 0:
      return { x, y };
    case 90:
      return { x: y, y: heightPt - x };
    case 180:
      return { x: widthPt - x, y: heightPt - y };
    case 270:
      return { x: widthPt - y, y: x };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
