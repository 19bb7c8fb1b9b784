import {
  fingerprint,
  importLeasedKey,
  keyBytesFromBase64Url,
  open,
  PIN_ITERATIONS,
  seal,
  unwrapWithPin,
  wrapWithPin,
  type Bytes,
  type Envelope,
} from './cipher';
import {
  blobRange,
  changeLease,
  DATABASE_NAME,
  deleteBlobs,
  deviceKey,
  dropDeviceKey,
  openSealedDatabase,
  type BlobKey,
  type LeaseRecord,
  type SealedDatabase,
} from './database';
import { deviceTime, LeaseClock, type TimeSource } from './lease-clock';
import { SealedLocked, sealedStore, type OpenSeal, type SealedStore } from './store';

export type LockState = 'none' | 'locked' | 'unlocked' | 'expired';
export type UnlockAnswer = 'ok' | 'wrong' | 'expired' | 'wiped';

export interface Lease {
  person: string;
  device: string;
  /** base64url, 32 bytes. */
  key: string;
  /** ISO 8601. */
  expires_at: string;
  /** ISO 8601; the server's clock when it gave the lease. */
  server_time?: string;
}

/**
 * The bucket that survives sign-out when asked to: work that the server has not got yet. Names
 * in it that begin with "." are its bookkeeping, and no reason to keep it.
 */
export const OUTBOX_BUCKET = 'outbox';
/** Answers that were begun: like unsent work they are nowhere else. */
export const DRAFTS_BUCKET = 'drafts';
const OWN_WORK: readonly string[] = [OUTBOX_BUCKET, DRAFTS_BUCKET];
/** A shared tablet lies on desks: with five tries, six digits leave a chance of 1 in 200,000. */
export const PIN_MIN_LENGTH = 6;
/** TCVN 11930 asks for a lock after at most five bad sign-ins. */
export const WRONG_PINS_ALLOWED = 5;
/** How often the highest clock value is written down, ms: a crash gives back at most this. */
const CLOCK_NOTE_MS = 60_000;
/** What is being written when another tab takes the key away has so long at most, ms: the same as
 * in the tab that locks. */
const LAST_WORDS_MS = 5_000;
/** Who signs out waits so long, ms, for other tabs to say that they are there: one message to and
 * fro takes a few, a tab that draws a page some 100. */
const HERE_MS = 300;

export class PinTooShort extends Error {
  readonly code = 'pin_too_short';
}

export interface SealedOptions {
  name?: string;
  time?: TimeSource;
  iterations?: number;
  lastWordsMs?: number;
}

/** Why another tab takes the key away. */
export type Going = 'lock' | 'left';

interface Opened {
  key: CryptoKey;
  keyId: string;
  person: string;
  /** The raw key sealed by the device key, in memory only, so that a PIN can be set later. */
  carrier: Envelope;
}

function isOwnWork(bucket: string): boolean {
  return OWN_WORK.includes(bucket);
}

function isUnsent([, bucket, name]: BlobKey): boolean {
  return isOwnWork(bucket) && !name.startsWith('.');
}

/** `leaving` comes before `left` where work is kept; `here` and `written` answer it. */
type TabMessage = { kind: Going | 'changed' | 'leaving' | 'here' | 'written' };

/** The leased key of the person at this device, and the stores that it seals. */
export class Sealed {
  /** Resolves when `state()` tells what lies on this device. */
  readonly ready: Promise<void>;

  private readonly name: string;
  private readonly iterations: number;
  private readonly time: TimeSource;
  private readonly clock: LeaseClock;
  private readonly listeners = new Set<() => void>();
  private readonly lastWords = new Set<(why: Going) => Promise<unknown>>();
  private readonly lastWordsMs: number;
  private readonly tabs: BroadcastChannel;
  private readonly ticking: ReturnType<typeof setInterval>;
  private database: Promise<SealedDatabase> | null = null;
  private lease: LeaseRecord | undefined;
  private opened: Opened | null = null;
  /** The key goes: what is being written is written first. */
  private lettingGo: Promise<void> | null = null;
  /** Hears what other tabs answer to a sign-out of this one. */
  private onAnswer: (kind: 'here' | 'written') => void = () => undefined;
  /** Whose sign-out is not complete yet. */
  private leaving: string | null = null;
  private notedAt = 0;
  private told: LockState = 'none';
  private closed = false;

