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

  /** These marks look different: tells the pages where they were and where they are. */
  changed(ids: readonly string[], now: (id: string) => Mark | undefined): void {
    const pages = new Set<number>();
    for (const id of ids) {
      const before = this.pageOf.get(id);
      const page = now(id)?.page;
      if (before !== undefined) pages.add(before);
      if (page === undefined) this.pageOf.delete(id);
      else {
        pages.add(page);
        this.pageOf.set(id, page);
      }
    }
    for (const page of pages) for (const listener of this.listeners.get(page) ?? []) listener(ids);
  }

  /** Another document: every page looks different. */
  reset(): void {
    this.pageOf.clear();
    for (const here of this.listeners.values()) for (const listener of here) listener();
  }
}
