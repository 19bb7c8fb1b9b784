/** The marks of one page in the order they are painted, and where they lie. */
import type { Mark } from '../core';
import { boxAround, contains, grow, type Box } from './box';
import { liesUnder } from './mark-element';
import { shapeOf, touches } from './mark-shape';
import { SpatialIndex } from './spatial-index';

export class PageMarks {
  readonly marks = new Map<string, Mark>();
  private readonly index = new SpatialIndex();

  /** Takes the whole page as it is now. */
  take(now: Iterable<Mark>): void {
    const left = new Set(this.marks.keys());
    for (const mark of now) {
      left.delete(mark.id);
      this.set(mark.id, mark);
    }
    for (const id of left) this.set(id, undefined);
  }

  /** One mark as it is now on this page; undefined when it is not there (any more). */
  set(id: string, mark: Mark | undefined): void {
    if (this.marks.get(id) === mark) return;
    if (mark) {
      this.marks.set(id, mark);
      this.index.set(id, shapeOf(mark).box);
    } else {
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