  constructor({ name, time, iterations, lastWordsMs }: SealedOptions = {}) {
    this.name = name ?? DATABASE_NAME;
    this.iterations = iterations ?? PIN_ITERATIONS;
    this.lastWordsMs = lastWordsMs ?? LAST_WORDS_MS;
    this.time = time ?? deviceTime;
    this.clock = new LeaseClock(this.time);
    this.tabs = new BroadcastChannel(this.name);
    this.tabs.onmessage = ({ data }: MessageEvent<TabMessage>) =>
      void this.heard(data).catch(() => undefined);
    this.ready = this.load();
    this.ready.catch(() => undefined);
    this.ticking = setInterval(() => void this.watchLease().catch(() => undefined), CLOCK_NOTE_MS);
    (this.ticking as { unref?: () => void }).unref?.();
  }

  state(): LockState {
    if (!this.lease) return 'none';
    if (this.clock.now() >= this.lease.expires_at) return 'expired';
    if (this.opened) return 'unlocked';
    return this.lease.wrap ? 'locked' : 'none';
  }

  /** Called after every change of state; the answer ends the subscription. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called before another tab takes the key away; the key waits for the answer, for a while. */
  beforeItGoes(write: (why: Going) => Promise<unknown>): () => void {
    this.lastWords.add(write);
    return () => this.lastWords.delete(write);
  }

  /** Whose work lies here; known while locked, for "this device is X's". */
  person(): string | null {
    return this.lease?.person ?? null;
  }

  /** The device that the key was leased to, or `null` without a lease. */
  device(): string | null {
    return this.lease?.device ?? null;
  }

  hasPin(): boolean {
    return this.lease?.wrap != null;
  }

  /** The end of the lease, or `null` without one. */
  expiresAt(): Date | null {
    return this.lease ? new Date(this.lease.expires_at) : null;
  }

  /**
   * Takes the lease of an online sign-in. What another person left here is removed, but for work
   * that was never sent: it stays sealed until its owner is back.
   */
  async adopt(lease: Lease): Promise<void> {
    await this.ready;
    const db = await this.open();
    const raw = keyBytesFromBase64Url(lease.key);
    const opened = await this.take(db, raw, lease.person);
    let previous: LeaseRecord | undefined;
    const trusted = this.clock.trust(
      lease.server_time ? Date.parse(lease.server_time) : this.time.now(),
    );
    // A renewal must not lock out what is being written meanwhile.
    if (this.opened?.keyId !== opened.keyId || this.opened.person !== lease.person) {
      this.opened = null;
    }
    this.lease = await changeLease(db, (known) => {
      previous = known;
      const same = known?.person === lease.person && known.key_id === opened.keyId;
      return {
        person: lease.person,
        device: lease.device,
        expires_at: Date.parse(lease.expires_at),
        key_id: opened.keyId,
        wrap: same ? known.wrap : null,
        wrong_pins: 0,
        highest_clock: trusted.highest,
        clock_ahead: trusted.ahead,
      };
    });
    if (previous && previous.person !== lease.person) {
      await deleteBlobs(db, previous.person, isOwnWork);
    }
    if (previous?.key_id !== opened.keyId) {
      await deleteBlobs(db, lease.person, isOwnWork);
    }
    this.opened = opened;
    this.tell({ kind: 'changed' });
  }

  /**
   * @throws SealedLocked when there is no key to wrap.
   * @throws PinTooShort below PIN_MIN_LENGTH characters.
   */
  async setPin(pin: string): Promise<void> {
    if (pin.length < PIN_MIN_LENGTH) throw new PinTooShort();
    const { db } = await this.openSeal();
    const opened = this.opened;
    if (!opened) throw new SealedLocked();
    const device = await deviceKey(db);
    const raw = await open(device, opened.carrier, 'carrier');
    const wrap = await wrapWithPin(raw, pin, device, this.iterations);
    raw.fill(0);
    this.lease = await changeLease(db, (known) =>
      known?.key_id === opened.keyId ? { ...known, wrap, wrong_pins: 0 } : undefined,
    );
    this.tell({ kind: 'changed' });
  }

