/**
 * The durable queue of unsent work, one per person and tablet. All tabs share it; only the tab
 * that holds the lease sends. The tablet's sealed store implements `OutboxStorage`;
 * `MemoryOutbox` is for tests and for a browser that keeps nothing.
 */
import type { Item, Operation } from './model';

/** A batch of operations, as one gesture made it. Its number names it for the server for ever. */
export interface Entry {
  readonly key: string;
  readonly opNo: number;
  /** Place in the queue; what is left of a refused batch keeps its place under a new number. */
  readonly order: number;
  readonly layer: string;
  readonly ops: readonly Operation[];
}

/** An entry without its number: the storage gives it, so that two tabs never take the same. */
export interface Draft {
  readonly key: string;
  /** Absent: last in the queue (the number itself). */
  readonly order?: number;
  readonly layer: string;
  readonly ops: readonly Operation[];
}

/** Work that the server refused. It leaves by hand only: retried, exported or thrown away. */
export interface Refused {
  readonly key: string;
  readonly layer: string;
  readonly ops: readonly Operation[];
  readonly code: string;
  /** The push that was not answered: its answer may still come. */
  readonly opNo?: number;
  readonly field?: string;
  readonly serverValue?: Item;
}

/** The server has this push: what the other tabs need to take it off their view as well. */
export interface Acked {
  readonly opNo: number;
  readonly seqs: readonly number[];
  readonly revs: readonly number[];
}

/** One change of the queue, all or nothing. */
export interface OutboxWrite {
  readonly append?: readonly Draft[];
  /** Same number, new content (a rebased `base_rev`). */
  readonly update?: readonly Entry[];
  readonly acked?: readonly Acked[];
  /** Taken out without an acknowledgement: refused, or sent anew under another number. */
  readonly remove?: readonly number[];
  readonly refuse?: readonly Refused[];
  /** Keys of refused work that leaves the quarantine. */
  readonly release?: readonly string[];
}

export interface StoredOutbox {
  /** UUID made with the queue: the `outbox` of every push. */
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly refused: readonly Refused[];
}

/** Numbers given to appended drafts, by key. */
export type Numbers = Readonly<Record<string, number>>;

export interface OutboxStorage {
  load(): Promise<StoredOutbox>;
  /** Resolves once durable. Rejects when nothing was written (quota, locked store). */
  write(write: OutboxWrite): Promise<Numbers>;
  /** What other tabs wrote, in their order; returns how to stop listening. */
  listen(listener: (write: OutboxWrite, numbers: Numbers) => void): () => void;
}

/** Only its holder sends the outbox. In a browser: an exclusive Web Lock. */
export interface Lease {
  /** Calls `held` once this tab alone holds it (now, later or never); returns how to give it up. */
  acquire(held: () => void): () => void;
}

/** What a write makes of the queue; shared by every storage and by the tabs that hear of it. */
export function applyWrite(
  stored: StoredOutbox,
  write: OutboxWrite,
  numbers: Numbers,
): StoredOutbox {
  const out = new Set([...(write.remove ?? []), ...(write.acked ?? []).map((ack) => ack.opNo)]);
  const updated = new Map((write.update ?? []).map((entry) => [entry.opNo, entry]));
  const entries = stored.entries
    .filter((entry) => !out.has(entry.opNo))
    .map((entry) => updated.get(entry.opNo) ?? entry);
  for (const draft of write.append ?? []) {
    const opNo = numbers[draft.key];
    if (opNo !== undefined) entries.push({ ...draft, opNo, order: draft.order ?? opNo });
  }
  const released = new Set(write.release ?? []);
  const refused = [
    ...stored.refused.filter((one) => !released.has(one.key)),
    ...(write.refuse ?? []),
  ];
  return { id: stored.id, entries: inOrder(entries), refused };
}

/** By place, then by number: a remainder goes before what was queued after it. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => a.order - b.order || a.opNo - b.opNo);
}

/** The queue in memory. Several tabs of a test share one: `tab()` gives each its own view of it. */
export class MemoryOutbox {
  private stored: StoredOutbox;
  private last = 0;
  private readonly tabs = new Set<(write: OutboxWrite, numbers: Numbers) => void>();

  constructor(id: string) {
    this.stored = { id, entries: [], refused: [] };
  }

  /** What lies in the queue now. */
  get content(): StoredOutbox {
    return this.stored;
  }

  /** Writes at once; `from` is not told of its own write. */
  commit(write: OutboxWrite, from?: (write: OutboxWrite, numbers: Numbers) => void): Numbers {
    const numbers: Record<string, number> = {};
    for (const draft of write.append ?? []) numbers[draft.key] = ++this.last;
    this.stored = applyWrite(this.stored, write, numbers);
    for (const tab of [...this.tabs]) if (tab !== from) tab(write, numbers);
    return numbers;
  }

  tab(): OutboxStorage {
    let own: ((write: OutboxWrite, numbers: Numbers) => void) | undefined;
    return {
      load: () => Promise.resolve(this.stored),
      write: (write) => Promise.resolve(this.commit(write, own)),
      listen: (listener) => {
        own = listener;
        this.tabs.add(listener);
        return () => this.tabs.delete(listener);
      },
    };
  }
}
