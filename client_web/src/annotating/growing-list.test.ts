// @vitest-environment node
import { expect, test } from 'vitest';
import type { Mark } from './core';
import { GrowingList } from './growing-list';
import { listOf } from './list';

const made = new Map<string, Mark>();
function note(id: string, page: number, y: number, more: Partial<Mark> = {}): Mark {
  const mark: Mark = {
    id,
    version: 'v',
    page,
    kind: 'note',
    rev: 1,
    seq: 1,
    author: 'lan',
    created: made.size,
    modified: 0,
    geometry: { point: [10, y] },
    style: {},
    ...more,
  };
  made.set(id, mark);
  return mark;
}

let wanted: (mark: Mark) => boolean;
function list(): GrowingList {
  wanted = () => true;
  return new GrowingList({
    all: () => made.values(),
    get: (id) => made.get(id),
    layerOf: () => 'l',
    wanted: (mark) => wanted(mark),
  });
}

test('a change makes one page anew, and of it what has changed', () => {
  made.clear();
  for (let i = 0; i < 2_000; i++) note(`m${i}`, i % 4, i);
  const kept = list();
  const before = kept.pages;
  note('new', 1, 9_000);
  kept.change(['new']);
  expect(kept.pages.map(({ page }) => page)).toEqual([0, 1, 2, 3]);
  expect(kept.pages.map((page, at) => page === before[at])).toEqual([true, false, true, true]);
  expect(kept.pages[1]?.entries.slice(0, -1)).toEqual(before[1]?.entries);
  expect(
    kept.pages[1]?.entries.every((entry, at) => at === 500 || entry === before[1]?.entries[at]),
  ).toBe(true);
  // What looks the same is the same, to the list of all.
  const whole = kept.pages;
  kept.change(['new', 'unheard of']);
  expect(kept.pages).toBe(whole);
});

test('it says at any time what a list made anew says', () => {
  made.clear();
  const kept = list();
  const like = () => expect(kept.pages).toEqual(listOf([...made.values()], () => 'l'));
  const change = (...ids: string[]) => (kept.change(ids), like());
  note('a', 2, 50);
  note('b', 0, 10);
  change('a', 'b');
  note('r', 2, 50, { reply_to: 'a' });
  change('r');
  expect(kept.pages[1]?.entries[0]?.answers).toBe(1);
  note('a', 0, 5); // moved to another page, with its answer
  change('a');
  made.delete('r');
  change('r');
  expect(kept.pages[0]?.entries[0]?.answers).toBe(0);
  const stroke = (id: string, x: number) =>
    note(id, 3, 0, { kind: 'ink', geometry: { rect: [x, 0, x + 5, 5] }, created: 100 });
  stroke('s', 10);
  stroke('t', 20);
  change('s', 't');
  expect(kept.pages[1]?.entries[0]?.ids).toEqual(['s', 't']);
  made.delete('s');
  change('s');
  made.clear();
  change('a', 'b', 't');
  expect(kept.pages).toEqual([]);
});

test('others are left out where they are not wanted, and it is known that they are there', () => {
  made.clear();
  note('a', 0, 1);
  note('b', 1, 1, { author: 'minh' });
  const kept = list();
  const others = (mark: Mark) => mark.author !== 'lan';
  wanted = (mark) => !others(mark);
  kept.begin();
  expect(kept.pages.map(({ page }) => page)).toEqual([0]);
  expect(kept.some(others)).toBe(true);
  made.delete('b');
  kept.change(['b']);
  expect(kept.some(others)).toBe(false);
});
