/**
 * Locks a tablet that nobody has touched for the session's idle time (security.md: at most 15
 * minutes, longer for a participant of a running meeting). All tabs of the device share one clock.
 */
const KEY = 'phonghop.touched';
/** How exact the shared clock is; writing at each touch would be noise. */
const NOTE_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 15_000;

export interface IdleParts {
  /** How long nobody may touch the tablet; null while nobody is signed in. */
  limitMs: () => number | null;
  lock: () => void;
  now: () => number;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
}

export class IdleClock {
  private noted = -Infinity;
  private own: number;

  constructor(private readonly parts: IdleParts) {
    this.own = parts.now();
  }

  touched(): void {
    const now = this.parts.now();
    this.own = now;
    if (now - this.noted < NOTE_EVERY_MS) return;
    this.noted = now;
    try {
      this.parts.storage.setItem(KEY, String(now));
    } catch {
      // no storage: this tab keeps its own clock
    }
  }

  look(): void {
    const limit = this.parts.limitMs();
    if (limit === null) {
      this.own = this.parts.now();
      return;
    }
    if (this.parts.now() - Math.max(this.own, this.elsewhere()) >= limit) this.parts.lock();
  }

  private elsewhere(): number {
    try {
      const at = Number(this.parts.storage.getItem(KEY));
      // A clock that was turned back must not keep the tablet open.
      return Number.isFinite(at) && at <= this.parts.now() ? at : 0;
    } catch {
      return 0;
    }
  }
}

export function watchIdle(clock: IdleClock, target: Window): void {
  for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const) {
    target.addEventListener(event, () => clock.touched(), { passive: true });
  }
  target.document.addEventListener('visibilitychange', () => clock.look());
  setInterval(() => clock.look(), LOOK_EVERY_MS);
}
