/** Drawing for the room: a stroke and a pointer leave in pieces, at a pace the line can bear. */
import type { PenPoint } from '../pen/stroke';
import type { PointerPlace, WetPiece, WetPoint } from './pieces';

/** At most 30 messages a second (annotations/limits.py), every second frame of a screen. */
export const SEND_EVERY_MS = 34;
/** A pen that rests says its stroke again now and then, or it would be taken for given up; and who
 * came late, or missed a piece, sees the whole of it. */
export const STILL_EVERY_MS = 1_000;
/** Points said again in one message, 26 bytes each at most: below MAX_EPHEMERAL_BYTES. */
export const AGAIN_POINTS = 250;

export interface SendParts {
  send: (kind: 'wet' | 'pointer', data: object) => void;
  /** Returns how to cancel. */
  later: (ms: number, run: () => void) => () => void;
}

/** One stroke on its way: while the pen moves, each point travels once. */
export class WetStream {
  private points: WetPoint[] = [];
  private sent = 0;
  private paused = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly parts: SendParts,
    private readonly about: Omit<WetPiece, 'at' | 'points'>,
  ) {}

  add(points: readonly PenPoint[], even = false): void {
    for (const { x, y, pressure } of points) {
      this.points.push(
        even || pressure === null
          ? [hundredth(x), hundredth(y)]
          : [hundredth(x), hundredth(y), hundredth(pressure)],
      );
    }
    if (this.waits) this.send();
  }

  /** The stroke is another one now: it became straight, or its end moved. */
  restart(points: readonly PenPoint[]): void {
    this.sent = 0;
    this.points = [];
    this.add(points, true);
  }

  /** The pen lifted: the mark itself follows. */
  end(): void {
    this.cancel();
    if (this.waits) this.leave();
  }

  /** It was no stroke after all. */
  drop(): void {
    this.cancel();
    this.parts.send('wet', { id: this.about.id, gone: true });
  }

  private send(): void {
    if (this.paused) return;
    this.leave();
    this.pause(SEND_EVERY_MS, () => {
      if (this.waits) this.send();
      else this.rest();
    });
  }

  private rest(): void {
    this.pause(STILL_EVERY_MS, () => this.sayAgain(0));
    this.paused = false;
  }

  private sayAgain(at: number): void {
    const next = at + AGAIN_POINTS;
    const points = this.points.slice(at, next);
    this.parts.send('wet', { ...this.about, at, points, again: true } satisfies WetPiece);
    if (next >= this.points.length) this.rest();
    else this.pause(SEND_EVERY_MS, () => (this.waits ? this.send() : this.sayAgain(next)));
  }

  private get waits(): boolean {
    return this.sent < this.points.length;
  }

  private leave(): void {
    const points = this.points.slice(this.sent);
    const piece: WetPiece = { ...this.about, at: this.sent, points };
    this.sent = this.points.length;
    this.parts.send('wet', piece);
  }

  private pause(ms: number, then: () => void): void {
    this.cancel();
    this.paused = true;
    this.cancel = this.parts.later(ms, () => {
      this.paused = false;
      then();
    });
  }
}

/** The pointer: only its newest place matters. */
export class PointerStream {
  private next: PointerPlace | null = null;
  private paused = false;

  constructor(private readonly parts: SendParts) {}

  point(place: PointerPlace): void {
    this.next = place;
    if (!this.paused) this.leave();
  }

  private leave(): void {
    if (!this.next) return;
    this.parts.send('pointer', this.next);
    this.next = null;
    this.paused = true;
    this.parts.later(SEND_EVERY_MS, () => {
      this.paused = false;
      this.leave();
    });
  }
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
