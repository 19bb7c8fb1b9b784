/**
 * The outbox on this tablet: sealed in IndexedDB, shared by all tabs of one person.
 *
 * Every write holds one Web Lock, so numbers are never given twice and other tabs hear of writes
 * in the order in which they became durable. Entries lie one by one, so that a stroke costs one
 * small write however long the queue is.
 */
import { SealedUnreadable, type SealedChange, type SealedStore } from '../../sealed';
import {
  inOrder,
  type Entry,
  type Lease,
  type Numbers,
  type OutboxStorage,
  type OutboxWrite,
  type Refused,
  type StoredOutbox,
} from '../core';

interface Meta {
  id: string;
  last: number;
  /** Counts refusals, to keep them in order. */
  refusals: number;
}

interface Heard {
  write: OutboxWrite;
  numbers: Numbers;
}

/** Bookkeeping, by its dot: an outbox with nothing else is empty. */
const META = '.queue';
const DIGITS = 16;

export interface OutboxParts {
  /** The sealed bucket `outbox`, written through to the disk. */
  store: SealedStore;
  /** The same bucket, not waiting for the disk: an acknowledged push that comes back is sent
   * again and gets its first answer. */
  lazy: SealedStore;
  /** Names lock and channel: one outbox per person. */
  person: string;
  newId: () => string;
}

export class SealedOutbox implements OutboxStorage {
  private readonly channel: BroadcastChannel;
  private readonly lock: string;

  constructor(private readonly parts: OutboxParts) {
    this.lock = `phonghop-outbox-write-${parts.person}`;
    this.channel = new BroadcastChannel(`phonghop-outbox-${parts.person}`);
  }

  load(): Promise<StoredOutbox> {
    return this.alone(async () => {
      const meta = await this.meta();
      const [entries, refused] = await Promise.all([
        this.all<Entry>(`entry/${meta.id}/`),
        this.all<Refused>(`refused/${meta.id}/`),
      ]);
      return { id: meta.id, entries: inOrder(entries), refused };
    });
  }

  write(write: OutboxWrite): Promise<Numbers> {
    return this.alone(async () => {
      const meta = await this.meta();
      const { changes, numbers } = await this.planned(meta, write);
      const { append, update, refuse, release } = write;
      const keeps = append?.length || update?.length || refuse?.length || release?.length;
      await (keeps ? this.parts.store : this.parts.lazy).write(changes);
      const heard: Heard = { write, numbers };
      this.channel.postMessage(heard);
      return numbers;
    });
  }

  listen(listener: (write: OutboxWrite, numbers: Numbers) => void): () => void {
    const hear = ({ data }: MessageEvent<Heard>) => listener(data.write, data.numbers);
    this.channel.addEventListener('message', hear);
    return () => this.channel.removeEventListener('message', hear);
  }

  close(): void {
    this.channel.close();
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(this.lock, work) as Promise<T>;
  }

  private async planned(
    meta: Meta,
    write: OutboxWrite,
  ): Promise<{ changes: SealedChange[]; numbers: Numbers }> {
    const changes: SealedChange[] = [];
    const numbers: Record<string, number> = {};
    const next = { ...meta };
    for (const draft of write.append ?? []) {
      const opNo = (next.last += 1);
      numbers[draft.key] = opNo;
      const entry: Entry = { ...draft, opNo, order: draft.order ?? opNo };
      changes.push({ key: this.entryKey(meta, opNo), bytes: packed(entry) });
    }
    for (const entry of write.update ?? []) {
      changes.push({ key: this.entryKey(meta, entry.opNo), bytes: packed(entry) });
    }
    const gone = [...(write.remove ?? []), ...(write.acked ?? []).map((ack) => ack.opNo)];
    for (const opNo of gone) changes.push({ key: this.entryKey(meta, opNo), bytes: null });
    for (const one of write.refuse ?? []) {
      const place = padded((next.refusals += 1));
      changes.push({ key: `refused/${meta.id}/${place}/${one.key}`, bytes: packed(one) });
    }
    if (write.release?.length) {
      const released = new Set(write.release);
      for (const key of await this.parts.store.keys(`refused/${meta.id}/`)) {
        if (released.has(key.split('/')[3] ?? '')) changes.push({ key, bytes: null });
      }
    }
    if (next.last !== meta.last || next.refusals !== meta.refusals) {
      changes.push({ key: META, bytes: packed(next) });
    }
    return { changes, numbers };
  }

  /** A queue whose key was revoked opens no more: a new one begins, under a new name. */
  private async meta(): Promise<Meta> {
    const { store, newId } = this.parts;
    try {
      const known = await store.get(META);
      if (known) return unpacked<Meta>(known);
    } catch (problem) {
      if (!(problem instanceof SealedUnreadable)) throw problem;
    }
    const made: Meta = { id: newId(), last: 0, refusals: 0 };
    await store.put(META, packed(made));
    return made;
  }

  private async all<T>(prefix: string): Promise<T[]> {
    return (await this.parts.store.entries(prefix)).map(([, bytes]) => unpacked<T>(bytes));
  }

  private entryKey(meta: Meta, opNo: number): string {
    return `entry/${meta.id}/${padded(opNo)}`;
  }
}

/** One tab of a person sends; the next takes over when it goes. */
export function senderLease(person: string): Lease {
  return {
    acquire(held) {
      const given = new AbortController();
      let release: () => void = () => undefined;
      const until = new Promise<void>((resolve) => (release = resolve));
      navigator.locks
        .request(`phonghop-outbox-send-${person}`, { signal: given.signal }, () => {
          held();
          return until;
        })
        .catch(() => undefined);
      return () => {
        release();
        given.abort();
      };
    },
  };
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}

function packed(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function unpacked<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}
