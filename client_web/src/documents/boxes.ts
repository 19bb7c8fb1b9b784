/**
 * Page boxes are used again: the box of a page that leaves at one end shows the page that comes in
 * at the other, with its canvas and worker surface. Making and dropping them anew for each page
 * was half of what scrolling cost.
 */
import type { Range } from './layout';

/** Boxes that wait for pages to come: a column at fit width shows two or three at a time. */
const SPARE = 2;
/** Beyond what is shown no more than these are kept: each may hold the pixels of a page. */
const MOST_PARKED = 4;

export interface UsedBox {
  readonly slot: number;
  readonly index: number;
  /** Off stage: it waits where it was, or where a page will come, for its turn. */
  readonly parked: boolean;
  /** It has stood at rest with this page: text and marks hang on it, which are costly to drop. */
  readonly rested: boolean;
}

interface Now {
  /** Pages in sight and their neighbours. */
  range: Range;
  /** How many pages the document has. */
  pages: number;
  moving: boolean;
  /** The page that is drawn on: it stays on stage, wherever the sheet goes. */
  held?: number | undefined;
}

const inside = ({ first, last }: Range, index: number) => index >= first && index <= last;

/**
 * Which box shows which page. A page keeps its box, and an unchanged box is the same object, so
 * that nothing that depends on it runs again. While the sheet moves boxes are only added at the
 * end, none changes its place among its siblings, and one that has rested is not used for another
 * page as long as another is free. At rest they stand in reading order, for whoever selects text
 * across pages or has them read out, and spare ones are laid where the next pages will be.
 */
export function keepBoxes(before: readonly UsedBox[], now: Now): UsedBox[] {
  const { range, moving, held } = now;
  const boxes = new Map(before.map((box) => [box.slot, box]));
  const shown = new Set(before.filter((box) => inside(range, box.index)).map((box) => box.index));
  for (const box of before) {
    put(boxes, { ...box, parked: !inside(range, box.index) && box.index !== held });
  }
  for (let index = range.first; index <= range.last; index += 1) {
    if (!shown.has(index)) put(boxes, { slot: slotFor(boxes, index), index, ...FRESH });
  }
  if (!moving) settle(boxes, now);
  const all = [...boxes.values()];
  return moving ? all : all.sort((one, other) => one.index - other.index);
}

const FRESH = { parked: false, rested: false };

function put(boxes: Map<number, UsedBox>, box: UsedBox): void {
  const known = boxes.get(box.slot);
  const same =
    known?.index === box.index && known.parked === box.parked && known.rested === box.rested;
  if (!same) boxes.set(box.slot, box);
}

/** A free box, the one that was left last, so that few hold pixels; or a new one. */
function slotFor(boxes: Map<number, UsedBox>, index: number): number {
  const parked = [...boxes.values()].filter((box) => box.parked);
  const away = (box: UsedBox) => Math.abs(box.index - index) + (box.rested ? 1e6 : 0);
  const free = parked.sort((one, other) => away(one) - away(other))[0];
  if (free && (!free.rested || parked.length >= MOST_PARKED)) return free.slot;
  return unused(boxes);
}

function unused(boxes: Map<number, UsedBox>): number {
  let slot = 0;
  while (boxes.has(slot)) slot += 1;
  return slot;
}

function settle(boxes: Map<number, UsedBox>, { range, pages }: Now): void {
  const parked = [...boxes.values()].filter((box) => box.parked);
  for (const box of boxes.values()) if (!box.parked) put(boxes, { ...box, rested: true });
  const wanted: number[] = [];
  for (let step = 1; wanted.length < SPARE && step <= SPARE; step += 1) {
    if (range.last >= 0 && range.last + step < pages) wanted.push(range.last + step);
  }
  const idle = parked.filter(({ index }) => !wanted.includes(index));
  for (const index of wanted) {
    const there = parked.find((box) => box.index === index);
    const slot = there?.slot ?? idle.pop()?.slot ?? unused(boxes);
    put(boxes, { slot, index, parked: true, rested: false });
  }
  for (const { slot } of idle) boxes.delete(slot);
}
