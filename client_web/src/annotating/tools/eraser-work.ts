import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { REACH_PX, type WorkPlace } from './place';

/** Wiping over marks: those met fade at once and go together when the eraser lifts. */
export class EraserWork implements Work {
  private readonly met = new Set<string>();
  private readonly reach: number;
  /** It passed over what lies on another layer, or is somebody else's. */
  private elsewhere = false;
  private last: PenPoint;

  constructor(
    private readonly place: WorkPlace,
    { point, device }: WorkStart,
  ) {
    this.reach = REACH_PX[device] / place.viewport.scale;
    this.last = point;
    this.move([point], []);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    const before = this.met.size;
    for (const point of points) {
      const { x, y } = this.last;
      const met = this.place.marks.along(x, y, point.x, point.y, this.reach);
      for (const mark of met) {
        if (this.place.desk.mayErase(mark)) this.met.add(mark.id);
        else this.elsewhere = true;
      }
      this.last = point;
    }
    if (this.met.size > before) this.place.painter.dim(this.met);
  }

  end(): void {
    this.place.painter.dim(new Set());
    const { desk } = this.place;
    if (this.met.size > 0) desk.takeAway([...this.met]);
    else if (this.elsewhere) desk.say('marks.otherLayer');
  }

  cancel(): void {
    this.place.painter.dim(new Set());
  }
}
