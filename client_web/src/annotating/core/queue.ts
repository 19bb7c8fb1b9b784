/**
 * The outbox in this tab's memory: what waits, what flies, what was refused. Pure bookkeeping;
 * every change of the stored outbox is returned as one `OutboxWrite`.
 */
import { FIRST_IN_MEMORY } from './limits';
import { overdue, takeSendable } from './flights';
import { fold } from './fold';
import type { Item, Operation } from './model';
import type { Draft, Entry, Numbers, OutboxWrite, Refused, StoredOutbox } from './outbox';
import { OwnWords } from './own-words';
import {
  fromEntry,
  inBatches,
  insertInOrder,
  isNumbered,
  land,
  says,
  toEntry,
  type Waiting,
} from './waiting';

/** drawn: in memory only. device: in the outbox. server: acknowledged. refused: in quarantine. */
export type Truth = 'drawn' | 'device' | 'server' | 'refused';

/** Answers of other tabs that overtook our own write; more than this cannot be under way. */
const MAX_EARLY = 256;
/** The code of a push that a live server never answered. */
export const UNANSWERED = 'unanswered';

export class Queue {
  readonly id: string;
  refused: readonly Refused[];
  private readonly newKey: () => string;
  private waiting: Waiting[] = [];
  private readonly byMark = new Map<string, Waiting[]>();
  private refusedMarks = new Set<string>();
  private readonly early = new Set<number>();
  private readonly ownWords = new OwnWords();

  constructor(stored: StoredOutbox, newKey: () => string) {
    this.id = stored.id;
    this.newKey = newKey;
    this.refused = [];
    this.setRefused(stored.refused);
    for (const entry of stored.entries) this.insert(fromEntry(entry));
  }

  get size(): number {
    return this.waiting.length;
  }

  get unwritten(): number {
    return this.waiting.filter((one) => !one.durable).length;
  }

  truth(id: string): Truth {
    if (this.refusedMarks.has(id)) return 'refused';
    const waiting = this.byMark.get(id);
    if (waiting === undefined) return 'server';
    return waiting.every((one) => one.durable) ? 'device' : 'drawn';
  }

  onLayer(layer: string): Waiting[] {
    return this.waiting.filter((one) => one.layer === layer);
  }

  /** The waiting operations on a mark of a layer, in their order. */
  *opsOn(layer: string, id: string): Generator<Operation> {
    for (const one of this.byMark.get(id) ?? []) {
      if (one.layer !== layer) continue;
      for (const op of one.ops) if (op.id === id) yield op;
    }
  }

  find(opNo: number): (Waiting & { opNo: number }) | undefined {
    return this.waiting.find((one): one is Waiting & { opNo: number } => one.opNo === opNo);
  }

  /** A new gesture, cut where it exceeds what one push may carry. */
  add(layer: string, ops: readonly Operation[]): OutboxWrite {
    const { batches, tooLarge } = inBatches(ops);
    const append = batches.map((batch) => this.enqueue(layer, batch, undefined, false));
    if (tooLarge.length === 0) return { append };
    const refuse = [{ key: this.newKey(), layer, ops: tooLarge, code: 'too_large' }];
    this.setRefused([...this.refused, ...refuse]);
    return { append, refuse };
  }

  /** What may go out now, marked as flying. */
  takeSendable(): Array<Waiting & { opNo: number }> {
    return takeSendable(this.waiting);
  }

  landed(opNo: number): void {
    const one = this.find(opNo);
    if (one !== undefined) land(one);
  }

  nothingInFlight(): void {
    for (const one of this.waiting) land(one);
  }

  get inFlight(): boolean {
    return this.waiting.some((one) => one.flying);
  }

  /** A wait has passed; returned are the pushes that have been silent too often. */
  overdue(): Array<Waiting & { opNo: number }> {
    return overdue(this.waiting);
  }

