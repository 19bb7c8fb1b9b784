/** Who wants to know when the marks of a page change. Plain, because marks are not reactive. */
import type { Mark } from './core';

/** Told the marks that look different; without them, everything does. */
export type PageListener = (ids?: readonly string[]) => void;

export class PageListeners {
  private readonly listeners = new Map<number, Set<PageListener>>();
  private readonly pageOf = new Map<string, number>();
  private readonly boxes = new Map<PageListener, { page: number; box: Element }>();

  /** @param box the page on screen, by which it is known which one is looked at. */
  watch(page: number, listener: PageListener, box?: Element): () => void {
    const here = this.listeners.get(page) ?? new Set();
    this.listeners.set(page, here.add(listener));
    if (box) this.boxes.set(listener, { page, box });
    return () => {
      here.delete(listener);
      this.boxes.delete(listener);
    };
  }

  /** The page in the middle of the screen; the first before any is there. */
  inView(): number {
    const middle = innerHeight / 2;
    let nearest = { page: 0, away: Infinity };
    for (const { page, box } of this.boxes.values()) {
      const { top, bottom } = box.getBoundingClientRect();
      const away = Math.max(top - middle, middle - bottom, 0);
      if (away < nearest.away) nearest = { page, away };
    }
    return nearest.page;
  }

  /**
   * These marks look different: tells the pages where they were and where they are. Of a mark not
   * heard of since the last `reset` nobody knows where it was, so all pages are told: they are the
   * few on screen, and a mark that never was on one costs it nothing.
   */
  changed(ids: readonly string[], now: (id: string) => Mark | undefined): void {
    const pages = new Set<number>();
    let anywhere = false;
    for (const id of ids) {
      const before = this.pageOf.get(id);
      const page = now(id)?.page;
      if (before === undefined) anywhere = true;
      else pages.add(before);
      if (page === undefined) this.pageOf.delete(id);
      else {
        pages.add(page);
        this.pageOf.set(id, page);
      }
    }
    for (const [page, here] of this.listeners) {
      if (anywhere || pages.has(page)) for (const listener of here) listener(ids);
    }
  }

  /** Another document, or other layers of it: every page looks different. */
  reset(): void {
    this.pageOf.clear();
    for (const here of this.listeners.values()) for (const listener of here) listener();
  }
}
