// @vitest-environment node
import { expect, test } from 'vitest';
import type { Turn } from '../core';
import { boxFrom, cornerOf, roomFor, unwrapLines, upright, wrapLines } from './text-box';

const letters = (line: string) => line.length;

test('the corner comes back from the box at every turn', () => {
  for (const rotate of [0, 90, 180, 270] as Turn[]) {
    const box = boxFrom([100, 200], 60, 20, rotate);
    expect(box[2] - box[0]).toBe(60);
    expect(cornerOf(box, rotate)).toEqual([100, 200]);
  }
  expect(boxFrom([100, 200], 60, 20, 0)).toEqual([100, 200, 160, 220]);
  // Turned by a quarter the text runs down from its corner, to the left of it.
  expect(boxFrom([100, 200], 60, 20, 90)).toEqual([60, 220, 120, 240]);
  expect([0, 90, 180, 270].map((turn) => upright(turn as Turn))).toEqual([0, 270, 180, 90]);
});

test('lines break between words, a word longer than the line breaks itself', () => {
  expect(wrapLines('đề nghị làm rõ nguồn vốn', 12, letters)).toEqual([
    'đề nghị làm',
    'rõ nguồn vốn',
  ]);
  expect(wrapLines('một\n\nhai ba', 6, letters)).toEqual(['một', '', 'hai ba']);
  expect(wrapLines('xin abcdefghij', 4, letters)).toEqual(['xin', 'abcd', 'efgh', 'ij']);
  expect(wrapLines('', 4, letters)).toEqual(['']);
});

test('a letter and its marks stay together, composed or not', () => {
  const decomposed = 'ễ'.normalize('NFD').repeat(4);
  const lines = wrapLines(decomposed, 4, letters);
  expect(lines.join('')).toBe(decomposed);
  expect(lines.every((line) => line.startsWith('e'))).toBe(true);
});

test('breaks that wrapping made go again, those of the hand and within words stay', () => {
  const back = (text: string, most: number) =>
    unwrapLines(wrapLines(text, most, letters), most, letters);
  for (const text of ['đề nghị làm rõ nguồn vốn', 'một\n\nhai ba', 'ký\ntên', '']) {
    expect(back(text, 12)).toBe(text);
  }
  expect(back('xin abcdefghij', 4)).toBe('xin abcd\nefgh\nij');
});

test('a text runs to the edge of the page, whichever way it is turned', () => {
  const page = { widthPt: 600, heightPt: 800 };
  expect(([0, 90, 180, 270] as Turn[]).map((turn) => roomFor([150, 300], turn, 10, page))).toEqual([
    440, 490, 140, 290,
  ]);
  expect(roomFor([590, 300], 0, 10, page)).toBe(50);
});
