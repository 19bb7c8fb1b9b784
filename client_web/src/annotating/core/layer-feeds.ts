/**
 * The layers that are open in a tab: what was asked of the server, and what to make of answers,
 * of deltas that run ahead of them and of gaps. No I/O.
 */
import { MAX_FAILED_ANSWERS, MAX_HELD_DELTAS } from './limits';
import type { ClientMessage, Delta, Mark, SnapshotPart } from './model';
import type { LayerReplica } from './replica';

interface OpenLayer {
  readonly replica: LayerReplica;
  /** `asking`: ann.open is out; deltas that do not fit wait in `held`. */
  state: 'idle' | 'asking' | 'following' | 'failed';
  held: Delta[];
  parts: Mark[];
  nextPart: number;
  failures: number;
  /** A delta came that could not be held. */
  missed: boolean;
  /** A whole wait has passed since the question. */
  late: boolean;
  /** The page before the person's eyes: a whole layer begins with it. */
  readonly page: number | undefined;
  /** Part of what the tablet kept is still to come: the server is asked after it. */
  restoring: boolean;
}

export interface Opening {
  readonly page?: number;
  /** `saved` is not all: the rest comes by `restored`. */
  readonly more?: boolean;
}

/** What the feeds need of the tab around them. */
export interface FeedHost {
  readonly connected: () => boolean;
  readonly send: (message: ClientMessage) => void;
  /** These marks look different. */
  readonly show: (layer: string, ids: readonly string[]) => void;
  /** How a layer stands is different, none of its marks. */
  readonly changed: (layer: string) => void;
  /** Answers are owed: `overdue` is to be called by and by. */
  readonly watch: () => void;
  /** A layer is complete and current. */
  readonly settled: (replica: LayerReplica) => void;
}

export class LayerFeeds {
  private readonly host: FeedHost;
  private readonly layers = new Map<string, OpenLayer>();

  constructor(host: FeedHost) {
    this.host = host;
  }

  replica(layer: string): LayerReplica | undefined {
    return this.layers.get(layer)?.replica;
  }

  has(layer: string): boolean {
    return this.layers.has(layer);
  }

  /** Layers whose answers cannot be taken. */
  get failed(): string[] {
    return [...this.layers].flatMap(([layer, { state }]) => (state === 'failed' ? [layer] : []));
  }

  hasFailed(layer: string): boolean {
    return this.layers.get(layer)?.state === 'failed';
  }

  isFollowing(layer: string): boolean {
    return this.layers.get(layer)?.state === 'following';
  }

  /** Every layer that is complete and current. */
  *following(): Generator<LayerReplica> {
    for (const { state, replica } of this.layers.values()) if (state === 'following') yield replica;
  }

  /** All that the tablet kept of it is here, and that was all there was. */
  isRestored(layer: string): boolean {
    const open = this.layers.get(layer);
    return open !== undefined && !open.restoring && open.replica.cursor > 0;
  }

  /** From now on this layer is followed; `ask` begins. */
  hold(replica: LayerReplica, how: Opening): void {
    this.layers.set(replica.layer, {
      replica,
      state: 'idle',
      held: [],
      parts: [],
      nextPart: 0,
      failures: 0,
      missed: false,
      late: false,
      page: how.page,
      restoring: how.more === true,
    });
  }

  /** Asks the server for what is missing of a layer. */
  begin(layer: string): void {
    const open = this.layers.get(layer);
    if (open !== undefined) this.ask(open);
  }

  /** The rest of what the tablet kept; null when it cannot be read: then nothing of it counts. */
  restored(layer: string, rest: readonly Mark[] | null): void {
    const open = this.layers.get(layer);
    if (open?.restoring !== true) return;
    open.restoring = false;
    if (rest !== null) this.host.show(layer, open.replica.lay(rest));
    if (rest === null || open.replica.cursor === 0) open.replica.doubt();
    this.ask(open);
  }

  /** False when it was not open. */
  drop(layer: string): boolean {
    return this.layers.delete(layer);
  }

