import { MAX_OPS, type Edit } from '../core';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { cutOf, liesAs, type Cut } from './cuts';
import type { WorkPlace } from './place';

/** Radius of the eraser on screen, CSS px: a fingertip's half, fine enough between two lines. */
const RADIUS_PX = 9;

/** Wiping parts of drawings away: what is left shows at once and is written when it lifts. */
export class PointEraserWork implements Work {
  private readonly cuts = new Map<string, Cut>();
  private readonly reach: number;
  private last: PenPoint;
  private passedOver = false;
  private answered = false;

  constructor(
    private readonly place: WorkPlace,
    { point }: WorkStart,
  ) {
    this.reach = RADIUS_PX / place.viewport.scale;
    this.last = point;
    this.move([point], []);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    let changed = false;
    for (const point of points) {
      changed = this.wipeTo(point) || changed;
      this.last = point;
    }
    if (changed) this.show();
  }

  end(): void {
    const { desk, marks, viewport } = this.place;
    this.putBack();
    const nextId = () => desk.birth(viewport).id;
    const parts: Edit[][] = [];
    let edits: Edit[] = [];
    for (const [id, cut] of this.cuts) {
      const now = marks.marks.get(id);
      if (!liesAs(cut.mark, now)) continue;
      if (desk.isAnswered(now)) {
        this.answered = true;
        continue;
      }
      const more = cut.edits(now, nextId);
      // A stroke and its pieces never part: they travel in one batch.
      if (parts.length === 0 || edits.length + more.length > MAX_OPS) parts.push((edits = []));
      edits.push(...more);
    }
    desk.edit(...parts);
    if (this.answered) desk.say('marks.answered.cut');
    else if (this.cuts.size === 0 && this.passedOver) desk.say('marks.eraser.words');
  }

  cancel(): void {
    this.putBack();
  }

  private wipeTo({ x, y }: PenPoint): boolean {
    const { marks, desk } = this.place;
    let changed = false;
    for (const mark of marks.along(this.last.x, this.last.y, x, y, this.reach)) {
      if (!desk.mayErase(mark)) continue;
      // Its pieces would be other marks: nobody would find the answers any more.
      if (desk.isAnswered(mark)) {
        this.answered = true;
        continue;
      }
      const cut = this.cuts.get(mark.id) ?? cutOf(mark);
      if (cut === undefined) {
        this.passedOver = true;
        continue;
      }
      if (!cut.wipe([this.last.x, this.last.y], [x, y], this.reach)) continue;
      this.cuts.set(mark.id, cut);
      changed = true;
    }
    return changed;
  }

  private show(): void {
    const { painter } = this.place;
    painter.hide(new Set(this.cuts.keys()));
    painter.preview([...this.cuts.values()].flatMap((cut) => cut.left()));
  }

  private putBack(): void {
    this.place.painter.preview([]);
    this.place.painter.hide(new Set());
  }
}
