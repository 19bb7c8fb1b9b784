/**
 * The layers that are open in this tab: each one is followed once, from what this tablet keeps of
 * it, however many want it (an open document, a document that is taken along).
 */
import type { SavedLayer, SyncRunner } from './core';
import type { Beginning, LayerShelf } from './storage/layer-shelf';

interface Held {
  wanted: number;
  /** The marks of the page before the person's eyes can be read. */
  ready: Promise<void>;
  /** All that the tablet kept can be read. */
  whole: Promise<void>;
}

/** How often it is looked whether a layer is whole, ms, and how long at most. */
const LOOK_EVERY_MS = 100;
const WHOLE_WITHIN_MS = 20_000;

export class Following {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly runner: SyncRunner,
    private readonly shelf: LayerShelf | null,
    /** The page before the person's eyes. */
    private readonly page: () => number,
  ) {}

  /**
   * Resolves when the marks of the page that is looked at can be read, as far as the tablet has
   * them; the others follow. Each call needs its `close`.
   */
  open(layer: string): Promise<void> {
    const known = this.held.get(layer);
    if (known) {
      known.wanted += 1;
      return known.ready;
    }
    const held: Held = { wanted: 1, ready: Promise.resolve(), whole: Promise.resolve() };
    this.held.set(layer, held);
    held.ready = this.begin(layer, held);
    return held.ready;
  }

  /** Resolves when all that the tablet kept of a layer can be read; at once for a closed one. */
  async kept(layer: string): Promise<void> {
    await this.held.get(layer)?.ready;
    await this.held.get(layer)?.whole;
  }

  close(layer: string): void {
    const held = this.held.get(layer);
    if (!held) return;
    held.wanted -= 1;
    if (held.wanted > 0) return;
    this.held.delete(layer);
    void this.shelf?.unfollow(layer);
    this.runner.run(this.runner.core.close(layer));
  }

  /** The layer is no longer this person's; the core has let it go already. */
  lost(layer: string): void {
    this.held.delete(layer);
  }

  /** Resolves when all that the server has of a layer lies on this tablet; the caller holds it. */
  async whole(layer: string, signal: AbortSignal): Promise<void> {
    await this.kept(layer);
    const until = performance.now() + WHOLE_WITHIN_MS;
    while (!this.runner.core.isCurrent(layer)) {
      signal.throwIfAborted();
      if (!this.held.has(layer)) return;
      if (performance.now() > until) throw new Error(`layer ${layer} did not come`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    await this.shelf?.flush(layer);
  }

  private async begin(layer: string, held: Held): Promise<void> {
    const page = this.page();
    const kept = await this.shelf?.begin(layer, page);
    if (this.held.get(layer) !== held) return;
    const { runner } = this;
    if (!kept) {
      runner.run(runner.core.open(layer, undefined, { page }));
      this.keep(layer, undefined);
      return;
    }
    runner.run(runner.core.open(layer, kept, { page, more: true }));
    held.whole = this.restore(layer, held, kept);
  }

  private async restore(layer: string, held: Held, kept: Beginning): Promise<void> {
    const rest = await kept.rest().catch(() => null);
    if (this.held.get(layer) !== held) return;
    this.runner.run(this.runner.core.restored(layer, rest));
    const saved = rest && { cursor: kept.cursor, marks: [...kept.marks, ...rest] };
    this.keep(layer, saved ?? undefined);
  }

  private keep(layer: string, saved: SavedLayer | undefined): void {
    const replica = this.runner.core.replica(layer);
    if (replica) this.shelf?.follow(layer, saved, () => replica.save());
  }
}
