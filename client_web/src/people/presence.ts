/** What this device knows of the signed-in person without the server. */
import { sealed } from '../sealed';
import { api, type DeviceStanding, type Lease, type Me } from '../wire';

const BUCKET = 'people';
const LEFT = 'phonghop.leaving';

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

/**
 * A sign-out without a network cannot reach the server: it is remembered, and said at the next
 * contact before anything else, so that the session cookie opens nothing for the next person.
 */
export const pendingSignOut = {
  remember(): void {
    try {
      localStorage.setItem(LEFT, '1');
    } catch {
      // no storage: the session ends by itself when idle
    }
  },
  is(): boolean {
    try {
      return localStorage.getItem(LEFT) === '1';
    } catch {
      return false;
    }
  },
  forget(): void {
    try {
      localStorage.removeItem(LEFT);
    } catch {
      // nothing was kept
    }
  },
};
