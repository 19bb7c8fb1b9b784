/**
 * A stroke while it is drawn: points of page space, gathered from pointer events.
 * Plain arrays of numbers, never reactive.
 */

export interface PenPoint {
  x: number;
  y: number;
  /** 0…1, or null where the device has none. */
  pressure: number | null;
  /** ms, any origin. */
  at: number;
}

export interface StrokePoints {
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
  readonly pressure: ArrayLike<number> | null;
}

/** A hand does not aim finer than a tenth of a millimetre: closer points only cost space. */
export const MIN_STEP_PT = 0.25;
/** A stroke longer than this goes on as another, so that shaping one stays short. */
export const MAX_STROKE_POINTS = 2000;

export class GrowingStroke implements StrokePoints {
  readonly xs: number[] = [];
  readonly ys: number[] = [];
  readonly times: number[] = [];
  private readonly pressures: number[] = [];
  private readonly startedAt: number;

  constructor(
    first: PenPoint,
    private readonly hasPressure = first.pressure !== null,
  ) {
    this.startedAt = first.at;
    this.push(first);
  }

  get length(): number {
    return this.xs.length;
  }

  get pressure(): readonly number[] | null {
    return this.hasPressure ? this.pressures : null;
  }

  get full(): boolean {
    return this.length >= MAX_STROKE_POINTS;
  }

  /** Adds a point unless it is next to nothing away from the last; says whether it did. */
  add(point: PenPoint): boolean {
    const i = this.length - 1;
    const dx = point.x - (this.xs[i] ?? 0);
    const dy = point.y - (this.ys[i] ?? 0);
    if (dx * dx + dy * dy < MIN_STEP_PT * MIN_STEP_PT) {
      // Pressing harder on the spot makes the dot grow.
      if (this.hasPressure && (point.pressure ?? 0) > (this.pressures[i] ?? 0)) {
        this.pressures[i] = point.pressure ?? 0;
      }
      return false;
    }
    this.push(point);
    return true;
  }

  /**
   * The points `from` … `to` (exclusive), with `predicted` at their end: those are for the eye
   * only and never stored.
   */
  slice(from: number, to: number, predicted: readonly PenPoint[] = []): StrokePoints {
    const last = this.pressures[this.length - 1] ?? 0.5;
    return {
      xs: [...this.xs.slice(from, to), ...predicted.map((p) => p.x)],
      ys: [...this.ys.slice(from, to), ...predicted.map((p) => p.y)],
      pressure: this.pressure && [
        ...this.pressures.slice(from, to),
        ...predicted.map((p) => p.pressure ?? last),
      ],
    };
  }

  private push(point: PenPoint): void {
    this.xs.push(point.x);
    this.ys.push(point.y);
    this.pressures.push(point.pressure ?? this.pressures[this.pressures.length - 1] ?? 0.5);
    this.times.push(Math.max(0, Math.round(point.at - this.startedAt)));
  }
}

/** The box of the points, without pen width: [x0, y0, x1, y1]. */
export function boxOf({ xs, ys }: StrokePoints): [number, number, number, number] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i] as number;
    const y = ys[i] as number;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return [x0, y0, x1, y1];
}
