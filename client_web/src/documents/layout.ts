/**
 * Where each page stands in the scrolled sheet, in CSS px, and which of them are in sight.
 * Two flows share everything: `scroll` (one column, endless) and `pages` (one page per screen,
 * turned by a swipe). Zoom 1 is "fits": the width of the column, or the whole page.
 */
import { nth } from './list';
import type { Size } from './space';

export type Flow = 'scroll' | 'pages';

export const MIN_ZOOM = 0.5;
/** Beyond 8× the sharpest tiles the server makes (8 × 1240 px) would be soft. */
export const MAX_ZOOM = 8;
/** A portrait page wider than this makes lines too long to read on a desk. */
export const COLUMN_MAX = 940;
/** A landscape page may take more, or its text gets smaller than its neighbours'. */
export const COLUMN_MAX_LANDSCAPE = 1240;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  flow: Flow;
  boxes: Box[];
  /** Start of each page's cell along the flow: where a swipe comes to rest. */
  starts: number[];
  width: number;
  height: number;
}

export interface LayoutInput {
  flow: Flow;
  /** Displayed (rotated) sizes of the pages; only their proportions matter. */
  sizes: Size[];
  viewport: Size;
  zoom: number;
  /** Free space around a page; `top` and `bottom` also keep the bars clear of the text. */
  margin: { side: number; top: number; bottom: number; gap: number };
}

export interface Scroll {
  left: number;
  top: number;
}

export function clampZoom(zoom: number, flow: Flow): number {
  return Math.min(MAX_ZOOM, Math.max(flow === 'pages' ? 1 : MIN_ZOOM, zoom));
}

/** How wide an upright page is shown in a window of this width, CSS px. */
export function columnWidth(window: number, side = 12): number {
  return Math.max(1, Math.min(window - 2 * side, COLUMN_MAX));
}

/** A column this far from the window's edge leaves room for the page bar beside its words, CSS px: the
 * bar takes 84, and a page's own margin is at least 15 mm (NĐ 30/2020, Phụ lục I), 67 px of a column. */
const ROOM_BESIDE = 36;

/** Whether the page bar can stand beside the words in a window of this width. */
export function hasRoomBeside(window: number): boolean {
  return (window - columnWidth(window)) / 2 >= ROOM_BESIDE;
}

function fitScroll(size: Size, viewport: Size, side: number): number {
  const cap = size.width > size.height ? COLUMN_MAX_LANDSCAPE : COLUMN_MAX;
  return Math.max(1, Math.min(viewport.width - 2 * side, cap));
}

function layScroll({ sizes, viewport, zoom, margin }: LayoutInput): Layout {
  const widths = sizes.map((size) => fitScroll(size, viewport, margin.side) * zoom);
  const sheet = Math.max(viewport.width, ...widths.map((width) => width + 2 * margin.side));
  const boxes: Box[] = [];
  const starts: number[] = [];
  let y = margin.top;
  sizes.forEach((size, index) => {
    const width = nth(widths, index);
    const height = (width * size.height) / size.width;
    boxes.push({ x: (sheet - width) / 2, y, width, height });
    starts.push(y);
    y += height + margin.gap;
  });
  const height = sizes.length === 0 ? 0 : y - margin.gap + margin.bottom;
  return { flow: 'scroll', boxes, starts, width: sheet, height };
}

function layPages({ sizes, viewport, zoom, margin }: LayoutInput): Layout {
  const room = {
    width: Math.max(1, viewport.width - 2 * margin.side),
    height: Math.max(1, viewport.height - margin.top - margin.bottom),
  };
  const boxes: Box[] = [];
  const starts: number[] = [];
  let x = 0;
  let tallest = viewport.height;
  for (const size of sizes) {
    const scale = Math.min(room.width / size.width, room.height / size.height) * zoom;
    const width = size.width * scale;
    const height = size.height * scale;
    const cell = Math.max(viewport.width, width + 2 * margin.side);
    const free = Math.max(0, room.height - height);
    boxes.push({ x: x + (cell - width) / 2, y: margin.top + free / 2, width, height });
    starts.push(x);
    x += cell;
    tallest = Math.max(tallest, height + margin.top + margin.bottom);
  }
  return { flow: 'pages', boxes, starts, width: x, height: tallest };
}

