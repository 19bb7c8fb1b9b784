import { overlap, type Box } from './box';

/** Two centimetres: a page of A4 has about 15 × 10 cells, a word or a stroke lies in one to four. */
const CELL_PT = 56;
/** A mark over more cells than this is looked at always instead of being entered everywhere. */
const MANY_CELLS = 400;

/** Where the marks of one page lie, so that a pen over 2,000 of them asks only a few. */
export class SpatialIndex {
  private readonly boxes = new Map<string, Box>();
  private readonly cells = new Map<string, Set<string>>();
  private readonly wide = new Set<string>();

  get size(): number {
    return this.boxes.size;
  }

  set(id: string, box: Box): void {
    this.delete(id);
    this.boxes.set(id, box);
    const cells = cellsOf(box);
    if (!cells) {
      this.wide.add(id);
      return;
    }
    for (const cell of cells) {
      const inside = this.cells.get(cell);
      if (inside) inside.add(id);
      else this.cells.set(cell, new Set([id]));
    }
  }

  delete(id: string): void {
    const box = this.boxes.get(id);
    if (!box) return;
    this.boxes.delete(id);
    this.wide.delete(id);
    for (const cell of cellsOf(box) ?? []) this.cells.get(cell)?.delete(id);
  }

  clear(): void {
    this.boxes.clear();
    this.cells.clear();
    this.wide.clear();
  }

  /** Ids of the marks whose boxes overlap `box`, in no order. */
  query(box: Box): string[] {
    const near = new Set(this.wide);
    const cells = cellsOf(box);
    if (!cells) for (const id of this.boxes.keys()) near.add(id);
    for (const cell of cells ?? []) for (const id of this.cells.get(cell) ?? []) near.add(id);
    return [...near].filter((id) => overlap(this.boxes.get(id) as Box, box));
  }
}

function cellsOf([x0, y0, x1, y1]: Box): string[] | null {
  const [left, right] = [Math.floor(x0 / CELL_PT), Math.floor(x1 / CELL_PT)];
  const [top, bottom] = [Math.floor(y0 / CELL_PT), Math.floor(y1 / CELL_PT)];
  if ((right - left + 1) * (bottom - top + 1) > MANY_CELLS) return null;
  const cells: string[] = [];
  for (let column = left; column <= right; column++) {
    for (let row = top; row <= bottom; row++) cells.push(`${column},${row}`);
  }
  return cells;
}