  connected(): void {
    for (const open of this.layers.values()) if (open.state !== 'failed') this.ask(open);
  }

  disconnected(): void {
    for (const open of this.layers.values()) if (open.state !== 'failed') open.state = 'idle';
  }

  /** A wait has passed: after two of them a layer is asked for again. */
  overdue(): void {
    for (const open of this.layers.values()) {
      if (open.state !== 'asking') continue;
      if (open.late) this.ask(open);
      else {
        open.late = true;
        this.host.watch();
      }
    }
  }

  delta(message: Delta): void {
    this.guarded(message.layer, (open) => this.takeDelta(open, message));
  }

  part(message: SnapshotPart): void {
    this.guarded(message.layer, (open) => this.takePart(open, message));
  }

  reset(layer: string): void {
    this.guarded(layer, (open) => {
      open.replica.doubt();
      this.ask(open);
    });
  }

  /** An answer that cannot be taken must not leave the layer hanging: ask for all of it, a few
   * times, and then leave this layer alone; the others go on. */
  private guarded(layer: string, take: (open: OpenLayer) => void): void {
    const open = this.layers.get(layer);
    if (open === undefined || open.state === 'failed') return;
    try {
      take(open);
    } catch {
      open.failures += 1;
      open.replica.doubt();
      if (open.failures < MAX_FAILED_ANSWERS) this.ask(open);
      else {
        open.state = 'failed';
        this.host.changed(layer);
      }
    }
  }

  private takeDelta(open: OpenLayer, delta: Delta): void {
    const { replica } = open;
    if (open.restoring || delta.to < replica.cursor) return;
    if (delta.from > replica.cursor) {
      // While an answer is under way this is the live stream running ahead of it; else a gap.
      if (open.state !== 'asking') this.ask(open);
      if (open.held.length < MAX_HELD_DELTAS) open.held.push(delta);
      else open.missed = true;
      return;
    }
    if (delta.to > replica.cursor) this.host.show(replica.layer, replica.takeDelta(delta));
    if (delta.more !== true) this.settle(open);
  }

  private takePart(open: OpenLayer, part: SnapshotPart): void {
    // A part that does not continue is the rest of an answer to an earlier question.
    if (part.part === 0) open.parts = [];
    else if (part.part !== open.nextPart) return;
    open.nextPart = part.part + 1;
    open.late = false; // a long answer on a slow line is an answer
    for (const mark of part.items) open.parts.push(mark);
    if (!part.last) {
      // Nothing was known of this layer: what has come is shown while the rest is on its way.
      if (open.replica.cursor === 0) {
        this.host.show(open.replica.layer, open.replica.lay(part.items));
      }
      return;
    }
    if (part.seq >= open.replica.cursor || open.state === 'asking') {
      this.host.show(open.replica.layer, open.replica.takeSnapshot(part.seq, open.parts));
    }
    open.parts = [];
    open.nextPart = 0;
    this.settle(open);
  }

  /** After an answer: what ran ahead of it follows now, and a gap that is left is asked for. */
  private settle(open: OpenLayer): void {
    open.state = 'following';
    open.failures = 0;
    this.host.show(open.replica.layer, open.replica.sure());
    const held = open.held.sort((a, b) => a.from - b.from);
    open.held = [];
    for (const delta of held) {
      if (delta.to <= open.replica.cursor) continue;
      if (delta.from > open.replica.cursor) {
        this.ask(open);
        return;
      }
      this.host.show(open.replica.layer, open.replica.takeDelta(delta));
    }
    if (open.missed) this.ask(open);
    else this.host.settled(open.replica);
  }

  private ask(open: OpenLayer): void {
    if (!this.host.connected() || open.restoring) return;
    open.state = 'asking';
    open.held = [];
    open.parts = [];
    open.nextPart = 0;
    open.missed = false;
    open.late = false;
    this.host.watch();
    if (open.replica.cursor === 0) open.replica.doubt();
    const { layer, cursor } = open.replica;
    this.host.send({
      t: 'ann.open',
      layer,
      cursor,
      ...(open.page !== undefined && { page: open.page }),
    });
  }
}
