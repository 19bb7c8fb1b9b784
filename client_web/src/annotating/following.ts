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
  /** Lets the rest of what is kept be read: it takes the tablet most of a second. */
  goOn: () => void;
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
   * them; the others follow, once somebody opens it who does not only look `ahead`. Each call
   * needs its `close`.
   */
  open(layer: string, ahead = false): Promise<void> {
    const held = this.held.get(layer) ?? this.hold(layer);
    held.wanted += 1;
    if (!ahead) held.goOn();
    return held.ready;
  }

  /** Resolves when all that the tablet kept of a layer can be read; at once for a closed one. */
  async kept(layer: string): Promise<void> {
    this.held.get(layer)?.goOn();
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

  private hold(layer: string): Held {
    const none = Promise.resolve();
    const held: Held = { wanted: 0, ready: none, whole: none, goOn: () => undefined };
    const seen = new Promise<void>((resolve) => (held.goOn = resolve));
    this.held.set(layer, held);
    held.ready = this.begin(layer, held, seen);
    return held;
  }

  private async begin(layer: string, held: Held, seen: Promise<void>): Promise<void> {
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
    held.whole = seen.then(() => this.restore(layer, held, kept));
  }

  private async restore(layer: string, held: Held, kept: Beginning): Promise<void> {
    if (this.held.get(layer) !== held) return;
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
