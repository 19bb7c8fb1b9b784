/**
 * Selectable text over a page image. The layer lives in page space, one px per point, and its
 * container carries the page's transform, so zooming and rotation never rebuild it. Each line is
 * one text, its letters and gaps spaced until it is as wide as its picture: so a drag along a line
 * meets no holes, a selection over lines copies with line breaks, and a page costs a hundred nodes
 * instead of a thousand.
 */
import type { Word } from './viewport';

/** Ascender to descender is about 1.15 em in the faces that documents use. */
const EM_PER_BOX = 0.86;

/** Width in px of `text` at 100 px type size. */
export type Measure = (text: string) => number;

export interface PlacedLine {
  left: number;
  top: number;
  height: number;
  fontSize: number;
  /** Down to the next line of the same block, so that a finger between two lines hits one. */
  gap: number;
  text: string;
  /** Added after each letter, and after each space, px. */
  letterSpacing: number;
  wordSpacing: number;
}

/** True when `next` stands on the line of `word`, to its right. */
function goesOn(word: Word, next: Word | undefined): next is Word {
  return (
    next !== undefined &&
    next.block === word.block &&
    next.line === word.line &&
    next.x0 > word.x0 &&
    next.x0 - word.x1 < 10 * (word.y1 - word.y0)
  );
}

/** Lines of placed words in reading order. */
export function placeWords(words: Word[], measure: Measure): PlacedLine[] {
  const lines: PlacedLine[] = [];
  let open: Word[] = [];
  let blockAbove = -1;
  const close = () => {
    const first = open[0];
    if (!first) return;
    const top = Math.min(...open.map((word) => word.y0));
    const height = Math.max(...open.map((word) => word.y1)) - top;
    const fontSize = height * EM_PER_BOX;
    const natural = (text: string) => (measure(text) * fontSize) / 100;
    let missing = 0;
    let letters = 0;
    let gaps = 0;
    open.forEach((word, index) => {
      missing += word.x1 - word.x0 - natural(word.text);
      letters += [...word.text].length;
      gaps += (open[index + 1]?.x0 ?? word.x1) - word.x1;
    });
    const letterSpacing = missing / Math.max(1, letters);
    const gapWidth = gaps / Math.max(1, open.length - 1);
    const wordSpacing = open.length > 1 ? gapWidth - natural(' ') - letterSpacing : 0;
    const text = open.map((word) => word.text).join(' ');
    const above = lines.at(-1);
    const sameBlock = blockAbove === first.block;
    if (above && sameBlock) {
      const gap = top - above.top - above.height;
      above.gap = gap > 0 && gap < above.height ? gap : 0;
    }
    lines.push({
      left: first.x0,
      top,
      height,
      fontSize,
      gap: 0,
      text,
      letterSpacing,
      wordSpacing,
    });
    blockAbove = first.block;
    open = [];
  };
  words.forEach((word, index) => {
    open.push(word);
    if (!goesOn(word, words[index + 1])) close();
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

function buildLines(lines: PlacedLine[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const line of lines) {
    // A block in the flow makes the line break of a copied selection; the line inside is placed.
    const block = document.createElement('div');
    const placed = document.createElement('p');
    placed.style.left = `${line.left}px`;
    placed.style.top = `${line.top}px`;
    placed.style.fontSize = `${line.fontSize}px`;
    placed.style.lineHeight = `${line.height}px`;
    placed.style.paddingBottom = `${line.gap}px`;
    placed.style.letterSpacing = `${line.letterSpacing}px`;
    placed.style.wordSpacing = `${line.wordSpacing}px`;
    placed.textContent = line.text;
    block.append(placed);
    fragment.append(block);
  }
  return fragment;
}

/** Puts the words of a page into its layer, replacing what was there. */
export function fillLayer(layer: HTMLElement, words: Word[]): void {
  layer.replaceChildren(buildLines(placeWords(words, measureText)));
}
