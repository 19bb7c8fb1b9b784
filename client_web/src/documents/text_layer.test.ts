import { expect, test } from 'vitest';
import { fillLayer, placeWords, type PlacedLine } from './text_layer';
import type { Word } from './viewport';

const word = (text: string, x0: number, x1: number, line: number): Word => ({
  x0,
  y0: line * 20,
  x1,
  y1: line * 20 + 10,
  text,
  block: 0,
  line,
});
const text = [word('Ủy', 0, 20, 0), word('ban', 25, 55, 0), word('tỉnh', 0, 40, 1)];

test('a line is as wide as its picture, its words where they are printed', () => {
  const measure = (said: string) => said.length * 50;
  const lines = placeWords(text, measure);
  expect(lines.map((line) => line.text)).toEqual(['Ủy ban', 'tỉnh']);
  const widthOf = (said: string, { fontSize, letterSpacing, wordSpacing }: PlacedLine) =>
    (measure(said) * fontSize) / 100 +
    said.length * letterSpacing +
    (said.split(' ').length - 1) * wordSpacing;
  const [first, second] = lines as [PlacedLine, PlacedLine];
  expect(widthOf('Ủy ban', first)).toBeCloseTo(55);
  expect(widthOf('Ủy ', first)).toBeCloseTo(25);
  expect(widthOf('tỉnh', second)).toBeCloseTo(40);
  expect(second).toMatchObject({ left: 0, top: 20, height: 10 });
});

test('columns of one table row are lines of their own', () => {
  const row = [word('Đạt', 0, 20, 0), word('8,35%', 300, 340, 0)];
  expect(placeWords(row, () => 100).map((line) => line.left)).toEqual([0, 300]);
});

test('the layer holds the words in reading order, a block per line', () => {
  const layer = document.createElement('div');
  fillLayer(layer, text);
  expect([...layer.children].map((line) => line.textContent)).toEqual(['Ủy ban', 'tỉnh']);
  fillLayer(layer, []);
  expect(layer.childElementCount).toBe(0);
});
