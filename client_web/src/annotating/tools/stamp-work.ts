import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { stampPut } from '../shape-edits';
import type { WorkPlace } from './place';

/** Putting a stamp where the pen lifts; it shows from the contact on, to be placed with care. */
export class StampWork implements Work {
  private at: PenPoint;

  constructor(
    private readonly place: WorkPlace,
    { point }: WorkStart,
  ) {
    this.at = point;
    this.move([point], []);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    this.at = points[points.length - 1] ?? this.at;
    this.place.painter.preview([this.put()]);
  }

  end(): void {
    this.place.painter.preview([]);
    this.place.desk.put(this.put());
  }

  cancel(): void {
    this.place.painter.preview([]);
  }

  private put() {
    const { desk, viewport } = this.place;
    return stampPut(desk.birth(viewport), desk.stamp(), this.at, viewport);
  }
}
