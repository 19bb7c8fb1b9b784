// @vitest-environment node
import { describe, expect, test } from 'vitest';
import {
  clampZoom,
  currentPage,
  hasRoomBeside,
  layOut,
  pageAt,
  placeAt,
  scrollTo,
  shownPart,
  visibleRange,
  type Flow,
  type Layout,
} from './layout';

const A4 = { width: 595, height: 842 };
const WIDE = { width: 842, height: 595 };
const TABLET = { width: 820, height: 1100 };
const MARGIN = { side: 10, top: 12, bottom: 80, gap: 10 };

function lay(count: number, zoom = 1, flow: Flow = 'scroll', viewport = TABLET): Layout {
  const sizes = Array.from({ length: count }, (_, index) => (index === 2 ? WIDE : A4));
  return layOut({ flow, sizes, viewport, zoom, margin: MARGIN });
}

describe('one column', () => {
  test('every page fills the width and stands below the one before', () => {
    const { boxes, width, height } = lay(4);
    for (const box of boxes) expect(box.x + box.width / 2).toBeCloseTo(width / 2);
    expect(boxes[0]).toMatchObject({ x: 10, y: 12, width: 800 });
    boxes.slice(1).forEach((box, index) => {
      const above = boxes[index];
      expect(box.y).toBeCloseTo((above?.y ?? 0) + (above?.height ?? 0) + MARGIN.gap);
    });
    const last = boxes[3];
    expect(height).toBeCloseTo((last?.y ?? 0) + (last?.height ?? 0) + MARGIN.bottom);
  });

  test('on a wide screen a portrait page keeps a readable width and stands in the middle', () => {
    const { boxes, width } = lay(1, 1, 'scroll', { width: 1920, height: 1000 });
    expect(width).toBe(1920);
    expect(boxes[0]).toMatchObject({ width: 940, x: 490 });
  });

  test('the page bar stands beside the words where the window leaves room', () => {
    expect([1024, 1080, 1180, 1280, 1920].map(hasRoomBeside)).toEqual(Array(5).fill(true));
    expect([744, 768, 820, 834, 880].map(hasRoomBeside)).toEqual(Array(5).fill(false));
  });

  test('zoomed beyond the window the sheet is as wide as its widest page', () => {
    const { boxes, width } = lay(1, 8);
    expect(boxes[0]?.width).toBe(6400);
    expect(width).toBe(6420);
  });
});

describe('page by page', () => {
  test('each page is whole on its own screen', () => {
    const { boxes, starts, width, height } = lay(4, 1, 'pages');
    expect(starts).toEqual([0, 820, 1640, 2460]);
    expect(width).toBe(3280);
    expect(height).toBe(TABLET.height);
    for (const box of boxes) {
      expect(box.width).toBeLessThanOrEqual(800.001);
      expect(box.height).toBeLessThanOrEqual(1100 - 92 + 0.001);
      expect(box.y).toBeGreaterThanOrEqual(12);
    }
  });
});

describe('what is in sight', () => {
  test('pages that touch the window, and their neighbours when asked', () => {
    const layout = lay(60);
    const step = (layout.boxes[11]?.y ?? 0) - (layout.boxes[10]?.y ?? 0);
    const scroll = { left: 0, top: layout.boxes[10]?.y ?? 0 };
    expect(visibleRange(layout, scroll, TABLET)).toEqual({ first: 10, last: 10 });
    expect(visibleRange(layout, scroll, { width: 820, height: step + 20 })).toEqual({
      first: 10,
      last: 11,
    });
    expect(visibleRange(layout, scroll, TABLET, { before: 900, after: 900 })).toEqual({
      first: 9,
      last: 11,
    });
  });

  test('an empty document shows nothing', () => {
    const layout = lay(0);
    expect(visibleRange(layout, { left: 0, top: 0 }, TABLET)).toEqual({ first: 0, last: -1 });
    expect(placeAt(layout, { left: 0, top: 0 }, { x: 1, y: 1 })).toEqual({ page: 0, x: 0, y: 0 });
    expect(scrollTo(layout, { page: 3, x: 0, y: 0 }, { x: 0, y: 0 }, TABLET)).toEqual({
      left: 0,
      top: 0,
    });
  });

  test('pageAt finds by halving what a walk finds', () => {
    const layout = lay(300);
    for (let position = -50; position < layout.height + 50; position += 777) {
      const walked = layout.boxes.findIndex((box) => box.y + box.height > position);
      expect(pageAt(layout, position)).toBe(walked === -1 ? 299 : walked);
    }
  });

  test('the current page changes when the next one takes the upper part of the window', () => {
    const layout = lay(5);
    const second = layout.boxes[1]?.y ?? 0;
    expect(currentPage(layout, { left: 0, top: second - TABLET.height * 0.6 }, TABLET)).toBe(0);
    expect(currentPage(layout, { left: 0, top: second - TABLET.height * 0.2 }, TABLET)).toBe(1);
  });

  test('the part of a box that the window shows', () => {
    const box = { x: 100, y: 200, width: 400, height: 600 };
    expect(shownPart(box, { left: 150, top: 0 }, { width: 200, height: 300 })).toEqual({
      x: 50,
      y: 0,
      width: 200,
      height: 100,
    });
    expect(shownPart(box, { left: 600, top: 0 }, { width: 200, height: 300 })).toBeUndefined();
  });
});

describe('a place on a page', () => {
  test.each([1, 1.7, 4, 8])('stays under the fingers when zoomed to %d', (zoom) => {
    const focus = { x: 300, y: 640 };
    const before = lay(60);
    const place = placeAt(before, { left: 0, top: 23_456 }, focus);
    const after = lay(60, zoom);
    const scroll = scrollTo(after, place, focus, TABLET);
    const found = placeAt(after, scroll, focus);
    expect(found.page).toBe(place.page);
    expect(found.x).toBeCloseTo(place.x, 6);
    expect(found.y).toBeCloseTo(place.y, 6);
  });

  test('survives turning the tablet', () => {
    const place = placeAt(lay(60), { left: 0, top: 30_000 }, { x: 410, y: 24 });
    const turned = { width: 1180, height: 740 };
    const layout = lay(60, 1, 'scroll', turned);
    const scroll = scrollTo(layout, place, { x: 590, y: 24 }, turned);
    expect(placeAt(layout, scroll, { x: 590, y: 24 }).page).toBe(place.page);
    expect(placeAt(layout, scroll, { x: 590, y: 24 }).y).toBeCloseTo(place.y, 6);
  });

  test('never scrolls past the ends of the sheet', () => {
    const layout = lay(2);
    const end = scrollTo(layout, { page: 1, x: 1, y: 1 }, { x: 0, y: 0 }, TABLET);
    expect(end.top).toBeCloseTo(layout.height - TABLET.height);
    expect(end.left).toBe(0);
  });
});

test('zoom stays between fits and the sharpest tiles', () => {
  expect(clampZoom(99, 'scroll')).toBe(8);
  expect(clampZoom(0.01, 'scroll')).toBe(0.5);
  expect(clampZoom(0.7, 'pages')).toBe(1);
});