  /** The connection is a new one: everything goes out again; the first unanswered is noted.
   * Silence is counted anew: on a dead connection it says nothing about the push. */
  broke(): void {
    const first = this.waiting.find((one) => one.flying);
    if (first !== undefined) first.breaks += 1;
    this.nothingInFlight();
    for (const one of this.waiting) one.silences = 0;
  }

  /** The server has it. Later work on the same marks was made on top of it and says so. */
  acked(entry: Waiting & { opNo: number }, seqs: number[], revs: number[]): OutboxWrite {
    this.drop(entry);
    const update: Entry[] = [];
    // Only words can conflict, so only what wrote words moves the base of later work.
    for (const later of this.rebase(entry.ops, revs)) {
      if (later.durable && isNumbered(later)) update.push(toEntry(later));
    }
    const acked = [{ opNo: entry.opNo, seqs, revs }];
    return update.length > 0 ? { acked, update } : { acked };
  }

  /**
   * A refused push. A patch, delete or restore goes into quarantine alone and the rest of the
   * gesture is sent anew; a put takes its gesture along (a split stroke holds or falls as one),
   * and so does a refusal that blames no operation. Later work on a mark that now does not come
   * to be follows it. Words that meet others' words take along what was typed after them: one
   * item, not one for every pause.
   */
  refuse(
    entry: Waiting & { opNo: number },
    code: string,
    index?: number,
    field?: string,
    serverValue?: Item,
  ): OutboxWrite {
    const blamed = index === undefined ? undefined : entry.ops[index];
    const alone = blamed !== undefined && blamed.op !== 'put';
    const out = alone ? [blamed] : entry.ops;
    const never = new Set(out.filter((op) => op.op === 'put').map((op) => op.id));
    const met = code === 'conflict' && blamed?.op === 'patch' ? blamed : undefined;
    const joined: Operation[] = [];
    const remove: number[] = [];
    const append: Draft[] = [];
    const refuse: Refused[] = [];
    for (const one of [...this.waiting]) {
      const gone = one.ops.filter((op) => (one === entry && out.includes(op)) || never.has(op.id));
      const later = met === undefined ? [] : one.ops.filter((op) => op !== met && says(op, met.id));
      const rest = one.ops.filter((op) => !gone.includes(op) && !later.includes(op));
      if (rest.length === one.ops.length) continue;
      joined.push(...later);
      if (gone.length > 0) {
        refuse.push({
          key: this.newKey(),
          layer: one.layer,
          ops: gone,
          code,
          ...(one === entry && code === UNANSWERED && { opNo: entry.opNo }),
          ...(field !== undefined && { field }),
          ...(serverValue !== undefined && { serverValue }),
        });
      }
      if (one.opNo !== null) remove.push(one.opNo);
      this.drop(one);
      if (rest.length === 0) continue;
      const order = one.opNo === null ? undefined : one.order;
      append.push(this.enqueue(one.layer, rest, order, one.durable));
    }
    const said = refuse.map((one) =>
      met !== undefined && one.ops.includes(met) ? { ...one, ops: [met, ...joined] } : one,
    );
    this.setRefused([...this.refused, ...said]);
    return { remove, append, refuse: said };
  }

  /** Nothing of this layer can be sent any more. What went out before may be there all the same:
   * it keeps its number for the answer. Null when nothing waits. */
  refuseLayer(layer: string, code: string): OutboxWrite | null {
    const gone = this.onLayer(layer);
    if (gone.length === 0) return null;
    const refuse = gone.map(({ opNo, ops }) => ({
      key: this.newKey(),
      layer,
      ops,
      code,
      ...(opNo !== null && { opNo }),
    }));
    for (const one of gone) this.drop(one);
    this.setRefused([...this.refused, ...refuse]);
    return { remove: gone.flatMap((one) => one.opNo ?? []), refuse };
  }

  /** The number turned out to be taken: the same work, in the same place, under a new one. */
  renumber(entry: Waiting & { opNo: number }): OutboxWrite {
    this.drop(entry);
    return {
      remove: [entry.opNo],
      append: [this.enqueue(entry.layer, entry.ops, entry.order, true)],
    };
  }

