/** The marks of one page in the order they are painted, and where they lie. */
import type { Mark } from '../core';
import { boxAround, contains, grow, type Box } from './box';
import { liesUnder } from './mark-element';
import { shapeOf, touches } from './mark-shape';
import { SpatialIndex } from './spatial-index';

export class PageMarks {
  readonly marks = new Map<string, Mark>();
  private readonly index = new SpatialIndex();

  /** Takes the page as it is now; only what changed costs something. */
  take(now: Iterable<Mark>): void {
    const left = new Set(this.marks.keys());
    for (const mark of now) {
      left.delete(mark.id);
      if (this.marks.get(mark.id) === mark) continue;
      this.marks.set(mark.id, mark);
      this.index.set(mark.id, shapeOf(mark).box);
    }
    for (const id of left) {
      this.marks.delete(id);
      this.index.delete(id);
    }
  }

  /** Marks that come within `reach` points of the segment a–b. */
  along(ax: number, ay: number, bx: number, by: number, reach: number): Mark[] {
    const near = this.index.query(grow(boxAround(ax, ay, bx, by), reach));
    return near
      .map((id) => this.marks.get(id) as Mark)
      .filter((mark) => touches(shapeOf(mark), ax, ay, bx, by, reach));
  }

  /** The mark that a tap means: what lies on top first, and the one drawn last. */
  at(x: number, y: number, reach: number): Mark | null {
    const met = this.along(x, y, x, y, reach);
    const order = [...this.marks.keys()];
    const rank = (mark: Mark) => (liesUnder(mark) ? 0 : 1e9) + order.indexOf(mark.id);
    return met.sort((a, b) => rank(b) - rank(a))[0] ?? null;
  }

  /** Marks that lie wholly inside the box. */
  inside(box: Box): Mark[] {
    return this.index
      .query(box)
      .map((id) => this.marks.get(id) as Mark)
      .filter((mark) => contains(box, shapeOf(mark).box));
  }
}
