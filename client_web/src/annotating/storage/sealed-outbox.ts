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
  type OutboxWrite,
  type Refused,
  type StoredOutbox,
} from '../core';
import type { DiskOutbox } from './fallback-outbox';
import { packed, unpacked } from './packed';

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

/** Bookkeeping, by its dot: an outbox with nothing else is empty. Where it does not open, the one
 * of a later key lies beside it, with the outbox's name behind. */
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

export class SealedOutbox implements DiskOutbox {
  /** Batches and refusals that lie here and do not open: sealed with a key that was replaced.
   * They stay as they are until their owner lets them go. Known after `load`. */
  unopened = 0;

  private readonly channel: BroadcastChannel;
  private readonly lock: string;
  private closed = false;
  /** Where the bookkeeping of the outbox that opens lies. */
  private place = META;

  constructor(private readonly parts: OutboxParts) {
    this.lock = `phonghop-outbox-write-${parts.person}`;
    this.channel = new BroadcastChannel(`phonghop-outbox-${parts.person}`);
  }

  load(): Promise<StoredOutbox> {
    return this.alone(async () => {
      const meta = await this.meta();
      const entries = await this.all<Entry>('entry', meta);
      const refused = await this.all<Refused>('refused', meta);
      this.unopened = entries.unopened.length + refused.unopened.length;
      return { id: meta.id, entries: inOrder(entries.values), refused: refused.values };
    });
  }

  write(write: OutboxWrite): Promise<Numbers> {
    return this.alone(async () => {
      const meta = await this.meta();
      const { changes, numbers } = await this.planned(meta, write);
      const { append, update, refuse, release } = write;
      const keeps = append?.length || update?.length || refuse?.length || release?.length;
      await (keeps ? this.parts.store : this.parts.lazy).write(changes);
      this.announce(write, numbers);
      return numbers;
    });
  }

  /** What is durable stays so when this tab has nobody left to tell. */
  announce(write: OutboxWrite, numbers: Numbers): void {
    const heard: Heard = { write, numbers };
    if (!this.closed) this.channel.postMessage(heard);
  }

  /** The owner lets go of what does not open. */
  forgetUnopened(): Promise<void> {
    return this.alone(async () => {
      const meta = await this.meta();
      const entries = await this.all('entry', meta);
      const refused = await this.all('refused', meta);
      const gone = [...entries.unopened, ...refused.unopened];
      await this.parts.store.write(gone.map((key) => ({ key, bytes: null })));
      this.unopened = 0;
    });
  }

  listen(listener: (write: OutboxWrite, numbers: Numbers) => void): () => void {
    const hear = ({ data }: MessageEvent<Heard>) => listener(data.write, data.numbers);
    this.channel.addEventListener('message', hear);
    return () => this.channel.removeEventListener('message', hear);
  }

  close(): void {
    this.closed = true;
    this.channel.close();
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    return (await navigator.locks.request(this.lock, work)) as T;
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
      changes.push({ key: this.place, bytes: packed(next) });
    }
    return { changes, numbers };
  }

  /** An outbox whose key was replaced opens no more: another begins beside it, and it stays. */
  private async meta(): Promise<Meta> {
    const { store, newId } = this.parts;
    const known = await this.read<Meta>(this.place);
    if (known) return known;
    const places = await store.keys(META);
    for (const place of places) {
      const other = await this.read<Meta>(place);
      if (!other) continue;
      this.place = place;
      return other;
    }
    const made: Meta = { id: newId(), last: 0, refusals: 0 };
    this.place = places.length === 0 ? META : `${META}/${made.id}`;
    await store.put(this.place, packed(made));
    return made;
  }

  /** Undefined where nothing lies, or nothing that opens. */
  private async read<T>(key: string): Promise<T | undefined> {
    try {
      const bytes = await this.parts.store.get(key);
      return bytes && unpacked<T>(bytes);
    } catch (problem) {
      if (problem instanceof SealedUnreadable) return undefined;
      throw problem;
    }
  }

  /** What this outbox holds, and the names of what lies here and does not open. */
  private async all<T>(kind: string, meta: Meta): Promise<{ values: T[]; unopened: string[] }> {
    const { store } = this.parts;
    const own = `${kind}/${meta.id}/`;
    const unopened = (await store.keys(`${kind}/`)).filter((key) => !key.startsWith(own));
    try {
      const values = (await store.entries(own)).map(([, bytes]) => unpacked<T>(bytes));
      return { values, unopened };
    } catch (problem) {
      if (!(problem instanceof SealedUnreadable)) throw problem;
    }
    const values: T[] = [];
    for (const key of await store.keys(own)) {
      const value = await this.read<T>(key);
      if (value === undefined) unopened.push(key);
      else values.push(value);
    }
    return { values, unopened };
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
