/**
 * The cryptography of the sealed stores, without storage and without state.
 *
 * A leased key is 32 random bytes that the server gives to one person on one device. It is used as
 * AES-256-GCM (NIST SP 800-38D, random 96-bit IV) and is never extractable once imported.
 */

export const KEY_BYTES = 32;
const IV_BYTES = 12;
const SALT_BYTES = 16;
const FINGERPRINT_BYTES = 8;

/** OWASP's 2023 floor for PBKDF2-HMAC-SHA256; about 0.3 s on an office tablet. */
export const PIN_ITERATIONS = 600_000;

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Envelope {
  iv: Bytes;
  data: Bytes;
}

/** The leased key at rest: sealed by the PIN, and what comes out of that by the device key. */
export interface PinWrap {
  salt: Bytes;
  iterations: number;
  inner_iv: Bytes;
  outer: Envelope;
}

export class NotALeasedKey extends Error {
  readonly code = 'lease_key_invalid';
}

export function keyBytesFromBase64Url(text: string): Bytes {
  const standard = text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  let raw: string;
  try {
    raw = atob(standard);
  } catch {
    throw new NotALeasedKey();
  }
  if (raw.length !== KEY_BYTES) throw new NotALeasedKey();
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

export async function importLeasedKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** The key that never leaves this browser: it cannot be exported, only used here. */
export async function makeDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Tells one leased key from another without telling anything about either. */
export async function fingerprint(raw: Bytes): Promise<string> {
  const label = new TextEncoder().encode('phonghop leased key v1');
  const joined = new Uint8Array(label.length + raw.length);
  joined.set(label);
  joined.set(raw, label.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', joined));
  joined.fill(0);
  return Array.from(digest.subarray(0, FINGERPRINT_BYTES), (b) =>
    b.toString(16).padStart(2, '0'),
  ).join('');
}

/** `place` binds a value to where it lies: moved elsewhere it no longer opens. */
export async function seal(key: CryptoKey, bytes: Uint8Array, place: string): Promise<Envelope> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(gcm(iv, place), key, bytes as Bytes);
  return { iv, data: new Uint8Array(sealed) };
}

/** @throws OperationError when the key, the place or a byte is another than at sealing. */
export async function open(key: CryptoKey, envelope: Envelope, place: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.decrypt(gcm(envelope.iv, place), key, envelope.data));
}

export async function wrapWithPin(
  raw: Bytes,
  pin: string,
  deviceKey: CryptoKey,
  iterations = PIN_ITERATIONS,
): Promise<PinWrap> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const inner = await seal(await pinKey(pin, salt, iterations), raw, 'pin');
  const outer = await seal(deviceKey, inner.data, 'device');
  return { salt, iterations, inner_iv: inner.iv, outer };
}

/** The raw key, or `null` when the PIN is wrong. The caller clears what it gets. */
export async function unwrapWithPin(
  wrap: PinWrap,
  pin: string,
  deviceKey: CryptoKey,
): Promise<Bytes | null> {
  const data = await open(deviceKey, wrap.outer, 'device');
  const key = await pinKey(pin, wrap.salt, wrap.iterations);
  try {
    return await open(key, { iv: wrap.inner_iv, data }, 'pin');
  } catch {
    return null;
  }
}

async function pinKey(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(pin.normalize('NFC'));
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

function gcm(iv: Bytes, place: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(place) };
}
