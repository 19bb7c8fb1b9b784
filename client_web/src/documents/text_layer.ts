/**
 * Selectable text over a page image. The layer lives in page space, one px per point, and its
 * container carries the page's transform, so zooming and rotation never rebuild it. Each line is
 * a block, so that a selection over several lines copies with line breaks; each word reaches to
 * the start of the next, so that dragging along a line meets no holes.
 */
import type { Word } from './viewport';

/** Ascender to descender is about 1.15 em in the faces that documents use. */
const EM_PER_BOX = 0.86;

/** Width in px of `text` at 100 px type size. */
export type Measure = (text: string) => number;

export interface PlacedWord {
  text: string;
  left: number;
  top: number;
  height: number;
  fontSize: number;
  /** Horizontal stretch that makes the text as wide as its box. */
  stretch: number;
}

/** Lines of placed words in reading order. */
export function placeWords(words: Word[], measure: Measure): PlacedWord[][] {
  const lines: PlacedWord[][] = [];
  words.forEach((word, index) => {
    const before = words[index - 1];
    const next = words[index + 1];
    const sameLine = (other: Word | undefined) =>
      other !== undefined && other.block === word.block && other.line === word.line;
    const goesOn = sameLine(next) && next !== undefined && next.x0 > word.x0;
    const text = goesOn ? `${word.text} ` : word.text;
    const right = goesOn ? Math.max(word.x1, next.x0) : word.x1;
    const height = word.y1 - word.y0;
    const fontSize = height * EM_PER_BOX;
    const natural = (measure(text) * fontSize) / 100;
    const placed: PlacedWord = {
      text,
      left: word.x0,
      top: word.y0,
      height,
      fontSize,
      stretch: natural > 0 ? (right - word.x0) / natural : 1,
    };
    if (sameLine(before)) lines.at(-1)?.push(placed);
    else lines.push([placed]);
  });
  return lines;
}

export const LAYER_FONT = 'sans-serif';

let context: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();
/** Words repeat; a bounded memory of their widths makes the second page cheap. */
const WIDTHS_HELD = 20_000;

export function measureText(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return text.length * 50;
  context.font = `100px ${LAYER_FONT}`;
  const { width } = context.measureText(text);
  if (widths.size >= WIDTHS_HELD) widths.clear();
  widths.set(text, width);
  return width;
}

/** The lines as elements, ready to be put into the layer at once. */
function buildLines(lines: PlacedWord[][]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const line of lines) {
    const block = document.createElement('div');
    for (const word of line) {
      const span = document.createElement('span');
      span.textContent = word.text;
      const { style } = span;
      style.left = `${word.left}px`;
      style.top = `${word.top}px`;
      style.fontSize = `${word.fontSize}px`;
      style.lineHeight = `${word.height}px`;
      style.transform = `scaleX(${word.stretch})`;
      block.append(span);
    }
    fragment.append(block);
  }
  return fragment;
}

/** Puts the words of a page into its layer, replacing what was there. */
export function fillLayer(layer: HTMLElement, words: Word[]): void {
  layer.replaceChildren(buildLines(placeWords(words, measureText)));
}
