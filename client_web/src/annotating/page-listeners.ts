/** Who wants to know when the marks of a page change. Plain, because marks are not reactive. */
import type { Mark } from './core';

/** Told the marks that look different; without them, everything does. */
export type PageListener = (ids?: readonly string[]) => void;

export class PageListeners {
  private readonly listeners = new Map<number, Set<PageListener>>();
  private readonly pageOf = new Map<string, number>();

  watch(page: number, listener: PageListener): () => void {
    const here = this.listeners.get(page) ?? new Set();
    this.listeners.set(page, here.add(listener));
    return () => here.delete(listener);
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
