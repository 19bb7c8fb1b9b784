// @vitest-environment node
import { describe, expect, test } from 'vitest';
import type { PageEntry, VersionView } from '../wire';
import { hasOwnLabels, labelOf, outlineAt, pageByLabel, pagesOf, sizesOf } from './manifest';

function entry(index: number, label: string, more: Partial<PageEntry> = {}): PageEntry {
  return {
    index,
    label,
    width: 595,
    height: 842,
    rotation: 0,
    image_w: 1240,
    image_h: 1754,
    image_sha: 'a',
    words_sha: 'b',
    ...more,
  };
}

const labelled = ['i', 'ii', '1', '2', '3'].map((label, index) => entry(index, label));

describe('the printed label of a page', () => {
  test('comes before its number', () => {
    expect(pageByLabel(labelled, '1')).toBe(2);
    expect(pageByLabel(labelled, ' II ')).toBe(1);
  });

  test('where no label is like that, the number counts', () => {
    expect(pageByLabel(labelled, '5')).toBe(4);
    expect(pageByLabel(labelled, '6')).toBeUndefined();
    expect(pageByLabel(labelled, '0')).toBeUndefined();
    expect(pageByLabel(labelled, 'phụ lục')).toBeUndefined();
    expect(pageByLabel(labelled, '')).toBeUndefined();
  });

  test('a page without a label has its number', () => {
    expect(labelOf(entry(4, ''))).toBe('5');
    expect(hasOwnLabels([entry(0, ''), entry(1, '2')])).toBe(false);
    expect(hasOwnLabels(labelled)).toBe(true);
  });
});

test('pages that are not made yet already have their place', () => {
  const version = {
    page_count: 4,
    pages: [entry(1, '2', { rotation: 90 }), entry(0, '1')],
  } as VersionView;
  const pages = pagesOf(version);
  expect(pages.map(({ index, image_sha }) => [index, image_sha])).toEqual([
    [0, 'a'],
    [1, 'a'],
    [2, null],
    [3, null],
  ]);
  expect(sizesOf(pages)[3]).toEqual({ width: 842, height: 595 });
  expect(version.pages).toHaveLength(2);
});

test('the outline shows where the reader is', () => {
  const view = {
    version: { outline: [{ page: 0 }, { page: 4 }, { page: 4 }, { page: 9 }] },
  } as Parameters<typeof outlineAt>[0];
  expect([0, 3, 4, 8, 20].map((page) => outlineAt(view, page))).toEqual([0, 0, 2, 2, 3]);
  expect(outlineAt({ version: null } as Parameters<typeof outlineAt>[0], 3)).toBe(-1);
});
