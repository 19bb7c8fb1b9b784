// @vitest-environment node
import { expect, test } from 'vitest';
import { decodeInk, encodeInk, inkFromText, inkToText, strokeOf, type Mark } from './core';
import { STAMP_NAMES } from './marks/stamps';
import {
  cut,
  isCuttable,
  layOut,
  resizeText,
  shapePut,
  stampPut,
  textBoxPut,
  textBoxRewrite,
  wipe,
  wipeLine,
  type LaidText,
} from './shape-edits';
import { DEFAULT_STYLES } from './tools/tools';

const birth = { id: 'm', version: 'v', page: 2, created: 5 };
const page = { widthPt: 595, heightPt: 842, rotation: 0 as const };
const line: Mark = {
  ...birth,
  kind: 'ink',
  rev: 1,
  seq: 1,
  author: 'lan',
  modified: 9,
  body: 'lời ghi',
  geometry: { rect: [110, 50, 210, 50], matrix: [1, 0, 0, 1, 100, 40] },
  style: { color: '#c62828', width: 2 },
  ink: inkToText(encodeInk([10, 110], [10, 10], [0.5, 1], [0, 100])),
};

test('a shape lies between where the drag began and ended, whichever way it went', () => {
  const box = shapePut(birth, 'ellipse', [50.004, 60], [10, 20], DEFAULT_STYLES.ellipse);
  expect(box).toMatchObject({ kind: 'ellipse', geometry: { rect: [10, 20, 50, 60] } });
  const arrow = shapePut(birth, 'arrow', [50, 60], [10, 20], DEFAULT_STYLES.arrow);
  expect(arrow.geometry).toEqual({ from: [50, 60], to: [10, 20] });
  expect(arrow.style).toEqual({ color: '#c62828', width: 1.6, opacity: 1 });
});

test('a stamp lies on the page and stands upright on a turned one', () => {
  for (const name of STAMP_NAMES) {
    const put = stampPut(birth, name, { x: 0, y: 900 }, page);
    const [x0, , , y1] = put.geometry.rect ?? [];
    expect(x0).toBeGreaterThan(0);
    expect(y1).toBeLessThan(842);
    expect(put.style.stamp).toBe(name);
    expect(put.geometry.rotate).toBeUndefined();
  }
  const turned = stampPut(birth, 'da_xem', { x: 300, y: 400 }, { ...page, rotation: 90 });
  expect(turned.geometry.rotate).toBe(270);
});

test('text keeps its lines, and only changed words are written anew', () => {
  const laid: LaidText = { lines: ['một', 'hai'], width: 30, size: 10, corner: [5, 6], rotate: 0 };
  const put = textBoxPut(birth, laid, '#1b4fbf');
  expect(put).toMatchObject({ kind: 'free_text', body: 'một\nhai' });
  expect(put.geometry).toEqual({ rect: [5, 6, 35, 32] });
  const mark: Mark = { ...line, kind: 'free_text', body: 'một\nhai' };
  expect(textBoxRewrite(mark, laid)).toEqual([]);
  expect(textBoxRewrite(mark, { ...laid, lines: ['ba'] })).toEqual([
    { op: 'patch', id: 'm', geometry: { rect: [5, 6, 35, 19] }, body: 'ba' },
  ]);
});

test('wiping over a moved stroke leaves two pieces, which come in its place in one batch', () => {
  const whole = [strokeOf(line)];
  expect(wipe(whole, line.geometry.matrix, [160, 10], [160, 20], 5)).toBe(whole);
  const pieces = wipe(whole, line.geometry.matrix, [160, 30], [160, 70], 5);
  expect(pieces.map(({ xs }) => [...xs].map(Math.round))).toEqual([
    [10, 55],
    [65, 110],
  ]);
  let made = 0;
  const edits = cut(line, pieces, () => `p${(made += 1)}`);
  expect(edits[0]).toEqual({ op: 'delete', id: 'm' });
  expect(edits.slice(1)).toMatchObject([
    { op: 'put', id: 'p1', created: 5, body: 'lời ghi', geometry: { rect: [110, 50, 155, 50] } },
    { op: 'put', id: 'p2', style: line.style, geometry: { rect: [165, 50, 210, 50] } },
  ]);
  expect(edits[2]).not.toHaveProperty('body');
  const put = edits[1] as { ink: string };
  expect(decodeInk(inkFromText(put.ink)).pressure).toHaveLength(2);
});