export function layOut(input: LayoutInput): Layout {
  return input.flow === 'scroll' ? layScroll(input) : layPages(input);
}

function along(layout: Layout, box: Box): { from: number; to: number } {
  return layout.flow === 'scroll'
    ? { from: box.y, to: box.y + box.height }
    : { from: box.x, to: box.x + box.width };
}

/** Index of the first page that ends after `position` along the flow (the last page at most). */
export function pageAt(layout: Layout, position: number): number {
  let low = 0;
  let high = Math.max(0, layout.boxes.length - 1);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (along(layout, nth(layout.boxes, middle)).to > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface Range {
  first: number;
  last: number;
}

/** How far before and behind the window pages are kept ready, px along the flow. */
export interface Margin {
  before: number;
  after: number;
}

/** Pages that touch the window widened by `ahead`; empty: last < first. */
export function visibleRange(
  layout: Layout,
  scroll: Scroll,
  viewport: Size,
  ahead: Margin = { before: 0, after: 0 },
): Range {
  if (layout.boxes.length === 0) return { first: 0, last: -1 };
  const vertical = layout.flow === 'scroll';
  const start = (vertical ? scroll.top : scroll.left) - ahead.before;
  const end = start + (vertical ? viewport.height : viewport.width) + ahead.before + ahead.after;
  const first = pageAt(layout, start);
  let last = first;
  while (last + 1 < layout.boxes.length && along(layout, nth(layout.boxes, last + 1)).from < end) {
    last += 1;
  }
  return { first, last };
}

/** The page a reader would say they are on: the one at the upper third of the window. */
export function currentPage(layout: Layout, scroll: Scroll, viewport: Size): number {
  const vertical = layout.flow === 'scroll';
  const at = vertical ? scroll.top + viewport.height * 0.38 : scroll.left + viewport.width / 2;
  return pageAt(layout, at);
}

/** A place that survives zooming, turning the tablet and reopening: page and point on it. */
export interface Place {
  page: number;
  /** Fractions of the displayed page box; outside 0…1 in the gaps between pages. */
  x: number;
  y: number;
}

/** What lies under `focus` (CSS px from the window's top left corner). */
export function placeAt(layout: Layout, scroll: Scroll, focus: { x: number; y: number }): Place {
  const x = scroll.left + focus.x;
  const y = scroll.top + focus.y;
  const page = pageAt(layout, layout.flow === 'scroll' ? y : x);
  const box = layout.boxes[page];
  if (!box) return { page: 0, x: 0, y: 0 };
  return { page, x: (x - box.x) / box.width, y: (y - box.y) / box.height };
}

/** The scroll that brings `place` under `focus`, within the sheet. */
export function scrollTo(
  layout: Layout,
  place: Place,
  focus: { x: number; y: number },
  viewport: Size,
): Scroll {
  const box = layout.boxes[Math.min(place.page, layout.boxes.length - 1)];
  if (!box) return { left: 0, top: 0 };
  const left = box.x + place.x * box.width - focus.x;
  const top = box.y + place.y * box.height - focus.y;
  return {
    left: Math.min(Math.max(0, left), Math.max(0, layout.width - viewport.width)),
    top: Math.min(Math.max(0, top), Math.max(0, layout.height - viewport.height)),
  };
}

/** The part of a page box that the window shows, in px of the box; undefined when none is. */
export function shownPart(box: Box, scroll: Scroll, viewport: Size): Box | undefined {
  const x0 = Math.max(0, scroll.left - box.x);
  const y0 = Math.max(0, scroll.top - box.y);
  const x1 = Math.min(box.width, scroll.left + viewport.width - box.x);
  const y1 = Math.min(box.height, scroll.top + viewport.height - box.y);
  if (x1 <= x0 || y1 <= y0) return undefined;
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}
