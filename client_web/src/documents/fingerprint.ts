/** SHA-256 of what is shown, to be compared with the approved manifest. */
import type { Bytes } from './source';

/** Lower-case hex; undefined where the page is not in a secure context and has no WebCrypto. */
export async function sha256(bytes: Bytes): Promise<string | undefined> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  let hex = '';
  for (const byte of digest) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

export type Verdict = 'same' | 'differs' | 'unchecked';

export async function compare(bytes: Bytes, expected: string | null): Promise<Verdict> {
  return expected === null ? 'unchecked' : verdictOf(await sha256(bytes), expected);
}

/** The same for a hash that somebody else has taken. */
export function verdictOf(actual: string | undefined, expected: string | null): Verdict {
  if (actual === undefined || expected === null) return 'unchecked';
  return actual === expected.toLowerCase() ? 'same' : 'differs';
}