test('a fast wipe along the whole stroke leaves nothing', () => {
  const pieces = wipe([strokeOf(line)], line.geometry.matrix, [100, 50], [220, 50], 5);
  expect(pieces).toEqual([]);
  expect(cut(line, pieces, () => 'p')).toEqual([{ op: 'delete', id: 'm' }]);
  expect(isCuttable(line)).toBe(true);
  expect(isCuttable({ ...line, kind: 'arrow' })).toBe(false);
});

const half = (words: string, size: number) => (words.length * size) / 2;
const written = (text: string, at: Pick<LaidText, 'size' | 'corner' | 'rotate'>): Mark => ({
  ...line,
  ...textBoxPut(birth, layOut(text, at, page, half), '#1b4fbf'),
  kind: 'free_text',
});

test('larger letters take a larger box from the same corner; what fits stays in its lines', () => {
  const at = { size: 10, corner: [5, 6] as [number, number], rotate: 90 as const };
  const mark = written('một\nhai', at);
  const [edit] = resizeText(mark, 20, page, half);
  const larger = textBoxPut(
    birth,
    { ...at, lines: ['một', 'hai'], width: 30, size: 20 },
    '#1b4fbf',
  );
  expect(edit).toMatchObject({ geometry: larger.geometry, style: { font_size: 20 } });
  expect(edit).not.toHaveProperty('body');
  expect(resizeText(mark, 10, page, half)).toEqual([]);
});

test('larger letters break their lines where the page ends, and smaller ones join them again', () => {
  const at = { size: 10, corner: [400, 100] as [number, number], rotate: 0 as const };
  const mark = written('Đề nghị làm rõ nguồn vốn đối ứng của tỉnh\nKý tên', at);
  expect(mark.body).toBe('Đề nghị làm rõ nguồn vốn đối ứng của\ntỉnh\nKý tên');
  const [larger] = resizeText(mark, 20, page, half);
  expect(larger).toMatchObject({
    body: 'Đề nghị làm rõ\nnguồn vốn đối ứng\ncủa tỉnh\nKý tên',
    geometry: { rect: [400, 100, 570, 204] },
  });
  const large = { ...mark, ...larger } as Mark;
  const [smaller] = resizeText(large, 10, page, half);
  expect(smaller).toMatchObject({ body: mark.body, geometry: mark.geometry });
});

test('a text that was moved over the edge comes back onto the page, in lines of its own', () => {
  const mark: Mark = {
    ...written('Kính gửi ông Thường\nxin xem', { size: 10, corner: [100, 100], rotate: 0 }),
    geometry: { rect: [560, 100, 655, 126] },
  };
  expect(resizeText(mark, 5, page, half)).toMatchObject([
    { style: { font_size: 5 }, body: 'Kính gửi ông\nThường\nxin xem' },
  ]);
});

test('a line loses only what was wiped', () => {
  const whole = [[0, 1]] as const;
  const ends = { from: [0, 0] as [number, number], to: [100, 0] as [number, number] };
  expect(wipeLine(whole, ends, [50, 20], [60, 20], 5)).toBe(whole);
  const [first, second] = wipeLine(whole, ends, [50, -20], [50, 20], 5);
  expect(first?.[0]).toBe(0);
  expect(first?.[1]).toBeCloseTo(0.45, 2);
  expect(second?.[0]).toBeCloseTo(0.55, 2);
  expect(wipeLine(whole, ends, [-10, 0], [110, 0], 5)).toEqual([]);
});
