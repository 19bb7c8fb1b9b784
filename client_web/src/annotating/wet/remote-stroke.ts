/**
 * A stroke that somebody draws now, as it comes in. Pieces arrive in lumps, thirty a second at
 * best; its points are shown one after the other, so that the line grows as it was drawn.
 */
import type { StrokePoints } from '../pen/stroke';
import type { WetPiece, WetPoint } from './pieces';

/** How long the points of one piece take to appear, ms: the time they took to be drawn. */
export const SPREAD_MS = 40;
/** A stroke that nothing is heard of is given up: its pen was carried away, or the line cut. */
export const GIVEN_UP_MS = 4_000;
/** A stroke is cut into marks at fewer points (pen/stroke.ts). */
const MOST_POINTS = 4_000;

export class RemoteStroke implements StrokePoints {
  readonly xs: number[] = [];
  readonly ys: number[] = [];
  readonly pressures: number[] = [];
  hasPressure = false;
  /** Grows when the points before are no longer its points. */
  life = 0;
  private readonly due: number[] = [];
  private heardAt: number;
  /** A piece before those here was missed. */
  private torn = false;

  constructor(
    readonly first: WetPiece,
    readonly layer: string,
    now: number,
  ) {
    this.heardAt = now;
    this.take(first, now);
  }

  get pressure(): readonly number[] | null {
    return this.hasPressure ? this.pressures : null;
  }

  take({ at, points, again }: WetPiece, now: number): void {
    this.heardAt = now;
    if (again && this.torn && at > 0) return;
    if (at === 0 && points.length > 0 && (!again || this.torn)) this.begin();
    // What came twice is not drawn twice; what was lost on the way leaves a straight piece, until
    // the stroke is said again.
    if (at > this.xs.length) this.torn = true;
    const fresh = at < this.xs.length ? points.slice(this.xs.length - at) : points;
    if (again) {
      for (const point of fresh) this.push(point, now);
      return;
    }
    const from = Math.max(now, this.due[this.due.length - 1] ?? now);
    const within = Math.min(SPREAD_MS, now + 2 * SPREAD_MS - from);
    // The first point of all is there at once.
    const ahead = this.xs.length === 0 ? 0 : 1;
    fresh.forEach((point, i) => this.push(point, from + (within * (i + ahead)) / fresh.length));
  }

  /** How many points are shown at `now`; the first one at once. */
  shown(now: number): number {
    let count = this.due.length;
    while (count > 1 && (this.due[count - 1] ?? 0) > now) count -= 1;
    return count;
  }

  isGivenUp(now: number): boolean {
    return now - this.heardAt > GIVEN_UP_MS;
  }

  slice(from: number, to: number): StrokePoints {
    return {
      xs: this.xs.slice(from, to),
      ys: this.ys.slice(from, to),
      pressure: this.hasPressure ? this.pressures.slice(from, to) : null,
    };
  }

  private begin(): void {
    this.torn = false;
    if (this.xs.length === 0) return;
    this.xs.length = this.ys.length = this.pressures.length = this.due.length = 0;
    this.hasPressure = false;
    this.life += 1;
  }

  private push([x, y, pressure]: WetPoint, due: number): void {
    if (this.xs.length >= MOST_POINTS) return;
    if (this.xs.length === 0) this.hasPressure = pressure !== undefined;
    this.xs.push(x);
    this.ys.push(y);
    this.pressures.push(pressure ?? this.pressures[this.pressures.length - 1] ?? 0.5);
    this.due.push(due);
  }
}
