/**
 * The sync of one tab, without I/O: events in, effects out. The shell (runner.ts) writes to the
 * outbox, sends, draws and keeps time; tests put events in any order they like.
 *
 * Work leaves the outbox only on its acknowledgement. Every push goes out again after a
 * reconnect, under its number; the server answers a repeated one as it did the first time.
 * Pushes overlap, but never two that touch the same mark: so `base_rev` is always what the
 * person saw plus the person's own acknowledged work.
 */
import type { Effect, Why } from './effects';
import { LayerFeeds, type Opening } from './layer-feeds';
import type { ClientMessage, Edit, Mark, Operation, ServerMessage } from './model';
import type { Numbers, OutboxWrite, Refused, StoredOutbox } from './outbox';
import { Pushes } from './pushes';
import { Queue, UNANSWERED, type Truth } from './queue';
import { LayerReplica, type SavedLayer } from './replica';

/** How long an answer may take; twice this, and it is asked for again. */
const ANSWER_WITHIN_MS = 15_000;

export interface CoreParts {
  readonly person: string;
  readonly outbox: StoredOutbox;
  /** A new unique key for an outbox entry. */
  readonly newKey: () => string;
  /** 0 … 1; spreads retries. */
  readonly random: () => number;
}

export class SyncCore {
  private readonly person: string;
  private readonly queue: Queue;
  private readonly feeds: LayerFeeds;
  private readonly pushes: Pushes;
  private connection: number | null = null;
  private watching = false;
  private effects: Effect[] = [];

  constructor(parts: CoreParts) {
    this.person = parts.person;
    this.queue = new Queue(parts.outbox, parts.newKey);
    this.feeds = new LayerFeeds({
      connected: () => this.connection !== null,
      send: (message) => this.send(message),
      show: (layer, ids) => this.show(layer, ids),
      changed: (layer) => void this.effects.push({ do: 'show', layer, ids: [] }),
      watch: () => this.watch(),
      settled: (replica) => this.pushes.recognise(replica),
    });
    this.pushes = new Pushes(this.queue, parts.random, {
      connected: () => this.connection !== null,
      send: (message) => this.send(message),
      write: (write) => this.write(write),
      lay: (layer, ops) => this.lay(layer, ops),
      replica: (layer) => this.feeds.replica(layer),
      isFollowing: (layer) => this.feeds.isFollowing(layer),
      watch: () => this.watch(),
      tryAgain: (ms) => void this.effects.push({ do: 'wake', ms, why: 'again' }),
    });
  }

  // ---- what the pages ask -------------------------------------------------------------------

  /** The layer as this tab sees it; undefined when it is not open. */
  replica(layer: string): LayerReplica | undefined {
    return this.feeds.replica(layer);
  }

  /** A layer as this tab would show it, without opening it: what was kept, with the unsent work. */
  peek(layer: string, saved?: SavedLayer): LayerReplica {
    const pendingOn = (id: string): Iterable<Operation> => this.queue.opsOn(layer, id);
    const replica = new LayerReplica(layer, this.person, pendingOn, saved);
    replica.pendingChanged(touched(this.queue.onLayer(layer)));
    return replica;
  }

  /** Where a mark stands: drawn → device → server; `refused` when part of it is in quarantine. */
  truth(id: string): Truth {
    return this.queue.truth(id);
  }

  /** Refused work, oldest first. */
  get refused(): readonly Refused[] {
    return this.queue.refused;
  }

  /** Batches that the server has not acknowledged. */
  get unsent(): number {
    return this.queue.size;
  }

  /** Batches that are not even on this device yet. */
  get unwritten(): number {
    return this.queue.unwritten;
  }

  /** Layers whose answers cannot be taken: what is shown of them may be old. `open` asks again. */
  get failed(): string[] {
    return this.feeds.failed;
  }

  /** Whether a layer's server state is complete and current as far as the tab knows. */
  isCurrent(layer: string): boolean {
    return this.connection !== null && this.feeds.isFollowing(layer);
  }

  /** Whether all of a layer is here, as the server told it last: what is not there is gone. */
  isWhole(layer: string): boolean {
    if (this.connection !== null) return this.feeds.isFollowing(layer);
    return this.feeds.isRestored(layer);
  }

