/**
 * The thin shell around the core: does what its effects ask for. One per tab and person.
 * Framework-free; the browser's parts (socket, sealed store, Web Lock, timers) are handed in.
 */
import type { Effect } from './effects';
import { SyncCore } from './sync';
import type { ClientMessage, ServerMessage } from './model';
import type { Lease, Numbers, OutboxStorage, OutboxWrite } from './outbox';

/** A storage that could not be read at the hand-over (locked, busy) is asked again, so often:
 * then this tab sends what it knows, for work must not wait for a disk that is broken. */
const LEAD_AGAIN_MS = 1_000;
const LEAD_TRIES = 3;

export interface RunnerParts {
  readonly person: string;
  readonly storage: OutboxStorage;
  readonly lease: Lease;
  readonly newKey: () => string;
  readonly random: () => number;
  /** False when the frame did not leave; the reconnect will send it again. */
  readonly send: (message: ClientMessage) => boolean;
  /** Returns how to cancel. */
  readonly later: (ms: number, run: () => void) => () => void;
  /** Marks of a layer look different or stand differently. */
  readonly show: (layer: string, ids: readonly string[]) => void;
  readonly purge: (layer: string) => void;
  readonly ephemeral?: (message: Extract<ServerMessage, { t: 'ann.ephemeral' }>) => void;
}

export class SyncRunner {
  readonly core: SyncCore;
  private readonly parts: RunnerParts;
  private readonly stopListening: () => void;
  private giveUpLease: () => void = () => undefined;
  private holding = false;
  private givingWay = false;
  private readonly timers = new Set<() => void>();
  /** Writes go to the storage one after the other: their order is the order of the work. */
  private writes: OutboxWrite[] = [];
  private writing: Promise<void> = Promise.resolve();
  private busy = false;
  private stopped = false;

  /** Loads what waits in the outbox and begins. Rejects when the storage cannot be read. */
  static async start(parts: RunnerParts): Promise<SyncRunner> {
    const heard: Array<[OutboxWrite, Numbers]> = [];
    let tell = (write: OutboxWrite, numbers: Numbers): void => void heard.push([write, numbers]);
    const stop = parts.storage.listen((write, numbers) => tell(write, numbers));
    const core = new SyncCore({ ...parts, outbox: await parts.storage.load() });
    const runner = new SyncRunner(core, parts, stop);
    tell = (write, numbers) => runner.run(core.heard(write, numbers));
    for (const [write, numbers] of heard) tell(write, numbers);
    return runner;
  }

  private constructor(core: SyncCore, parts: RunnerParts, stop: () => void) {
    this.core = core;
    this.parts = parts;
    this.stopListening = stop;
    this.queueUp();
  }

  /** This tab is the one that sends. */
  get holds(): boolean {
    return this.holding;
  }

  /**
   * Lets the next tab send and queues up again behind it. First what is under way is answered, or
   * its connection gone, and all is written down: the successor reads the outbox as it is then, so
   * that nothing is left behind and no refusal is met twice.
   */
  giveWay(): void {
    if (!this.holding || this.givingWay || this.stopped) return;
    this.givingWay = true;
    this.run(this.core.giveWay());
  }

  /** Does what the core asks for. Every call of a core method goes through here. */
  run(effects: readonly Effect[]): void {
    if (this.stopped) return;
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          this.parts.send(effect.message);
          break;
        case 'write':
          if (effect.next === true) this.writes.unshift(effect.write);
          else this.writes.push(effect.write);
          this.startWriting();
          break;
        case 'show':
          this.parts.show(effect.layer, effect.ids);
          break;
        case 'purge':
          this.parts.purge(effect.layer);
          break;
        case 'ephemeral':
          this.parts.ephemeral?.(effect.message);
          break;
        case 'wake': {
          const cancel = this.parts.later(effect.ms, () => {
            this.timers.delete(cancel);
            this.startWriting();
            this.run(this.core.wake(effect.why));
          });
          this.timers.add(cancel);
          break;
        }
      }
    }
    this.letGo();
  }

  /** Resolves when everything handed in so far is written or has failed. */
  settled(): Promise<void> {
    return this.writing;
  }

  /** Writes what waits now, without the pause after a failure; resolves as `settled`. */
  flush(): Promise<void> {
    this.startWriting();
    return this.writing;
  }

  /** Batches and refusals that the storage does not hold yet. */
  get unwritten(): number {
    const refusals = this.writes.reduce((sum, { refuse }) => sum + (refuse?.length ?? 0), 0);
    return this.core.unwritten + refusals;
  }

  /** Ends this tab's part; what is written stays for the next one. */
  stop(): void {
    this.stopped = true;
    this.stopListening();
    this.giveUpLease();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }

  private queueUp(): void {
    this.giveUpLease = this.parts.lease.acquire(() => {
      this.holding = true;
      void this.lead();
    });
  }

  private letGo(): void {
    if (
      !this.givingWay ||
      this.stopped ||
      this.busy ||
      this.writes.length > 0 ||
      this.core.awaitsAnswers
    )
      return;
    this.givingWay = this.holding = false;
    const giveUp = this.giveUpLease;
    this.run(this.core.unlead());
    giveUp();
    this.queueUp();
  }

  /** What the tab before us left is read at this moment, so that nothing is missed. */
  private async lead(tries = LEAD_TRIES): Promise<void> {
    if (!this.leads) return;
    try {
      const stored = await this.parts.storage.load();
      if (this.leads) this.run(this.core.lead(stored));
    } catch {
      if (!this.leads) return;
      if (tries > 1) this.leadAgain(tries - 1);
      else this.run(this.core.lead(null));
    }
  }

  private get leads(): boolean {
    return this.holding && !this.givingWay && !this.stopped;
  }

  private leadAgain(tries: number): void {
    const cancel = this.parts.later(LEAD_AGAIN_MS, () => {
      this.timers.delete(cancel);
      void this.lead(tries);
    });
    this.timers.add(cancel);
  }

  private startWriting(): void {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.writing = this.writeAll();
  }

  private async writeAll(): Promise<void> {
    for (let next = this.writes[0]; next !== undefined; next = this.writes[0]) {
      let numbers: Numbers;
      try {
        numbers = await this.parts.storage.write(next);
      } catch {
        this.busy = false;
        this.run(this.core.notWritten());
        return;
      }
      this.writes.shift();
      this.run(this.core.written(next, numbers));
    }
    this.busy = false;
    this.letGo();
  }
}
