/**
 * Page boxes are used again: the box of a page that leaves at one end shows the page that comes in
 * at the other, with its canvas and worker surface. Making and dropping them anew for each page
 * was half of what scrolling cost.
 */
import type { Range } from './layout';

/** Enough for a column at fit width; a sheet zoomed out shows more and gets more boxes. */
const USUAL = 4;

export interface UsedBox {
  slot: number;
  index: number;
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