  // ---- what the person does -----------------------------------------------------------------

  /** Opens a layer, from what the tablet kept of it if there is something. */
  open(layer: string, saved?: SavedLayer, how: Opening = {}): Effect[] {
    if (this.feeds.has(layer) && !this.feeds.hasFailed(layer)) return [];
    const pendingOn = (id: string): Iterable<Operation> => this.queue.opsOn(layer, id);
    const known = this.feeds.replica(layer);
    const replica = known ?? new LayerReplica(layer, this.person, pendingOn, saved);
    this.feeds.hold(replica, how);
    replica.pendingChanged(touched(this.queue.onLayer(layer)));
    this.show(
      layer,
      [...replica.marks()].map((mark) => mark.id),
    );
    this.feeds.begin(layer);
    return this.done();
  }

  /** The rest of what the tablet kept; null when it cannot be read: then nothing of it counts. */
  restored(layer: string, rest: readonly Mark[] | null): Effect[] {
    this.feeds.restored(layer, rest);
    return this.done();
  }

  /** The layer is no more, whatever this tab knew of it. */
  drop(layer: string): Effect[] {
    this.revoked(layer);
    return this.done();
  }

  close(layer: string): Effect[] {
    if (this.feeds.drop(layer) && this.connection !== null) {
      this.send({ t: 'ann.close', layer });
    }
    return this.done();
  }

  /** One gesture. It shows at once, is written to the outbox, and goes to the server as one. */
  edit(layer: string, edits: readonly Edit[]): Effect[] {
    const replica = this.feeds.replica(layer);
    const ops = edits.map((edit): Operation => {
      if (edit.op === 'put') return edit;
      return { base_rev: replica?.seenRev(edit.id) ?? 0, ...edit };
    });
    this.write(this.queue.add(layer, ops));
    this.lay(layer, ops);
    return this.done();
  }

  /** Sends refused work again (under a new number), as it was or as the person changed it. */
  retry(key: string, as?: Pick<Refused, 'layer' | 'ops'>): Effect[] {
    const one = this.queue.refused.find((refused) => refused.key === key);
    if (one !== undefined) {
      this.write(this.queue.takeBack(one, as));
      this.lay(one.layer, one.ops);
      if (as !== undefined) this.lay(as.layer, as.ops);
    }
    return this.done();
  }

  /** Throws refused work away. */
  discard(key: string): Effect[] {
    const one = this.queue.refused.find((refused) => refused.key === key);
    if (one !== undefined) {
      this.write(this.queue.forget(one));
      this.lay(one.layer, one.ops);
    }
    return this.done();
  }

  // ---- the outbox storage and the other tabs ------------------------------------------------

  /** The storage has it: the work is on this device and may go out. */
  written(write: OutboxWrite, numbers: Numbers): Effect[] {
    const { moved, gone } = this.queue.written(write, numbers);
    // Before the acknowledgement that moved it: a tab that dies between the two must find work that
    // says what it was made on, or find what it was made on.
    if (moved.length > 0) this.effects.push({ do: 'write', write: { update: moved }, next: true });
    if (gone.length > 0) this.write({ remove: gone });
    for (const draft of write.append ?? []) this.lay(draft.layer, draft.ops);
    this.pushes.pump();
    return this.done();
  }

  /** The storage failed: the work stays in memory, shown as not saved. The shell keeps its
   * writes in their order and tries again from the failed one at the next `wake`. */
  notWritten(): Effect[] {
    this.effects.push({ do: 'wake', ms: this.pushes.backoff(), why: 'again' });
    return this.done();
  }

  /** Another tab wrote to the shared outbox. */
  heard(write: OutboxWrite, numbers: Numbers): Effect[] {
    for (const ack of write.acked ?? []) this.pushes.bridge(ack.opNo, ack);
    for (const entry of this.queue.heard(write, numbers)) this.lay(entry.layer, entry.ops);
    this.pushes.pump();
    return this.done();
  }

