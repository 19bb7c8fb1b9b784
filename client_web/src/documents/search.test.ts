// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { hitRects } from './hit_rects';
import { DocumentIndex, fold, lower, normalise } from './search';
import type { Word } from './viewport';

/** Words of one line each `perLine` words; every letter is 10 points wide. */
function words(text: string, perLine = 100): Word[] {
  let x = 0;
  return text.split(' ').map((word, index) => {
    const line = Math.floor(index / perLine);
    if (index % perLine === 0) x = 0;
    const x0 = x;
    x += word.length * 10 + 5;
    return {
      x0,
      y0: line * 20,
      x1: x0 + word.length * 10,
      y1: line * 20 + 15,
      text: word,
      block: 0,
      line,
    };
  });
}

function index(...pages: string[]): DocumentIndex {
  const made = new DocumentIndex();
  pages.forEach((page, number) => made.add(number, words(page)));
  return made;
}

describe('folding', () => {
  test('keeps one unit per unit, so that places stay places', () => {
    for (const text of ['Đường tỉnh 390', 'ƯƠNG ỷ Ỷ ế Ệ', 'İstanbul ﬁ ß', '中文 𝒳']) {
      const plain = normalise(text);
      expect(lower(plain)).toHaveLength(plain.length);
      expect(fold(lower(plain))).toHaveLength(plain.length);
    }
  });

  test('takes every Vietnamese mark off, đ included', () => {
    expect(fold(lower(normalise('ĐƯỜNG Nguyễn Ái Quốc ủy uỷ Ẳ ỡ ý')))).toBe(
      'duong nguyen ai quoc uy uy a o y',
    );
  });

  test('makes composed and decomposed text, hard spaces and soft hyphens alike', () => {
    expect(normalise('đường'.normalize('NFD'))).toBe('đường');
    expect(normalise('tỉnh\u00a0ủy')).toBe('tỉnh ủy');
    expect(normalise('kinh\u00adtế')).toBe('kinh-tế');
  });
});

describe('searching', () => {
  const doc = index('Đường tỉnh 390 qua xã', 'các dương vật liệu', 'đường và Duong, DƯƠNG');

  test('bare letters find any marks', () => {
    expect(doc.find('duong').hits.map(({ page, from }) => [page, from])).toEqual([
      [0, 0],
      [1, 1],
      [2, 0],
      [2, 2],
      [2, 3],
    ]);
  });

  test('a letter with marks finds only itself, in any case', () => {
    expect(doc.find('đường').hits.map(({ page }) => page)).toEqual([0, 2]);
    expect(doc.find('ĐƯỜNG').hits).toHaveLength(2);
    // Mixed: đ is meant, the rest may be anything.
    expect(doc.find('đuong').hits.map(({ page }) => page)).toEqual([0, 2]);
  });

  test('exact finds bare letters only where they are bare', () => {
    expect(doc.find('duong', { exact: true }).hits).toMatchObject([{ page: 2, from: 2 }]);
  });

  test('goes over word borders and white space', () => {
    expect(doc.find('  tinh   390 ').hits).toMatchObject([{ page: 0, from: 1, to: 2 }]);
    expect(doc.find('tinh 39').hits).toHaveLength(1);
  });

  test('an empty query and one that is nowhere find nothing', () => {
    expect(doc.find('   ')).toEqual({ hits: [], more: false });
    expect(doc.find('không có')).toEqual({ hits: [], more: false });
  });

  test('stops at its limit and says so', () => {
    const long = index(Array.from({ length: 50 }, () => 'xã').join(' '));
    expect(long.find('xa', { limit: 10 })).toMatchObject({ more: true });
    expect(long.find('xa', { limit: 10 }).hits).toHaveLength(10);
    expect(long.find('xa', { limit: 50 }).more).toBe(false);
  });

  test('pages that come later are found too', () => {
    const growing = new DocumentIndex();
    growing.add(3, words('trang bốn'));
    expect(growing.find('bon').hits).toMatchObject([{ page: 3 }]);
    growing.add(0, words('trang một'));
    expect(growing.size).toBe(2);
    expect(growing.find('trang').hits.map(({ page }) => page)).toEqual([0, 3]);
  });

  test('a hit is told with the words around it', () => {
    const [hit] = doc.find('390').hits;
    expect(hit && doc.around(hit, 2)).toEqual({
      before: 'Đường tỉnh',
      found: '390',
      after: 'qua xã',
    });
  });
});

describe('where a hit lies', () => {
  const text = words('Ủy ban nhân dân tỉnh giao', 3);
  const doc = new DocumentIndex();
  doc.add(0, text);

  test('one box per line', () => {
    const [hit] = doc.find('nhân dân').hits;
    expect(hit && hitRects(text, hit)).toEqual([
      { x0: 60, y0: 0, x1: 100, y1: 15 },
      { x0: 0, y0: 20, x1: 30, y1: 35 },
    ]);
  });

  test('only the letters that were found', () => {
    const [hit] = doc.find('inh gi').hits;
    expect(hit && hitRects(text, hit)).toEqual([{ x0: 45, y0: 20, x1: 100, y1: 35 }]);
  });
});
