/**
 * The sync of one tab, without I/O: events in, effects out. The shell (runner.ts) writes to the
 * outbox, sends, draws and keeps time; tests put events in any order they like.
 *
 * Work leaves the outbox only on its acknowledgement. Every push goes out again after a
 * reconnect, under its number; the server answers a repeated one as it did the first time.
 * Pushes overlap, but never two that touch the same mark: so `base_rev` is always what the
 * person saw plus the person's own acknowledged work.
 */
import { MAX_FAILED_ANSWERS, MAX_HELD_DELTAS } from './limits';
import type {
  Ack,
  ClientMessage,
  Delta,
  Edit,
  Mark,
  Nack,
  Operation,
  ServerMessage,
  SnapshotPart,
} from './model';
import type { Numbers, OutboxWrite, Refused, StoredOutbox } from './outbox';
import { Queue, UNANSWERED, type Truth, type Waiting } from './queue';
import { isThere } from './recognise';
import { LayerReplica, type SavedLayer } from './replica';

export type Effect =
  | { readonly do: 'send'; readonly message: ClientMessage }
  /** Write to the outbox storage, then call `written` or `notWritten`. `next`: before whatever
   * waits to be written. */
  | { readonly do: 'write'; readonly write: OutboxWrite; readonly next?: boolean }
  /** These marks look different, or their truth changed. */
  | { readonly do: 'show'; readonly layer: string; readonly ids: readonly string[] }
  /** The layer is no longer this person's: delete what the tablet keeps of it. */
  | { readonly do: 'purge'; readonly layer: string }
  /** Call `wake(why)` after so many ms. */
  | { readonly do: 'wake'; readonly ms: number; readonly why: Why }
  | { readonly do: 'ephemeral'; readonly message: Extract<ServerMessage, { t: 'ann.ephemeral' }> };