  /** This tab alone may send now. `outbox` is what lies in the storage at this moment; null where
   * it cannot be read: then what this tab has heard is all there is. */
  lead(outbox: StoredOutbox | null): Effect[] {
    this.pushes.lease = true;
    const moved = outbox === null ? [] : this.queue.reload(outbox);
    for (const entry of moved) this.lay(entry.layer, entry.ops);
    // What this tab saw arrive while another one sent was not its to send on.
    for (const replica of this.feeds.following()) this.pushes.recognise(replica);
    this.pushes.pump();
    return this.done();
  }

  /** Sends nothing new: another tab is to lead, once what is under way is answered. */
  giveWay(): Effect[] {
    this.pushes.lease = false;
    return this.done();
  }

  /** A live connection owes this tab answers to pushes. */
  get awaitsAnswers(): boolean {
    return this.connection !== null && this.queue.inFlight;
  }

  unlead(): Effect[] {
    this.pushes.lease = false;
    this.queue.nothingInFlight();
    return this.done();
  }

  // ---- the connection -----------------------------------------------------------------------

  /** A new connection is ready. `number` grows; what older ones still say is not heard. */
  connected(number: number): Effect[] {
    this.connection = number;
    this.pushes.paused = false;
    this.queue.broke();
    this.feeds.connected();
    this.pushes.pump();
    return this.done();
  }

  disconnected(number: number): Effect[] {
    if (number !== this.connection) return [];
    this.connection = null;
    this.feeds.disconnected();
    return this.done();
  }

  /** The time of a `wake` effect has come. */
  wake(why: Why): Effect[] {
    if (why === 'again') this.pushes.paused = false;
    else {
      this.watching = false;
      this.lookForAnswers();
    }
    this.pushes.pump();
    return this.done();
  }

  received(number: number, message: ServerMessage): Effect[] {
    if (number !== this.connection) return [];
    switch (message.t) {
      case 'ann.ack':
        this.pushes.acked(message);
        break;
      case 'ann.nack':
        this.pushes.nacked(message);
        break;
      case 'ann.delta':
        this.feeds.delta(message);
        break;
      case 'ann.snapshot':
        this.feeds.part(message);
        break;
      case 'ann.reset':
        this.feeds.reset(message.layer);
        break;
      case 'ann.revoke':
        this.revoked(message.layer);
        break;
      case 'ann.ephemeral':
        if (this.feeds.has(message.layer)) this.effects.push({ do: 'ephemeral', message });
        break;
    }
    this.pushes.pump();
    return this.done();
  }

  // ---- inside -------------------------------------------------------------------------------

  private done(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  private send(message: ClientMessage): void {
    this.effects.push({ do: 'send', message });
  }

  private write(write: OutboxWrite): void {
    this.effects.push({ do: 'write', write });
  }

  private show(layer: string, ids: readonly string[]): void {
    if (ids.length > 0) this.effects.push({ do: 'show', layer, ids });
  }

  /** The pending work on a layer changed for the marks of these operations. */
  private lay(layer: string, ops: readonly Operation[]): void {
    const ids = new Set(ops.map((op) => op.id));
    this.feeds.replica(layer)?.pendingChanged(ids);
    this.show(layer, [...ids]);
  }

  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    this.effects.push({ do: 'wake', ms: ANSWER_WITHIN_MS, why: 'answers' });
  }

  /** A server that fails to answer must neither leave a layer hanging nor fill the window of
   * pushes: after two waits it is asked again; what it never answers goes into quarantine. */
  private lookForAnswers(): void {
    if (this.connection === null) return;
    this.feeds.overdue();
    for (const entry of this.queue.overdue()) this.pushes.refuse(entry, UNANSWERED);
    if (this.queue.inFlight) this.watch();
  }

  private revoked(layer: string): void {
    const replica = this.feeds.replica(layer);
    this.feeds.drop(layer);
    // Every tab is told, and the work is everybody's: the one that sends sets it aside. Where it was
    // not told, its push is refused.
    const write = this.pushes.lease ? this.queue.refuseLayer(layer, 'revoked') : null;
    if (write !== null) this.write(write);
    this.show(layer, replica === undefined ? [] : [...replica.marks()].map((mark) => mark.id));
    this.effects.push({ do: 'purge', layer });
  }
}

function touched(pending: readonly { readonly ops: readonly Operation[] }[]): Set<string> {
  return new Set(pending.flatMap((entry) => entry.ops.map((op) => op.id)));
}
