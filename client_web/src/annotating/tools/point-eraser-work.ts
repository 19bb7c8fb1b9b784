import { MAX_OPS, strokeOf, type Edit, type Mark, type Stroke } from '../core';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { cut, isCuttable, pieceGeometry, pieceInk, wipe } from '../shape-edits';
import type { WorkPlace } from './place';

/** Radius of the eraser on screen, CSS px: a fingertip's half, fine enough between two lines. */
const RADIUS_PX = 9;

interface Cut {
  mark: Mark;
  pieces: readonly Stroke[];
}

/** Wiping parts of strokes away: what is left shows at once and is written when it lifts. */
export class PointEraserWork implements Work {
  private readonly cuts = new Map<string, Cut>();
  private readonly reach: number;
  private last: PenPoint;

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
    const { desk, viewport } = this.place;
    this.putBack();
    const nextId = () => desk.birth(viewport).id;
    let edits: Edit[] = [];
    for (const { mark, pieces } of this.cuts.values()) {
      const more = cut(mark, pieces, nextId);
      // A stroke and its pieces never part: they travel in one batch.
      if (edits.length + more.length > MAX_OPS) {
        desk.edit(edits);
        edits = [];
      }
      edits.push(...more);
    }
    if (edits.length > 0) desk.edit(edits);
  }

  cancel(): void {
    this.putBack();
  }

  private wipeTo({ x, y }: PenPoint): boolean {
    const { marks } = this.place;
    let changed = false;
    for (const mark of marks.along(this.last.x, this.last.y, x, y, this.reach)) {
      if (!isCuttable(mark)) continue;
      const before = this.cuts.get(mark.id)?.pieces ?? [strokeOf(mark)];
      const from: [number, number] = [this.last.x, this.last.y];
      const pieces = wipe(before, mark.geometry.matrix, from, [x, y], this.reach);
      if (pieces === before) continue;
      this.cuts.set(mark.id, { mark, pieces });
      changed = true;
    }
    return changed;
  }

  private show(): void {
    const { painter } = this.place;
    painter.hide(new Set(this.cuts.keys()));
    painter.preview(
      [...this.cuts.values()].flatMap(({ mark, pieces }) =>
        pieces.map((piece, i) => ({
          id: `${mark.id}/${i}`,
          kind: mark.kind,
          style: mark.style,
          geometry: pieceGeometry(piece, mark.geometry.matrix),
          ink: pieceInk(piece),
        })),
      ),
    );
  }

  private putBack(): void {
    this.place.painter.preview([]);
    this.place.painter.hide(new Set());
  }
}
