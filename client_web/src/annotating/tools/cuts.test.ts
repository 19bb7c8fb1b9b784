// @vitest-environment node
import { expect, test } from 'vitest';
import type { Kind, Mark } from '../core';
import { cutOf } from './cuts';

const mark = (kind: Kind, geometry: Mark['geometry'], more: Partial<Mark> = {}): Mark => ({
  id: 'm',
  version: 'v',
  page: 1,
  kind,
  rev: 1,
  seq: 1,
  author: 'lan',
  created: 5,
  modified: 9,
  geometry,
  style: { color: '#c62828', width: 2 },
  ...more,
});

test('a line is left in two, and its remark stays with the first', () => {
  const line = mark('line', { from: [0, 0], to: [100, 0] }, { body: 'lời ghi' });
  const cut = cutOf(line);
  expect(cut?.wipe([50, -9], [50, 9], 5)).toBe(true);
  expect(cut?.wipe([50, -9], [50, 9], 5)).toBe(false);
  expect(cut?.left()).toHaveLength(2);
  let made = 0;
  const edits = cut?.edits(line, () => `p${(made += 1)}`) ?? [];
  expect(edits[0]).toEqual({ op: 'delete', id: 'm' });
  expect(edits.slice(1)).toMatchObject([
    { id: 'p1', kind: 'line', page: 1, created: 5, body: 'lời ghi', geometry: { from: [0, 0] } },
    { id: 'p2', kind: 'line', geometry: { to: [100, 0] } },
  ]);
  expect(edits[2]).not.toHaveProperty('body');
});

test('a box, an ellipse and an arrow go as a whole; words, notes and stamps stay', () => {
  for (const kind of ['rectangle', 'ellipse', 'arrow'] as const) {
    const whole = mark(kind, { rect: [0, 0, 9, 9] });
    const cut = cutOf(whole);
    expect(cut?.wipe([0, 0], [1, 1], 5)).toBe(true);
    expect([cut?.left(), cut?.edits(whole, () => 'p')]).toEqual([[], [{ op: 'delete', id: 'm' }]]);
  }
  for (const kind of ['free_text', 'note', 'stamp', 'highlight'] as const) {
    expect(cutOf(mark(kind, {}))).toBeUndefined();
  }
});