/** again: something refused is tried again. answers: has everything asked been answered? */
export type Why = 'again' | 'answers';

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
  private readonly random: () => number;
  private readonly layers = new Map<string, OpenLayer>();
  private connection: number | null = null;
  private lease = false;
  private pause = 0;
  private paused = false;
  private watching = false;
  private effects: Effect[] = [];

  constructor(parts: CoreParts) {
    this.person = parts.person;
    this.random = parts.random;
    this.queue = new Queue(parts.outbox, parts.newKey);
  }

  // ---- what the pages ask -------------------------------------------------------------------

  /** The layer as this tab sees it; undefined when it is not open. */
  replica(layer: string): LayerReplica | undefined {
    return this.layers.get(layer)?.replica;
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
    return [...this.layers].flatMap(([layer, { state }]) => (state === 'failed' ? [layer] : []));
  }

  /** Whether a layer's server state is complete and current as far as the tab knows. */
  isCurrent(layer: string): boolean {
    return this.connection !== null && this.layers.get(layer)?.state === 'following';
  }

  /** Whether all of a layer is here, as the server told it last: what is not there is gone. */
  isWhole(layer: string): boolean {
    const open = this.layers.get(layer);
    if (!open) return false;
    if (this.connection !== null) return open.state === 'following';
    return !open.restoring && open.replica.cursor > 0;
  }

  // ---- what the person does -----------------------------------------------------------------

  /** Opens a layer, from what the tablet kept of it if there is something. */
  open(layer: string, saved?: SavedLayer, how: Opening = {}): Effect[] {
    const known = this.layers.get(layer);
    if (known !== undefined && known.state !== 'failed') return [];
    const pendingOn = (id: string): Iterable<Operation> => this.queue.opsOn(layer, id);
    const replica = known?.replica ?? new LayerReplica(layer, this.person, pendingOn, saved);
    const open: OpenLayer = {
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
    };
    this.layers.set(layer, open);
    replica.pendingChanged(touched(this.queue.onLayer(layer)));
    this.show(
      layer,
      [...replica.marks()].map((mark) => mark.id),
    );
    this.ask(open);
    return this.done();
  }

  /** The rest of what the tablet kept; null when it cannot be read: then nothing of it counts. */
  restored(layer: string, rest: readonly Mark[] | null): Effect[] {
    const open = this.layers.get(layer);
    if (open?.restoring !== true) return [];
    open.restoring = false;
    if (rest !== null) this.show(layer, open.replica.lay(rest));
    if (rest === null || open.replica.cursor === 0) open.replica.doubt();
    this.ask(open);
    return this.done();
  }

  /** The layer is no more, whatever this tab knew of it. */
  drop(layer: string): Effect[] {
    this.revoked(layer);
    return this.done();
  }

  close(layer: string): Effect[] {
    if (this.layers.delete(layer) && this.connection !== null) {
      this.send({ t: 'ann.close', layer });
    }
    return this.done();
  }

  /** One gesture. It shows at once, is written to the outbox, and goes to the server as one. */
  edit(layer: string, edits: readonly Edit[]): Effect[] {
    const replica = this.layers.get(layer)?.replica;
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
    this.pump();
    return this.done();
  }

  /** The storage failed: the work stays in memory, shown as not saved. The shell keeps its
   * writes in their order and tries again from the failed one at the next `wake`. */
  notWritten(): Effect[] {
    this.effects.push({ do: 'wake', ms: this.backoff(), why: 'again' });
    return this.done();
  }

  /** Another tab wrote to the shared outbox. */
  heard(write: OutboxWrite, numbers: Numbers): Effect[] {
    for (const ack of write.acked ?? []) this.bridge(ack.opNo, ack);
    for (const entry of this.queue.heard(write, numbers)) this.lay(entry.layer, entry.ops);
    this.pump();
    return this.done();
  }

  /** This tab alone may send now. `outbox` is what lies in the storage at this moment; null where
   * it cannot be read: then what this tab has heard is all there is. */
  lead(outbox: StoredOutbox | null): Effect[] {
    this.lease = true;
    const moved = outbox === null ? [] : this.queue.reload(outbox);
    for (const entry of moved) this.lay(entry.layer, entry.ops);
    this.pump();
    return this.done();
  }

  /** Sends nothing new: another tab is to lead, once what is under way is answered. */
  giveWay(): Effect[] {
    this.lease = false;
    return this.done();
  }

  /** A live connection owes this tab answers to pushes. */
  get awaitsAnswers(): boolean {
    return this.connection !== null && this.queue.inFlight;
  }

  unlead(): Effect[] {
    this.lease = false;
    this.queue.nothingInFlight();
    return this.done();
  }

  // ---- the connection -----------------------------------------------------------------------

  /** A new connection is ready. `number` grows; what older ones still say is not heard. */
  connected(number: number): Effect[] {
    this.connection = number;
    this.paused = false;
    this.queue.broke();
    for (const open of this.layers.values()) {
      if (open.state === 'failed') continue;
      this.ask(open);
    }
    this.pump();
    return this.done();
  }

  disconnected(number: number): Effect[] {
    if (number !== this.connection) return [];
    this.connection = null;
    for (const open of this.layers.values()) if (open.state !== 'failed') open.state = 'idle';
    return this.done();
  }

  /** The time of a `wake` effect has come. */
  wake(why: Why): Effect[] {
    if (why === 'again') this.paused = false;
    else {
      this.watching = false;
      this.lookForAnswers();
    }
    this.pump();
    return this.done();
  }

  received(number: number, message: ServerMessage): Effect[] {
    if (number !== this.connection) return [];
    switch (message.t) {
      case 'ann.ack':
        this.acked(message);
        break;
      case 'ann.nack':
        this.nacked(message);
        break;
      case 'ann.delta':
        this.guarded(message.layer, (open) => this.takeDelta(open, message));
        break;
      case 'ann.snapshot':
        this.guarded(message.layer, (open) => this.takePart(open, message));
        break;
      case 'ann.reset':
        this.guarded(message.layer, (open) => {
          open.replica.doubt();
          this.ask(open);
        });
        break;
      case 'ann.revoke':
        this.revoked(message.layer);
        break;
      case 'ann.ephemeral':
        if (this.layers.has(message.layer)) this.effects.push({ do: 'ephemeral', message });
        break;
    }
    this.pump();
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
    this.layers.get(layer)?.replica.pendingChanged(ids);
    this.show(layer, [...ids]);
  }

  private backoff(): number {
    this.pause = Math.min(30_000, this.pause === 0 ? 1_000 : this.pause * 2);
    return Math.round(this.pause * (0.5 + this.random() / 2));
  }

  private ask(open: OpenLayer): void {
    if (this.connection === null || open.restoring) return;
    open.state = 'asking';
    open.held = [];
    open.parts = [];
    open.nextPart = 0;
    open.missed = false;
    open.late = false;
    this.watch();
    if (open.replica.cursor === 0) open.replica.doubt();
    const { layer, cursor } = open.replica;
    this.send({
      t: 'ann.open',
      layer,
      cursor,
      ...(open.page !== undefined && { page: open.page }),
    });
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
    for (const open of this.layers.values()) {
      if (open.state !== 'asking') continue;
      if (open.late) this.ask(open);
      else {
        open.late = true;
        this.watch();
      }
    }
    for (const entry of this.queue.overdue()) this.refuse(entry, UNANSWERED);
    if (this.queue.inFlight) this.watch();
  }

  private pump(): void {
    if (this.connection === null || !this.lease || this.paused) return;
    for (const entry of this.queue.takeSendable()) {
      this.send({
        t: 'ann.push',
        outbox: this.queue.id,
        op_no: entry.opNo,
        layer: entry.layer,
        ops: [...entry.ops],
      });
      this.watch();
    }
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
        this.effects.push({ do: 'show', layer, ids: [] });
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
    if (delta.to > replica.cursor) this.show(replica.layer, replica.takeDelta(delta));
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
        this.show(open.replica.layer, open.replica.lay(part.items));
      }
      return;
    }
    if (part.seq >= open.replica.cursor || open.state === 'asking') {
      this.show(open.replica.layer, open.replica.takeSnapshot(part.seq, open.parts));
    }
    open.parts = [];
    open.nextPart = 0;
    this.settle(open);
  }

  /** After an answer: what ran ahead of it follows now, and a gap that is left is asked for. */
  private settle(open: OpenLayer): void {
    open.state = 'following';
    open.failures = 0;
    this.show(open.replica.layer, open.replica.sure());
    const held = open.held.sort((a, b) => a.from - b.from);
    open.held = [];
    for (const delta of held) {
      if (delta.to <= open.replica.cursor) continue;
      if (delta.from > open.replica.cursor) {
        this.ask(open);
        return;
      }
      this.show(open.replica.layer, open.replica.takeDelta(delta));
    }
    if (open.missed) this.ask(open);
    else this.recognise(open.replica);
  }

  /** Refused work that the server turns out to have is released: it had only not said so. What
   * followed it goes out now; by one tab, or it would go twice. */
  private recognise(replica: LayerReplica): void {
    for (const one of this.queue.refused) {
      if (one.layer !== replica.layer || !isThere(one, replica)) continue;
      if (this.lease || !this.queue.hasFollowers(one)) this.release(one);
    }
  }

  private release(one: Refused): void {
    const write = this.queue.arrived(one);
    this.write(write);
    this.lay(one.layer, [...one.ops, ...(write.append ?? []).flatMap((draft) => draft.ops)]);
  }

  private bridge(opNo: number, ack: { seqs: readonly number[]; revs: readonly number[] }): void {
    const entry = this.queue.find(opNo);
    if (entry === undefined) return;
    this.layers
      .get(entry.layer)
      ?.replica.bridge(entry.ops, { seqs: [...ack.seqs], revs: [...ack.revs] });
  }

  private acked(ack: Ack): void {
    const entry = this.queue.find(ack.op_no);
    if (entry === undefined) {
      this.ackedLate(ack);
      return;
    }
    this.pause = 0;
    this.bridge(ack.op_no, ack);
    this.write(this.queue.acked(entry, ack.seqs, ack.revs));
    this.lay(entry.layer, entry.ops);
  }

  /** The answer to a push that had been given up. */
  private ackedLate(ack: Ack): void {
    const one = this.queue.givenUp(ack.op_no);
    if (one === undefined) return;
    this.layers.get(one.layer)?.replica.bridge(one.ops, ack);
    this.queue.took(one.ops, ack.revs);
    this.release(one);
  }

  private nacked(nack: Nack): void {
    const entry = this.queue.find(nack.op_no);
    if (entry === undefined) return;
    if (nack.code === 'try_later') {
      this.queue.landed(entry.opNo);
      this.paused = true;
      this.effects.push({ do: 'wake', ms: this.backoff(), why: 'again' });
      return;
    }
    if (nack.code === 'op_no_reused') {
      this.write(this.queue.renumber(entry));
      this.lay(entry.layer, entry.ops);
      return;
    }
    this.refuse(entry, nack.code, nack);
  }

  private refuse(
    entry: Waiting & { opNo: number },
    code: string,
    nack: Pick<Nack, 'index' | 'field' | 'server_value'> = {},
  ): void {
    const write = this.queue.refuse(entry, code, nack.index, nack.field, nack.server_value);
    this.write(write);
    this.lay(entry.layer, [...entry.ops, ...(write.refuse ?? []).flatMap((one) => one.ops)]);
    const open = this.layers.get(entry.layer);
    if (code === 'id_taken' && open?.state === 'following') this.recognise(open.replica);
  }

  private revoked(layer: string): void {
    const open = this.layers.get(layer);
    this.layers.delete(layer);
    const write = this.queue.refuseLayer(layer, 'revoked');
    if (write !== null) this.write(write);
    this.show(layer, open === undefined ? [] : [...open.replica.marks()].map((mark) => mark.id));
    this.effects.push({ do: 'purge', layer });
  }
}

function touched(pending: readonly { readonly ops: readonly Operation[] }[]): Set<string> {
  return new Set(pending.flatMap((entry) => entry.ops.map((op) => op.id)));
}
