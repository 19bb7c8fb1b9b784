// @vitest-environment node
import { expect, test } from 'vitest';
import { boxesFor, keepBoxes, type UsedBox } from './boxes';

const bySlot = (first: number, last: number) =>
  new Map(boxesFor({ first, last }).map(({ slot, index }) => [index, slot]));

test('a page keeps its box while it is on stage, and no two share one', () => {
  for (let first = 0; first < 40; first += 1) {
    const before = bySlot(first, first + 2);
    const after = bySlot(first + 1, first + 3);
    for (const page of [first + 1, first + 2]) expect(after.get(page)).toBe(before.get(page));
    expect(new Set(after.values()).size).toBe(3);
  }
});

test('scrolling through a document uses a handful of boxes', () => {
  const slots = new Set<number>();
  for (let first = 0; first < 300; first += 1) {
    for (const { slot } of boxesFor({ first, last: first + 2 })) slots.add(slot);
  }
  expect(slots.size).toBe(3);
});

test('an empty stage has none, a crowded one has enough', () => {
  expect(boxesFor({ first: 0, last: -1 })).toEqual([]);
  const crowded = boxesFor({ first: 7, last: 20 });
  expect(new Set(crowded.map(({ slot }) => slot)).size).toBe(14);
});

test('while the sheet moves no box is made, dropped or moved among its siblings', () => {
  let boxes: UsedBox[] = keepBoxes([], { first: 0, last: 2 }, false);
  const slots = boxes.map(({ slot }) => slot);
  for (let first = 1; first < 40; first += 1) {
    boxes = keepBoxes(boxes, { first, last: first + 1 }, true);
    expect(boxes.map(({ slot }) => slot)).toEqual(slots);
    expect(boxes.filter(({ parked }) => parked)).toHaveLength(1);
  }
});

test('at rest the boxes stand in reading order', () => {
  const moving = keepBoxes([], { first: 0, last: 3 }, true);
  const rested = keepBoxes(
    keepBoxes(moving, { first: 6, last: 9 }, true),
    { first: 6, last: 9 },
    false,
  );
  expect(rested.map(({ index }) => index)).toEqual([6, 7, 8, 9]);
});

test('boxes of a crowded sheet are not kept when it is no longer crowded', () => {
  const crowded = keepBoxes([], { first: 0, last: 9 }, false);
  expect(keepBoxes(crowded, { first: 0, last: 2 }, false).length).toBeLessThanOrEqual(3);
});
