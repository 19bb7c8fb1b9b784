/**
 * The layers that are open in this tab: each one is followed once, from what this tablet keeps of
 * it, however many want it (an open document, a document that is taken along).
 */
import type { SyncRunner } from './core';
import type { LayerShelf } from './storage/layer-shelf';

interface Held {
  wanted: number;
  ready: Promise<void>;
}

/** How often it is looked whether a layer is whole, ms, and how long at most. */
const LOOK_EVERY_MS = 100;
const WHOLE_WITHIN_MS = 20_000;

export class Following {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly runner: SyncRunner,
    private readonly shelf: LayerShelf | null,
  ) {}

  /** Resolves when the layer's marks can be read; each call needs its `close`. */
  open(layer: string): Promise<void> {
    const known = this.held.get(layer);
    if (known) {
      known.wanted += 1;
      return known.ready;
    }
    const held: Held = { wanted: 1, ready: Promise.resolve() };
    this.held.set(layer, held);
    held.ready = this.begin(layer, held);
    return held.ready;
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
    await this.held.get(layer)?.ready;
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
    const saved = await this.shelf?.load(layer);
    if (this.held.get(layer) !== held) return;
    const { core } = this.runner;
    this.runner.run(core.open(layer, saved));
    const replica = core.replica(layer);
    if (replica) this.shelf?.follow(layer, saved, () => replica.save());
  }
}
