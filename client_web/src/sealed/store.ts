import { open, seal } from './cipher';
import { blobRange, type BlobKey, type SealedDatabase } from './database';

/** No key in memory: nothing can be read or written until sign-in or PIN. */
export class SealedLocked extends Error {
  readonly code = 'sealed_locked';
  constructor() {
    super('the sealed stores are locked');
  }
}

/** The value was sealed with a key that has been revoked since, or has been tampered with. */
export class SealedUnreadable extends Error {
  readonly code = 'sealed_unreadable';
  constructor(readonly key: string) {
    super(`sealed value ${key} does not open`);
  }
}

export interface SealedChange {
  key: string;
  /** `null` deletes. */
  bytes: Uint8Array | null;
}

/** One named store of one person on this device. Names are ids and lie in the clear. */
export interface SealedStore {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** In order of their names. */
  keys(prefix?: string): Promise<string[]>;
  /** Everything whose name begins so, in order, in one read. */
  entries(prefix?: string): Promise<Array<[string, Uint8Array<ArrayBuffer>]>>;
  /** All or nothing. */
  write(changes: readonly SealedChange[]): Promise<void>;
  clear(): Promise<void>;
}

/** What is needed to open and close values; `null` while locked. */
export interface OpenSeal {
  db: SealedDatabase;
  key: CryptoKey;
  keyId: string;
  person: string;
}

let nowhere: MessagePort | undefined;

/**
 * Gives the memory of what was written back: moved to a port that nobody listens at. The collector
 * would let some 30 MB gather first.
 */
function release({ data }: { data: Uint8Array<ArrayBuffer> }): void {
  if (!nowhere) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  nowhere.postMessage(null, [data.buffer]);
}

/**
 * @param current asked at every call, so that a store outlives locking and unlocking.
 * @throws SealedLocked (every method) while there is no key.
 */
export function sealedStore(
  bucket: string,
  durability: IDBTransactionDurability,
  current: () => Promise<OpenSeal>,
): SealedStore {
  const at = (s: OpenSeal, key: string): BlobKey => [s.person, bucket, key];
  const place = (s: OpenSeal, key: string): string => JSON.stringify(at(s, key));

  async function write(changes: readonly SealedChange[]): Promise<void> {
    const s = await current();
    const sealed = await Promise.all(
      changes.map(async ({ key, bytes }) => ({
        key: at(s, key),
        record: bytes && { ...(await seal(s.key, bytes, place(s, key))), key_id: s.keyId },
      })),
    );
    const still = await current();
    if (still.person !== s.person || still.keyId !== s.keyId) throw new SealedLocked();
    const tx = s.db.transaction('blobs', 'readwrite', { durability });
    const done = sealed.map(({ key, record }) =>
      record ? tx.store.put(record, key) : tx.store.delete(key),
    );
    await Promise.all([...done, tx.done]);
    for (const { record } of sealed) if (record) release(record);
  }

  return {
    write,
    put: (key, bytes) => write([{ key, bytes }]),
    delete: (key) => write([{ key, bytes: null }]),

    async get(key) {
      const s = await current();
      const record = await s.db.get('blobs', at(s, key));
      if (!record) return undefined;
      return opened(s, record, key);
    },

    async keys(prefix) {
      const s = await current();
      const keys = await s.db.getAllKeys('blobs', blobRange(s.person, bucket, prefix));
      return keys.map((key) => key[2]);
    },

    async entries(prefix) {
      const s = await current();
      const range = blobRange(s.person, bucket, prefix);
      const tx = s.db.transaction('blobs');
      const [keys, records] = await Promise.all([
        tx.store.getAllKeys(range),
        tx.store.getAll(range),
      ]);
      return Promise.all(
        records.map(async (record, i): Promise<[string, Uint8Array<ArrayBuffer>]> => {
          const key = (keys[i] as BlobKey)[2];
          return [key, await opened(s, record, key)];
        }),
      );
    },

    async clear() {
      const s = await current();
      await s.db.delete('blobs', blobRange(s.person, bucket));
    },
  };

  async function opened(
    s: OpenSeal,
    record: { iv: Uint8Array<ArrayBuffer>; data: Uint8Array<ArrayBuffer>; key_id: string },
    key: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (record.key_id !== s.keyId) throw new SealedUnreadable(key);
    try {
      return await open(s.key, record, place(s, key));
    } catch {
      throw new SealedUnreadable(key);
    }
  }
}
