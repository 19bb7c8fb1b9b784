/**
 * Page boxes are used again: the box of a page that leaves at one end shows the page that comes in
 * at the other, with its canvas and worker surface. Making and dropping them anew for each page
 * was half of what scrolling cost.
 */
import type { Range } from './layout';

/** Enough for a column at fit width; a sheet zoomed out shows more and gets more boxes. */
const USUAL = 3;

export interface UsedBox {
  slot: number;
  index: number;
  /** Off stage: it waits, empty, where it was, for the next page that comes. */
  parked?: boolean;
}

/** Which box shows which page. A page keeps its box as long as it stays in the range. */
export function boxesFor({ first, last }: Range): UsedBox[] {
  const count = Math.max(0, last - first + 1);
  // Whole steps, so that one page more or less does not shuffle everything.
  const boxes = Math.max(1, Math.ceil(count / USUAL)) * USUAL;
  return Array.from({ length: count }, (_, step) => ({
    slot: (first + step) % boxes,
    index: first + step,
  }));
}

/**
 * The same, with the boxes of before that no page needs just now, in an order that costs nothing:
 * while the sheet moves no box changes its place among its siblings; at rest they stand in reading
 * order, for whoever selects text across pages or has them read out.
 */
export function keepBoxes(before: readonly UsedBox[], range: Range, moving: boolean): UsedBox[] {
  const used = new Map(boxesFor(range).map((box) => [box.slot, box]));
  const parked = before.filter(({ slot }) => slot < USUAL && !used.has(slot));
  for (const { slot, index } of parked) used.set(slot, { slot, index, parked: true });
  if (!moving) return [...used.values()].sort((one, other) => one.index - other.index);
  const known = new Set(before.map(({ slot }) => slot));
  const order = [...before.map(({ slot }) => slot), ...used.keys()].filter(
    (slot, at) => used.has(slot) && (at < before.length || !known.has(slot)),
  );
  return order.map((slot) => used.get(slot) as UsedBox);
}
