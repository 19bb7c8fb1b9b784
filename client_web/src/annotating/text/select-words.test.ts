// @vitest-environment node
import { expect, test } from 'vitest';
import type { Rotation, Word } from '../../documents';
import { quadsOf, wordAt, wordsBetween, type PageText } from './select-words';

/** Two lines of words, 40 wide with gaps of 10, as read on a page shown upright. */
const lines = [
  ['Tổng', 'mức', 'đầu', 'tư'],
  ['là', '12', 'tỷ', 'đồng'],
];

function page(rotation: Rotation): PageText {
  // The shown page is 300 × 200; the boxes lie in the unrotated page.
  const [widthPt, heightPt] = rotation % 180 === 0 ? [300, 200] : [200, 300];
  const words: Word[] = lines.flatMap((line, row) =>
    line.map((text, column) => {
      const shown = [50 + column * 50, 40 + row * 20, 90 + column * 50, 52 + row * 20] as const;
      const [x0, y0, x1, y1] = back(shown, rotation, widthPt, heightPt);
      return { x0, y0, x1, y1, text, block: 0, line: row };
    }),
  );
  return { words, widthPt, heightPt, rotation };
}

function back(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  rotation: Rotation,
  w: number,
  h: number,
): [number, number, number, number] {
  switch (rotation) {
    case 0:
      return [x0, y0, x1, y1];
    case 90:
      return [y0, h - x1, y1, h - x0];
    case 180:
      return [w - x1, h - y1, w - x0, h - y0];
    case 270:
      return [w - y1, x0, w - y0, x1];
  }
}

const middle = (word: Word | undefined) => ({
  x: ((word?.x0 ?? 0) + (word?.x1 ?? 0)) / 2,
  y: ((word?.y0 ?? 0) + (word?.y1 ?? 0)) / 2,
});

test.each([0, 90, 180, 270] as const)('a drag over lines snaps to words at %i°', (rotation) => {
  const text = page(rotation);
  const range = wordsBetween(text, middle(text.words[2]), middle(text.words[5]));
  expect(range).toEqual([2, 5]);
  const quads = quadsOf(text, 2, 5);
  expect(quads).toHaveLength(2);
  // Top left, top right, bottom left, bottom right as read: on screen they are where they say.
  const [w, h] = [text.widthPt, text.heightPt];
  const shown = (x: number, y: number) =>
    rotation === 0
      ? [x, y]
      : rotation === 90
        ? [h - y, x]
        : rotation === 180
          ? [w - x, h - y]
          : [y, w - x];
  const quad = quads[0] ?? [];
  const corners = [0, 2, 4, 6].map((i) => shown(quad[i] ?? 0, quad[i + 1] ?? 0));
  expect(corners).toEqual([
    [150, 40],
    [240, 40],
    [150, 52],
    [240, 52],
  ]);
});

test('the drag may go backwards, and may begin a little beside the words but not far away', () => {
  const text = page(0);
  expect(wordsBetween(text, middle(text.words[5]), middle(text.words[2]))).toEqual([2, 5]);
  expect(wordAt(text, { x: 30, y: 46 })).toBe(0);
  expect(wordAt(text, { x: 60, y: 180 })).toBe(-1);
  expect(wordsBetween(text, { x: 60, y: 180 }, middle(text.words[2]))).toBeNull();
});