  /** The fifth wrong PIN wipes the key here; the outbox opens again after an online sign-in. */
  async unlock(pin: string): Promise<UnlockAnswer> {
    await this.ready;
    const db = await this.open();
    this.refresh(await db.get('lease', 'current'));
    if (this.state() === 'expired') {
      await this.watchLease();
      return 'expired';
    }
    // Counted before it is tried: closing the page in between does not give the try back.
    this.lease = await changeLease(db, (known) =>
      known?.wrap ? { ...known, wrong_pins: known.wrong_pins + 1 } : undefined,
    );
    const { lease } = this;
    if (!lease?.wrap) return 'wiped';
    if (lease.wrong_pins > WRONG_PINS_ALLOWED) return this.wipe(db);
    const raw = await unwrapWithPin(lease.wrap, pin, await deviceKey(db));
    if (!raw) {
      if (lease.wrong_pins >= WRONG_PINS_ALLOWED) return this.wipe(db);
      this.tell({ kind: 'changed' });
      return 'wrong';
    }
    const opened = await this.take(db, raw, lease.person);
    const highest = this.clock.now();
    this.lease = await changeLease(db, (known) =>
      known?.wrap
        ? { ...known, wrong_pins: 0, highest_clock: Math.max(highest, known.highest_clock) }
        : undefined,
    );
    if (!this.lease?.wrap) return 'wiped';
    this.opened = opened;
    this.tell();
    return 'ok';
  }

  /** Tries left before the key is wiped. */
  triesLeft(): number {
    return Math.max(0, WRONG_PINS_ALLOWED - (this.lease?.wrong_pins ?? 0));
  }

  lock(): void {
    this.opened = null;
    this.tell({ kind: 'lock' });
  }

  /**
   * @param durability 'strict' waits for the disk (unsent work); copies need not.
   * @param person whose it is: it stays locked while somebody else's key is open. Without one it
   *   belongs to who is here.
   */
  store(
    bucket: string,
    durability: IDBTransactionDurability = 'relaxed',
    person?: string,
  ): SealedStore {
    return sealedStore(bucket, durability, async () => {
      const seal = await this.openSeal();
      if (person !== undefined && seal.person !== person) throw new SealedLocked();
      return seal;
    });
  }

  /**
   * Sign-out: the key first, then what it sealed. Where that fails it can be asked again. Other
   * tabs write down first what is to be kept.
   */
  async leave({ keepUnsent }: { keepUnsent: boolean }): Promise<void> {
    if (keepUnsent && !this.closed) await this.othersWrite();
    const person = this.person() ?? this.leaving;
    this.leaving = person;
    this.opened = null;
    this.lease = undefined;
    this.tell({ kind: 'left' });
    const db = await this.open();
    this.lease = await changeLease(db, () => null);
    await dropDeviceKey(db);
    if (person) {
      const waiting = new Set<string>();
      for (const bucket of keepUnsent ? OWN_WORK : []) {
        const keys = await db.getAllKeys('blobs', blobRange(person, bucket));
        if (keys.some(isUnsent)) waiting.add(bucket);
      }
      await deleteBlobs(db, person, (bucket) => waiting.has(bucket));
    }
    this.leaving = null;
    this.tell({ kind: 'changed' });
  }

