/**
 * The outbox on the disk while the disk takes it, and in this tab's memory from the moment it no
 * longer does: from a tablet that keeps nothing, work must reach the server all the same.
 *
 * Once given up the disk is not tried again by this tab, nor by one that hears of work in memory,
 * so that numbers keep the order of the work. Those given in memory lie far above any of the
 * disk's and count in steps, each past all that was heard (Lamport 1978: what was made on top
 * comes after). In a step each tab has a place drawn at random: two tabs do not meet there, and
 * where they do the server says `op_no_reused`.
 */
import { SealedLocked } from '../../sealed';
import {
  FIRST_IN_MEMORY,
  type Numbers,
  type OutboxStorage,
  type OutboxWrite,
  type StoredOutbox,
} from '../core';

/** Refused writes in a row that end the patience; with the core's pauses some three seconds. */
export const DISK_TRIES = 3;
/** An answer the disk owes for so long, twice in a row, is not coming, ms. Counted twice, so that
 * a tablet that slept does not take its own sleep for the disk's. */
export const DISK_ANSWERS_WITHIN_MS = 10_000;
/** Places in a step; some 30 million steps stay below 2^53. */
const PLACES = 2 ** 28;

/** The outbox on the disk, as this one needs it. */
export interface DiskOutbox extends OutboxStorage {
  /** Tells the other tabs of a write that only memory holds. */
  announce(write: OutboxWrite, numbers: Numbers): void;
}

export interface FallbackParts {
  disk: DiskOutbox;
  /** 0 … 1. */
  random: () => number;
  /** The disk was given up: what is not sent is lost with the tab from now on. */
  gaveUp: () => void;
}

class TooSlow extends Error {}

export class FallbackOutbox implements OutboxStorage {
  /** Of the numbers in memory; null while the disk is trusted. */
  private place: number | null = null;
  private step = 0;
  private failures = 0;
  private clearing = false;

  constructor(private readonly parts: FallbackParts) {}

  /** Rejects once the disk was given up: what this tab has heard is the newest there is. */
  load(): Promise<StoredOutbox> {
    if (this.place !== null) return Promise.reject(new Error('the outbox is in memory'));
    return inTime(this.parts.disk.load());
  }

  async write(write: OutboxWrite): Promise<Numbers> {
    if (this.place !== null) return this.inMemory(this.place, write);
    const writing = this.parts.disk.write(write);
    try {
      const numbers = await inTime(writing);
      this.failures = 0;
      return numbers;
    } catch (problem) {
      // Nobody's key is open: that says nothing about the disk.
      if (problem instanceof SealedLocked) throw problem;
      this.failures += 1;
      const slow = problem instanceof TooSlow;
      if (!slow && this.failures < DISK_TRIES) throw problem;
      if (slow) void this.takeBack(writing);
      return this.inMemory(this.giveUp(), write);
    }
  }

  listen(listener: (write: OutboxWrite, numbers: Numbers) => void): () => void {
    return this.parts.disk.listen((write, numbers) => {
      this.follow(numbers);
      listener(write, numbers);
    });
  }

  private giveUp(): number {
    if (this.place === null) {
      this.place = Math.floor(this.parts.random() * PLACES);
      this.parts.gaveUp();
    }
    return this.place;
  }

  /** Work in another tab's memory: what this tab makes on top of it must come after it, and would
   * mean nothing on a disk without it. */
  private follow(numbers: Numbers): void {
    for (const number of Object.values(numbers)) {
      if (number < FIRST_IN_MEMORY) continue;
      const step = Math.floor((number - FIRST_IN_MEMORY) / PLACES);
      this.step = Math.max(this.step, step + 1);
      this.giveUp();
    }
  }

  private inMemory(place: number, write: OutboxWrite): Numbers {
    const numbers: Record<string, number> = {};
    for (const draft of write.append ?? []) {
      numbers[draft.key] = FIRST_IN_MEMORY + this.step * PLACES + place;
      this.step += 1;
    }
    this.parts.disk.announce(write, numbers);
    if (write.acked) void this.takeOff(write.acked);
    return numbers;
  }

  /** What the server has should not lie on the disk. Where it stays, it is sent again by the next
   * tab, under its number, and gets its first answer. */
  private async takeOff(acked: OutboxWrite['acked']): Promise<void> {
    if (this.clearing || acked === undefined) return;
    this.clearing = true;
    await this.parts.disk.write({ acked }).catch(() => undefined);
    this.clearing = false;
  }

  /** A write that came through after all: its work goes out from memory, not twice. */
  private async takeBack(late: Promise<Numbers>): Promise<void> {
    try {
      const remove = Object.values(await late);
      if (remove.length > 0) await this.parts.disk.write({ remove });
    } catch {
      // it never came through
    }
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const again = () => (timer = setTimeout(() => reject(new TooSlow()), DISK_ANSWERS_WITHIN_MS));
    let timer = setTimeout(again, DISK_ANSWERS_WITHIN_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
