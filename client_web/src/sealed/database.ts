import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { makeDeviceKey, type Envelope, type PinWrap } from './cipher';

export const DATABASE_NAME = 'phonghop-sealed';
const VERSION = 1;

/** What lies here about the lease. Nothing in it opens anything without PIN and device key. */
export interface LeaseRecord {
  person: string;
  device: string;
  expires_at: number;
  key_id: string;
  wrap: PinWrap | null;
  wrong_pins: number;
  highest_clock: number;
  clock_ahead: number;
}

export interface BlobRecord extends Envelope {
  key_id: string;
}

/** [person, bucket, name] */
export type BlobKey = [string, string, string];

interface SealedSchema extends DBSchema {
  keys: { key: 'device'; value: CryptoKey };
  lease: { key: 'current'; value: LeaseRecord };
  blobs: { key: BlobKey; value: BlobRecord };
}

export type SealedDatabase = IDBPDatabase<SealedSchema>;

/** @param onGone called when the browser or another tab takes the database away. */
export function openSealedDatabase(name: string, onGone: () => void): Promise<SealedDatabase> {
  return openDB<SealedSchema>(name, VERSION, {
    upgrade(db) {
      db.createObjectStore('keys');
      db.createObjectStore('lease');
      db.createObjectStore('blobs');
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      onGone();
    },
    terminated: onGone,
  });
}

/** All names of one person, of one bucket, or of one bucket that begin alike. */
export function blobRange(person: string, bucket?: string, prefix?: string): IDBKeyRange {
  const last = '\uffff';
  if (bucket === undefined) return IDBKeyRange.bound([person], [person, []]);
  if (!prefix) return IDBKeyRange.bound([person, bucket], [person, bucket, []]);
  return IDBKeyRange.bound([person, bucket, prefix], [person, bucket, prefix + last]);
}

/** Changes the lease record in one transaction, so that two tabs never overwrite each other. */
export async function changeLease(
  db: SealedDatabase,
  change: (lease: LeaseRecord | undefined) => LeaseRecord | null | undefined,
): Promise<LeaseRecord | undefined> {
  const tx = db.transaction('lease', 'readwrite', { durability: 'strict' });
  const before = await tx.store.get('current');
  const after = change(before);
  if (after === null) await tx.store.delete('current');
  else if (after !== undefined) await tx.store.put(after, 'current');
  await tx.done;
  return after === null ? undefined : (after ?? before);
}

/** Deletes what lies here of `person`, except the buckets that `keep` wants. */
export async function deleteBlobs(
  db: SealedDatabase,
  person: string,
  keep: (bucket: string) => boolean,
): Promise<void> {
  const tx = db.transaction('blobs', 'readwrite', { durability: 'strict' });
  const keys = await tx.store.getAllKeys(blobRange(person));
  const gone = keys.filter((key) => !keep(key[1])).map((key) => tx.store.delete(key));
  await Promise.all([...gone, tx.done]);
}

export async function deviceKey(db: SealedDatabase): Promise<CryptoKey> {
  const known = await db.get('keys', 'device');
  if (known) return known;
  const made = await makeDeviceKey();
  const tx = db.transaction('keys', 'readwrite', { durability: 'strict' });
  const other = await tx.store.get('device');
  if (!other) await tx.store.put(made, 'device');
  await tx.done;
  return other ?? made;
}

/** What a browser has deleted may lie on its disk for a while: without this key it stays closed. */
export async function dropDeviceKey(db: SealedDatabase): Promise<void> {
  await db.delete('keys', 'device');
}