  /** Refused work goes back into the queue, on top of what the server has by now; `as`: what the
   * person made of it meanwhile, where it is to go elsewhere or say something else. */
  takeBack(one: Refused, as: Pick<Refused, 'layer' | 'ops'> = one): OutboxWrite {
    const rev = one.serverValue?.rev ?? 0;
    const ops = fold(as.ops).map((op) =>
      op.op === 'put' ? op : { ...op, base_rev: Math.max(op.base_rev, rev) },
    );
    const first = ops[0];
    if (one.code === 'deleted' && first !== undefined) {
      ops.unshift({ op: 'restore', id: first.id, base_rev: rev });
    }
    this.setRefused(this.refused.filter((other) => other !== one));
    return { release: [one.key], append: [this.enqueue(as.layer, ops, undefined, false)] };
  }

  /** The refused push that was given up under this number, or whose layer went before its answer. */
  givenUp(opNo: number): Refused | undefined {
    return this.refused.find((one) => one.opNo === opNo);
  }

  /** The server has this refused work after all; what it has not (`more`) and what was refused only
   * because of it goes out. */
  arrived(one: Refused, more: readonly Operation[] = []): OutboxWrite {
    const followers = this.followers(one);
    const out = new Set([one, ...followers]);
    this.setRefused(this.refused.filter((other) => !out.has(other)));
    const left = more.length > 0 ? [{ layer: one.layer, ops: more }] : [];
    const append = [...left, ...followers].map(({ layer, ops }) =>
      this.enqueue(layer, ops, undefined, false),
    );
    return { release: [...out].map(({ key }) => key), ...(append.length > 0 && { append }) };
  }

  hasFollowers(one: Refused): boolean {
    return this.followers(one).length > 0;
  }

  /** The server took these operations though nobody waited for it any more. */
  took(ops: readonly Operation[], revs: readonly number[]): void {
    this.ownWords.took(ops, revs);
  }

  private followers(one: Refused): Refused[] {
    const made = new Set(one.ops.flatMap((op) => (op.op === 'put' ? [op.id] : [])));
    return this.refused.filter(
      (other) =>
        other !== one &&
        other.code === one.code &&
        other.ops.every((op) => op.op !== 'put' && made.has(op.id)),
    );
  }

  forget(one: Refused): OutboxWrite {
    this.setRefused(this.refused.filter((other) => other !== one));
    return { release: [one.key] };
  }

  /** The storage has this write. Returns what must be written too: what moved or went while the
   * write was under way. */
  written(write: OutboxWrite, numbers: Numbers): { moved: Entry[]; gone: number[] } {
    const moved: Entry[] = [];
    const gone: number[] = [];
    for (const draft of write.append ?? []) {
      const opNo = numbers[draft.key];
      if (opNo === undefined) continue;
      const settled = this.early.delete(opNo);
      const one = this.waiting.find((other) => other.key === draft.key);
      if (one === undefined) {
        if (!settled) gone.push(opNo);
        continue;
      }
      if (one.opNo !== null) continue;
      this.drop(one);
      if (settled) continue;
      const numbered = Object.assign(one, { opNo, order: draft.order ?? opNo, durable: true });
      this.insert(numbered);
      if (one.ops !== draft.ops) moved.push(toEntry(numbered));
    }
    return { moved, gone };
  }

