/** The marks of one page, where they lie, and which lies on top. */
import type { Mark } from '../core';
import { boxAround, contains, grow, type Box } from './box';
import { inOrder, type DepthOf } from './depth';
import { liesUnder } from './mark-element';
import { shapeOf, touches } from './mark-shape';
import { SpatialIndex } from './spatial-index';

export class PageMarks {
  readonly marks = new Map<string, Mark>();
  private readonly index = new SpatialIndex();

  constructor(private readonly depthOf: DepthOf = () => 0) {}

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
    const lying = met.map((mark) => ({ mark, depth: this.depthOf(mark), under: liesUnder(mark) }));
    lying.sort((a, b) => Number(a.under) - Number(b.under) || inOrder(b, a));
    return lying[0]?.mark ?? null;
  }

  /** Marks that lie wholly inside the box. */
  inside(box: Box): Mark[] {
    return this.index
      .query(box)
      .map((id) => this.marks.get(id) as Mark)
      .filter((mark) => contains(box, shapeOf(mark).box));
  }
}
