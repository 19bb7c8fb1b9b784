/** The state of the work as it is shown: true, and calm enough not to blink at every stroke. */
import { untrack } from 'svelte';
import { book } from './book.svelte';
import type { Mark } from './core';
import { FAILING_AFTER_MS, isPassing, PATIENCE_MS, standState, type StandState } from './standing';

class Stand {
  shown = $state<StandState>('offline');
  /** The open document on which this person was found to have written something. */
  private written = $state<string | null>(null);
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

  /** Call inside an effect: looks whether this person has written on the open document. */
  seek(): void {
    const { documentId, canUndo, canRedo } = book;
    void book.revision;
    if (untrack(() => this.hasWork)) return;
    const mine = ({ author }: Mark) => author === book.me;
    // Found once, it is not looked for again at each stroke: a deletion is work that was saved too.
    if (canUndo || canRedo || untrack(() => book.all().some(mine))) this.written = documentId;
  }

  /** There is work of this person's here, so that "saved" says something. */
  get hasWork(): boolean {
    return book.documentId === null || this.written === book.documentId;
  }

  private later(ms: number, next?: StandState): void {
    this.timer = setTimeout(() => {
      if (next !== undefined) this.shown = next;
      this.follow();
    }, ms);
  }
}

export const stand = new Stand();