  /** Another tab's write. Returns the entries and drafts whose marks may look different. */
  heard(write: OutboxWrite, numbers: Numbers): Array<{ layer: string; ops: readonly Operation[] }> {
    const moved: Array<{ layer: string; ops: readonly Operation[] }> = [];
    for (const { opNo, revs } of write.acked ?? []) {
      const one = this.find(opNo);
      if (one !== undefined) this.rebase(one.ops, revs);
    }
    for (const opNo of [...(write.remove ?? []), ...(write.acked ?? []).map((ack) => ack.opNo)]) {
      const one = this.find(opNo);
      if (one !== undefined) {
        moved.push(one);
        this.drop(one);
      } else {
        this.early.add(opNo);
        const oldest = this.early.values().next().value;
        if (this.early.size > MAX_EARLY && oldest !== undefined) this.early.delete(oldest);
      }
    }
    for (const entry of write.update ?? []) {
      const one = this.find(entry.opNo);
      if (one !== undefined) one.ops = entry.ops;
    }
    for (const draft of write.append ?? []) {
      const opNo = numbers[draft.key];
      if (opNo === undefined || this.waiting.some((one) => one.key === draft.key)) continue;
      this.insert(fromEntry({ ...draft, opNo, order: draft.order ?? opNo }));
      moved.push(draft);
    }
    const released = new Set(write.release ?? []);
    const added = write.refuse ?? [];
    if (released.size > 0 || added.length > 0) {
      moved.push(...this.refused.filter((one) => released.has(one.key)), ...added);
      this.setRefused([...this.refused.filter((one) => !released.has(one.key)), ...added]);
    }
    return moved;
  }

  /** What the storage holds is the truth; kept besides is what it cannot hold: work still being
   * written, work of a tab whose disk refused, and refusals that are not there. */
  reload(stored: StoredOutbox): Array<{ layer: string; ops: readonly Operation[] }> {
    const moved: Array<{ layer: string; ops: readonly Operation[] }> = [...this.waiting];
    const ours = this.waiting.filter((one) => one.opNo === null || one.opNo >= FIRST_IN_MEMORY);
    this.waiting = [];
    this.byMark.clear();
    for (const entry of stored.entries) this.insert(fromEntry(entry));
    for (const one of ours) {
      if (!stored.entries.some((entry) => entry.key === one.key)) this.insert(one);
    }
    const there = new Set(stored.refused.map((one) => one.key));
    this.setRefused([...stored.refused, ...this.refused.filter((one) => !there.has(one.key))]);
    return [...moved, ...stored.entries];
  }

  private enqueue(
    layer: string,
    ops: readonly Operation[],
    order: number | undefined,
    durable: boolean,
  ): Draft {
    const key = this.newKey();
    this.insert({
      key,
      opNo: null,
      order: order ?? Infinity,
      layer,
      ops,
      durable,
      flying: false,
      breaks: 0,
      late: false,
      silences: 0,
    });
    return order === undefined ? { key, layer, ops } : { key, order, layer, ops };
  }

  /** The server took these operations: work made on top of them says so. Returns what moved. */
  private rebase(ops: readonly Operation[], revs: readonly number[]): Waiting[] {
    this.ownWords.took(ops, revs);
    const ids = new Set(ops.map((op) => op.id));
    const later = new Set([...ids].flatMap((id) => this.byMark.get(id) ?? []));
    return [...later].filter((one) => {
      const on = one.ops === ops ? ops : this.ownWords.rebased(one.ops);
      if (on === one.ops) return false;
      one.ops = on;
      return true;
    });
  }

  private insert(one: Waiting): void {
    one.ops = this.ownWords.rebased(one.ops);
    insertInOrder(this.waiting, one);
    for (const id of new Set(one.ops.map((op) => op.id))) {
      const list = this.byMark.get(id);
      if (list === undefined) this.byMark.set(id, [one]);
      else insertInOrder(list, one);
    }
  }

  private drop(one: Waiting): void {
    const at = this.waiting.indexOf(one);
    if (at >= 0) this.waiting.splice(at, 1);
    for (const op of one.ops) {
      const list = this.byMark.get(op.id)?.filter((other) => other !== one) ?? [];
      if (list.length > 0) this.byMark.set(op.id, list);
      else this.byMark.delete(op.id);
    }
  }

  private setRefused(refused: readonly Refused[]): void {
    this.refused = refused;
    this.refusedMarks = new Set(refused.flatMap((one) => one.ops.map((op) => op.id)));
  }
}
