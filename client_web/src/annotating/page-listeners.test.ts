// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import type { Mark } from './core';
import { PageListeners } from './page-listeners';

const on = (page: number) => ({ page }) as Mark;

let listeners: PageListeners;
/** What each page was told: the ids, or that everything may look different. */
let told: Array<[number, readonly string[] | 'all']>;
let marks: Map<string, Mark>;

const look = (id: string) => marks.get(id);
const heard = () => told.splice(0).sort(([a], [b]) => a - b);

beforeEach(() => {
  listeners = new PageListeners();
  told = [];
  marks = new Map();
  for (const page of [0, 1]) listeners.watch(page, (ids) => told.push([page, ids ?? 'all']));
});

test('a mark that is known tells its page alone, and when it moves both pages', () => {
  marks.set('a', on(0));
  listeners.changed(['a'], look);
  heard();
  listeners.changed(['a'], look);
  expect(heard()).toEqual([[0, ['a']]]);
  marks.set('a', on(1));
  listeners.changed(['a'], look);
  expect(heard().map(([page]) => page)).toEqual([0, 1]);
  marks.delete('a');
  listeners.changed(['a'], look);
  expect(heard()).toEqual([[1, ['a']]]);
});

test('a mark deleted after the layers were told anew still leaves its page', () => {
  marks.set('a', on(1));
  listeners.changed(['a'], look);
  listeners.reset();
  expect(heard().slice(-2)).toEqual([
    [1, ['a']],
    [1, 'all'],
  ]);
  marks.delete('a');
  listeners.changed(['a'], look);
  expect(heard()).toContainEqual([1, ['a']]);
});

test('a mark moved to another page after a reset leaves the page where it was', () => {
  marks.set('a', on(0));
  listeners.reset();
  heard();
  marks.set('a', on(1));
  listeners.changed(['a'], look);
  expect(heard().map(([page]) => page)).toEqual([0, 1]);
});
