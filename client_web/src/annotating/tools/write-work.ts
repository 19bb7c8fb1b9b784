import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { REACH_PX, type WorkPlace } from './place';

/** Writing on the page where the tap was; on text that is there already, going on with it. */
export class WriteWork implements Work {
  private at: PenPoint;
  private readonly wasWriting: boolean;

  constructor(
    private readonly place: WorkPlace,
    private readonly start: WorkStart,
  ) {
    this.at = start.point;
    this.wasWriting = place.desk.writing();
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    this.at = points[points.length - 1] ?? this.at;
  }

  end(): void {
    const { desk, marks, viewport } = this.place;
    const there = marks.at(this.at.x, this.at.y, REACH_PX[this.start.device] / viewport.scale);
    if (there?.kind === 'free_text') return desk.openMark(there);
    // A tap beside what is being written only ends it.
    if (this.wasWriting) return desk.closeText();
    desk.openText(viewport, this.at);
  }

  cancel(): void {
    // nothing was begun
  }
}
