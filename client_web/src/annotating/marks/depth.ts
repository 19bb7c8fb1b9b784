/** In which order marks lie over each other: the same on every device, live and opened anew. */
import type { Mark } from '../core';

/** How deep a mark lies by its layer: the smallest number is at the bottom. */
export type DepthOf = (mark: Mark) => number;

export interface Lying {
  readonly mark: Mark;
  readonly depth: number;
}

/** By layer, then as they were made; a piece of a cut stroke keeps the place of the whole. */
export function inOrder(a: Lying, b: Lying): number {
  if (a.depth !== b.depth) return a.depth - b.depth;
  if (a.mark.created !== b.mark.created) return a.mark.created - b.mark.created;
  return a.mark.id < b.mark.id ? -1 : a.mark.id > b.mark.id ? 1 : 0;
}

/** Where something belongs in a list that is in order: mostly at its end. */
export function placeIn(list: readonly Lying[], one: Lying): number {
  const last = list[list.length - 1];
  if (last === undefined || inOrder(last, one) < 0) return list.length;
  let [low, high] = [0, list.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inOrder(list[middle] as Lying, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
