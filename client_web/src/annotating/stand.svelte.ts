/** The state of the work as it is shown: true, and calm enough not to blink at every stroke. */
import { book } from './book.svelte';
import { FAILING_AFTER_MS, isPassing, PATIENCE_MS, standState, type StandState } from './standing';

class Stand {
  shown = $state<StandState>('offline');
  private unwrittenSince: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Call inside an effect: follows the book. */
  follow(): void {
    const { standing } = book;
    const now = performance.now();
    if (standing.unwritten === 0) this.unwrittenSince = null;
    else this.unwrittenSince ??= now;
    const waited = this.unwrittenSince === null ? 0 : now - this.unwrittenSince;
    const next = standState(standing, waited);
    clearTimeout(this.timer);
    if (next === 'writing') this.later(FAILING_AFTER_MS - waited);
    if (next === this.shown) return;
    if (isPassing(next) && this.shown === 'server') this.later(PATIENCE_MS, next);
    else this.shown = next;
  }

  private later(ms: number, next?: StandState): void {
    this.timer = setTimeout(() => {
      if (next !== undefined) this.shown = next;
      this.follow();
    }, ms);
  }
}

export const stand = new Stand();
