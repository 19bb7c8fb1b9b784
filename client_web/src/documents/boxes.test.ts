// @vitest-environment node
import { expect, test } from 'vitest';
import { keepBoxes, type UsedBox } from './boxes';

const pages = 60;
const moving = (before: UsedBox[], first: number, last: number) =>
  keepBoxes(before, { range: { first, last }, pages, moving: true });
const resting = (before: UsedBox[], first: number, last: number) =>
  keepBoxes(before, { range: { first, last }, pages, moving: false });
const shown = (boxes: UsedBox[]) => boxes.filter(({ parked }) => !parked).map(({ index }) => index);
const slotOf = (boxes: UsedBox[], index: number) =>
  boxes.find((box) => box.index === index && !box.parked)?.slot;

test('a page keeps its box while it is on stage, and no two share one', () => {
  let boxes = resting([], 0, 2);
  for (let first = 1; first < 40; first += 1) {
    const after = moving(boxes, first, first + 2);
    expect(shown(after).sort((one, other) => one - other)).toEqual([first, first + 1, first + 2]);
    for (const page of [first, first + 1]) expect(slotOf(after, page)).toBe(slotOf(boxes, page));
    expect(new Set(after.map(({ slot }) => slot)).size).toBe(after.length);
    boxes = after;
  }
});

test('scrolling through a document uses a handful of boxes', () => {
  let boxes = resting([], 0, 2);
  for (let first = 1; first < 58; first += 1) {
    boxes = moving(boxes, first, first + 2);
    expect(boxes.length).toBeLessThanOrEqual(7);
  }
});

test('what did not change is the same object, so that nothing runs again', () => {
  const before = moving(resting([], 0, 1), 1, 2);
  const after = moving(before, 2, 3);
  for (const box of before.filter(({ index, parked }) => index === 2 && !parked)) {
    expect(after).toContain(box);
  }
  expect(moving(after, 2, 3)).toEqual(after);
});

test('while the sheet moves none is dropped or moved among its siblings', () => {
  let boxes = resting([], 0, 2);
  for (let first = 1; first < 40; first += 1) {
    const after = moving(boxes, first, first + 2);
    expect(after.slice(0, boxes.length).map(({ slot }) => slot)).toEqual(
      boxes.map(({ slot }) => slot),
    );
    boxes = after;
  }
});

test('a box that stood at rest waits with its page; spare ones take those that come', () => {
  const rested = resting([], 0, 1);
  const after = moving(rested, 2, 3);
  for (const page of [0, 1]) {
    expect(after.find(({ index }) => index === page)).toMatchObject({ parked: true, rested: true });
  }
  expect(shown(after)).toEqual([2, 3]);
});

test('at rest the boxes stand in reading order, the spare ones where the next pages come', () => {
  const rested = resting(moving(resting([], 0, 3), 6, 9), 6, 9);
  expect(rested.map(({ index }) => index)).toEqual([6, 7, 8, 9, 10, 11]);
  expect(shown(rested)).toEqual([6, 7, 8, 9]);
  expect(resting(rested, 57, 59).map(({ index }) => index)).toEqual([57, 58, 59]);
});

test('a crowded sheet gets enough boxes and an empty one has none', () => {
  const crowded = resting([], 7, 20);
  expect(shown(crowded)).toHaveLength(14);
  expect(resting(crowded, 7, 9).length).toBeLessThanOrEqual(5);
  expect(resting([], 0, -1)).toEqual([]);
});

test('the page that is drawn on stays on stage and keeps its box', () => {
  const before = resting([], 0, 2);
  let boxes = before;
  for (let first = 3; first < 20; first += 3) {
    const range = { first, last: first + 2 };
    boxes = keepBoxes(boxes, { range, pages, moving: true, held: 1 });
    expect(boxes.filter(({ index }) => index === 1)).toEqual([
      expect.objectContaining({ slot: slotOf(before, 1), parked: false }),
    ]);
  }
  expect(shown(resting(boxes, 18, 20))).toEqual([18, 19, 20]);
});
