import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import type { WorkPlace } from './place';

/** Pointing at the page for the room: nothing is drawn, nothing is kept. */
export class PointerWork implements Work {
  constructor(
    private readonly place: WorkPlace,
    { point }: WorkStart,
  ) {
    this.move([point], []);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    const { desk, viewport } = this.place;
    const last = points[points.length - 1];
    if (!last) return;
    const { pageIndex: page, versionId: version } = viewport;
    desk.point({ page, version, x: last.x, y: last.y });
  }

  end(): void {
    // the dot fades by itself, everywhere
  }

  cancel(): void {
    // as end
  }
}