  /** For tests and hot reload: lets go of the database, the timer and the other tabs. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.ticking);
    this.tabs.close();
    this.opened = null;
    const db = await this.database?.catch(() => null);
    db?.close();
    this.database = null;
  }

  private async load(): Promise<void> {
    const db = await this.open();
    this.refresh(await db.get('lease', 'current'));
    this.tell();
    await this.watchLease();
  }

  private open(): Promise<SealedDatabase> {
    this.database ??= openSealedDatabase(this.name, () => {
      this.database = null;
    }).catch((problem: unknown) => {
      this.database = null;
      throw problem;
    });
    return this.database;
  }

  private refresh(record: LeaseRecord | undefined): void {
    this.lease = record;
    if (record) this.clock.saw(record.highest_clock, record.clock_ahead);
    if (this.opened && this.opened.keyId !== record?.key_id) this.opened = null;
  }

  private async take(db: SealedDatabase, raw: Bytes, person: string): Promise<Opened> {
    const [key, keyId, carrier] = await Promise.all([
      importLeasedKey(raw),
      fingerprint(raw),
      deviceKey(db).then((device) => seal(device, raw, 'carrier')),
    ]);
    raw.fill(0);
    return { key, keyId, person, carrier };
  }

  private async openSeal(): Promise<OpenSeal> {
    await this.ready;
    if (this.state() !== 'unlocked' || !this.opened) throw new SealedLocked();
    const db = await this.open();
    const { opened } = this;
    if (!opened) throw new SealedLocked();
    if (this.clock.now() - this.notedAt > CLOCK_NOTE_MS)
      void this.watchLease().catch(() => undefined);
    return { db, key: opened.key, keyId: opened.keyId, person: opened.person };
  }

  private async wipe(db: SealedDatabase): Promise<'wiped'> {
    this.opened = null;
    this.lease = await changeLease(db, (known) => known && { ...known, wrap: null });
    await dropDeviceKey(db);
    this.tell({ kind: 'lock' });
    return 'wiped';
  }

  /** Writes the clock down, and ends a lease that is over: the key first, then the copies. */
  private async watchLease(): Promise<void> {
    if (!this.lease) return;
    const highest = this.clock.now();
    this.notedAt = highest;
    const over = highest >= this.lease.expires_at;
    if (over) this.opened = null;
    const db = await this.open();
    const { person } = this.lease;
    this.lease = await changeLease(
      db,
      (known) =>
        known && {
          ...known,
          highest_clock: Math.max(highest, known.highest_clock),
          wrap: highest >= known.expires_at ? null : known.wrap,
        },
    );
    if (!over) return;
    this.tell();
    if (this.state() !== 'expired') return;
    await dropDeviceKey(db);
    await deleteBlobs(db, person, isOwnWork);
  }

  private async heard({ kind }: TabMessage): Promise<void> {
    if (kind === 'here' || kind === 'written') return this.onAnswer(kind);
    if (kind === 'leaving') return this.answerLeaving();
    if (kind === 'lock') await this.letGo('lock');
    if (kind === 'left') {
      this.opened = null;
      // What the other tab takes away may still lie here: it is nobody's any more.
      this.lease = undefined;
    }
    this.tell();
    if (kind === 'left') return;
    const db = await this.open();
    this.refresh(await db.get('lease', 'current'));
    this.tell();
  }

  /** Lets the key go once what needs it is written; one that was opened meanwhile stays. */
  private letGo(why: Going): Promise<void> {
    const going = this.opened;
    if (!going) return Promise.resolve();
    this.lettingGo ??= Promise.race([
      Promise.allSettled([...this.lastWords].map((write) => write(why))),
      pause(this.lastWordsMs),
    ])
      .then(() => {
        if (this.opened === going) this.opened = null;
      })
      .finally(() => (this.lettingGo = null));
    return this.lettingGo;
  }

  private async answerLeaving(): Promise<void> {
    if (!this.opened) return;
    this.post('here');
    await this.letGo('left');
    this.post('written');
    this.tell();
  }

  /** Asks the other tabs to write, and waits for those that say that they are there. */
  private async othersWrite(): Promise<void> {
    let writing = 0;
    let all: () => void = () => undefined;
    this.onAnswer = (kind) => {
      writing += kind === 'here' ? 1 : -1;
      if (writing === 0) all();
    };
    this.post('leaving');
    await pause(HERE_MS);
    const written = new Promise<void>((resolve) => (all = resolve));
    if (writing > 0) await Promise.race([written, pause(this.lastWordsMs)]);
    this.onAnswer = () => undefined;
  }

  private post(kind: TabMessage['kind']): void {
    if (!this.closed) this.tabs.postMessage({ kind } satisfies TabMessage);
  }

  private tell(message?: TabMessage): void {
    // What was under way when this was closed says nothing to other tabs any more.
    if (message) this.post(message.kind);
    const state = this.state();
    if (!message && state === this.told) return;
    this.told = state;
    for (const listener of [...this.listeners]) listener();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
