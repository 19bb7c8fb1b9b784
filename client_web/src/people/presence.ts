/** What this device knows of the signed-in person without the server. */
import { sealed } from '../sealed';
import { api, type DeviceStanding, type Lease, type Me } from '../wire';

const BUCKET = 'people';

/** Takes the lease of an online sign-in; false where the browser has no WebCrypto (plain HTTP). */
export async function adoptLease(lease: Lease, me: Me): Promise<boolean> {
  if (!('subtle' in crypto) || crypto.subtle === undefined) return false;
  await sealed.adopt({
    person: lease.person_id,
    device: lease.device_id,
    key: lease.key,
    expires_at: lease.expires_at,
    server_time: me.server_time,
  });
  const bytes = new TextEncoder().encode(JSON.stringify(me));
  await sealed.store(BUCKET).put('me', bytes);
  return true;
}

/** Whether the lease of this device was taken back; without an answer it was not. */
export async function isRevoked(person_id: string, device_id: string): Promise<boolean> {
  const asked = { person_id, device_id };
  const standing = await api
    .post<DeviceStanding>('/api/device/standing', asked)
    .catch(() => ({ revoked: false }));
  return standing.revoked;
}

/** Who works here, from the sealed copy; null when there is none. */
export async function rememberedMe(): Promise<Me | null> {
  const bytes = await sealed.store(BUCKET).get('me');
  return bytes === undefined ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Me);
}

/** A word this device remembers beyond a reload; without storage it remembers nothing. */
function remembered(key: string) {
  return {
    /** False where nothing can be remembered. */
    remember(word = '1'): boolean {
      try {
        localStorage.setItem(key, word);
        return true;
      } catch {
        return false;
      }
    },
    word(): string | null {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    is(): boolean {
      return this.word() !== null;
    },
    forget(): void {
      try {
        localStorage.removeItem(key);
      } catch {
        // nothing was kept
      }
    },
  };
}

/**
 * A sign-out without a network cannot reach the server: it is remembered, and said at the next
 * contact before anything else, so that the session cookie opens nothing for the next person.
 * Where nothing can be remembered the session ends by itself when idle.
 */
export const pendingSignOut = remembered('phonghop.leaving');

/** What lies here could not be taken away at a sign-out: 'keep' or 'drop', tried again later. */
export const pendingClearing = remembered('phonghop.clearing');

/**
 * Somebody signed in here and did not leave since: a start asks for the person at once. A tablet
 * without this word first asks whether there is a session, so that a stranger is refused nothing.
 */
export const enteredHere = remembered('phonghop.entered');

/** Nobody touched the tablet and it was locked: a reload opens nothing either. */
export const idleLock = remembered('phonghop.locked');
