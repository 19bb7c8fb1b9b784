import { keptInside, moves } from '../edits';
import type { Box } from '../marks/box';
import { boxAround } from '../marks/box';
import { shapeOf } from '../marks/mark-shape';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { REACH_PX, type WorkPlace } from './place';

/** Below this a drag is a tap, CSS px. */
const TAP_PX = 6;

/** Choosing marks by tap or by a frame around them, and moving what is chosen. */
export class SelectWork implements Work {
  private readonly from: PenPoint;
  private to: PenPoint;
  private readonly moving: ReadonlySet<string> | null;
  /** Where those lie that are moved. */
  private readonly boxes: readonly Box[] = [];
  private dragged = false;

  constructor(
    private readonly place: WorkPlace,
    private readonly start: WorkStart,
  ) {
    const { desk, marks, viewport } = place;
    this.from = this.to = start.point;
    const hit = marks.at(this.from.x, this.from.y, REACH_PX[start.device] / viewport.scale);
    if (!hit) {
      this.moving = null;
      return;
    }
    if (!desk.selected().has(hit.id)) {
      desk.select(new Set(start.adding ? [...desk.selected(), hit.id] : [hit.id]));
    }
    this.moving = new Set(
      [...desk.selected()].filter((id) => {
        const mark = marks.marks.get(id);
        return mark !== undefined && desk.mayMove(mark);
      }),
    );
    const moved = [...this.moving].map((id) => marks.marks.get(id)).filter((mark) => mark != null);
    this.boxes = moved.map((mark) => shapeOf(mark).box);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    this.to = points[points.length - 1] ?? this.to;
    const away = Math.hypot(this.to.x - this.from.x, this.to.y - this.from.y);
    this.dragged ||= away * this.place.viewport.scale > TAP_PX;
    if (!this.dragged) return;
    const [dx, dy] = this.shift();
    if (this.moving) this.place.painter.shift(this.moving, dx, dy);
    else this.place.painter.frame(this.frame());
  }

  end(): void {
    const { desk, marks, painter } = this.place;
    painter.frame(null);
    const [dx, dy] = this.shift();
    if (this.moving) {
      painter.shift(this.moving, 0, 0);
      const chosen = [...this.moving].map((id) => marks.marks.get(id)).filter((m) => m != null);
      if (this.dragged && chosen.length > 0) desk.edit(moves(chosen, dx, dy));
      else if (!this.start.adding) this.openNote();
      return;
    }
    if (this.dragged) {
      const mine = marks.inside(this.frame()).filter((mark) => desk.mayErase(mark));
      desk.select(new Set(mine.map((mark) => mark.id)));
    } else if (!this.start.adding) desk.select(new Set());
  }

  cancel(): void {
    this.place.painter.frame(null);
    if (this.moving) this.place.painter.shift(this.moving, 0, 0);
  }

  private openNote(): void {
    const { desk, marks } = this.place;
    const [only, ...others] = desk.selected();
    const mark = only === undefined ? undefined : marks.marks.get(only);
    if (mark?.kind === 'note' && others.length === 0) desk.openMark(mark);
  }

  private shift(): [number, number] {
    const [dx, dy] = [this.to.x - this.from.x, this.to.y - this.from.y];
    return this.moving ? keptInside(this.boxes, this.place.viewport, dx, dy) : [dx, dy];
  }

  private frame(): Box {
    return boxAround(this.from.x, this.from.y, this.to.x, this.to.y);
  }
}
