import { expect, test } from 'vitest';
import { boxesFor } from './boxes';

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
    for (const { slot } of boxesFor({ first, last: first + 3 })) slots.add(slot);
  }
  expect(slots.size).toBe(4);
});

test('an empty stage has none, a crowded one has enough', () => {
  expect(boxesFor({ first: 0, last: -1 })).toEqual([]);
  const crowded = boxesFor({ first: 7, last: 20 });
  expect(new Set(crowded.map(({ slot }) => slot)).size).toBe(14);
});
