/**
 * A clock that only goes forward: the end of a lease is judged by the largest time ever seen here.
 *
 * Turning the tablet's clock back therefore stops this clock, and while the page runs the monotonic
 * clock still moves it. (A tablet that stays off with its clock turned back gains that time; only
 * the server can say otherwise, at the next contact.)
 */

export interface TimeSource {
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Monotonic clock, ms. */
  elapsed(): number;
}

export const deviceTime: TimeSource = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

export class LeaseClock {
  private readAt: number;

  /**
   * @param highest the largest time an earlier visit has seen, ms since 1970.
   * @param ahead how far this tablet's clock ran ahead of the server's when they last spoke, ms.
   */
  constructor(
    private readonly time: TimeSource,
    private highest = 0,
    private ahead = 0,
  ) {
    this.readAt = time.elapsed();
  }

  /** The time to judge by, ms since 1970; never less than any earlier answer. */
  now(): number {
    const elapsed = this.time.elapsed();
    const ticked = this.highest + Math.max(0, elapsed - this.readAt);
    this.highest = Math.max(ticked, this.time.now() - this.ahead);
    this.readAt = elapsed;
    return this.highest;
  }

  /** What another tab, or an earlier visit, has already seen. */
  saw(highest: number, ahead: number): void {
    this.ahead = ahead;
    if (highest > this.now()) this.highest = highest;
  }

  /** The server has just spoken: what was lost to a clock that ran ahead is given back. */
  trust(serverTime: number): { highest: number; ahead: number } {
    this.highest = serverTime;
    this.ahead = Math.max(0, this.time.now() - serverTime);
    this.readAt = this.time.elapsed();
    return { highest: this.highest, ahead: this.ahead };
  }
}
