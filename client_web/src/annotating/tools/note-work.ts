import { NOTE_SIZE } from '../core';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { REACH_PX, type WorkPlace } from './place';

/** Putting a note where the tap was; on a note that is there already, opening it. */
export class NoteWork implements Work {
  private at: PenPoint;

  constructor(
    private readonly place: WorkPlace,
    private readonly start: WorkStart,
  ) {
    this.at = start.point;
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    this.at = points[points.length - 1] ?? this.at;
  }

  end(): void {
    const { desk, marks, viewport } = this.place;
    const { x, y } = this.at;
    const there = marks.at(x, y, REACH_PX[this.start.device] / viewport.scale);
    if (there?.kind === 'note') return desk.openMark(there);
    // The sign's middle comes under the tap, and all of it onto the page.
    const corner = (value: number, most: number) =>
      Math.min(Math.max(value - NOTE_SIZE / 2, 0), most - NOTE_SIZE);
    desk.openNote(viewport, { x: corner(x, viewport.widthPt), y: corner(y, viewport.heightPt) });
  }

  cancel(): void {
    // nothing was begun
  }
}
