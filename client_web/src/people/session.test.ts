import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Lease, Me } from '../wire';

/** The edge of the machine: what the server answers, by method and path. */
type Answers = Record<string, () => Response | Promise<Response>>;

const PERSON = '00000000-0000-4000-8000-0000000000aa';
const DEVICE = '00000000-0000-4000-8000-0000000000dd';
const me: Me = {
  person: {
    id: PERSON,
    name: 'Trần Thị Minh Ánh',
    form_of_address: 'bà',
    position: 'Thư ký',
    organisation_id: PERSON,
    organisation: 'Văn phòng',
  },
  username: 'thuky',
  roles: ['secretariat'],
  session_expires_at: '2099-01-01T00:00:00Z',
  idle_minutes: 15,
  server_time: new Date().toISOString(),
  may_create_meetings: true,
};
const lease: Lease = {
  person_id: PERSON,
  device_id: DEVICE,
  key: 'A'.repeat(43),
  expires_at: '2099-01-01T00:00:00Z',
};
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const refuse = (code: string, status: number) => () => json({ code, params: {} }, status);
const lost = () => Promise.reject(new TypeError('no network'));

let answers: Answers;
let asked: string[];

/** A tab that was just opened: all modules anew, the device's storage as it was. */
async function openTab() {
  vi.resetModules();
  const { session } = await import('./session.svelte');
  const { sealed } = await import('../sealed');
  const { connection } = await import('../wire');
  return { session, sealed, connection };
}

type Tab = Awaited<ReturnType<typeof openTab>>;

/** The page is left or loaded anew. */
async function closeTab({ connection, sealed }: Pick<Tab, 'connection' | 'sealed'>) {
  connection.stop();
  await sealed.close();
}

async function signedInWithPin() {
  answers['POST /api/sign-in'] = () => json({ me, lease });
  const tab = await openTab();
  await tab.session.signIn('thuky', 'x');
  await tab.session.setPin('739154');
  await closeTab(tab);
}

/** The server knows a living session; signing out ends it. */
function livingSession() {
  answers['GET /api/me'] = () => json(me);
  answers['POST /api/lease'] = () => json(lease);
  answers['POST /api/sign-out'] = () => {
    answers['GET /api/me'] = refuse('not_signed_in', 401);
    answers['POST /api/lease'] = refuse('not_signed_in', 401);
    return new Response(null, { status: 204 });
  };
}

/** Whether the server would say who this is. */
async function standing(): Promise<Response> {
  const known = await (answers['GET /api/me'] ?? lost)();
  return json({ signed_in: known.ok });
}

/** Work under way until the test lets it be written. */
function beingWritten({ session }: Pick<Tab, 'session'>): () => void {
  let written: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => (written = resolve));
  session.unsentWork = () => writing.then(() => ({ unsent: 1, unkept: 0, drafts: 0 }));
  return written;
}

beforeEach(() => {
  asked = [];
  answers = {
    'GET /api/about': refuse('not_found', 404),
    'GET /api/me': refuse('not_signed_in', 401),
    'GET /api/session': standing,
  };
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const call = `${init.method} ${path}`;
    asked.push(call);
    return Promise.resolve((answers[call] ?? lost)());
  });
  vi.stubGlobal(
    'WebSocket',
    class {
      send(): void {}
      close(): void {}
    },
  );
});

afterEach(async () => {
  const { connection } = await import('../wire');
  const { sealed } = await import('../sealed');
  connection.stop();
  await sealed.leave({ keepUnsent: false });
  await sealed.close();
  localStorage.clear();
  vi.unstubAllGlobals();
});

test('a killed browser that lost its name signs in under the one its key was leased to', async () => {
  await signedInWithPin();
  localStorage.clear();
  const sent: unknown[] = [];
  const plain = globalThis.fetch;
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    if (path.endsWith('/sign-in')) sent.push(JSON.parse(String(init?.body)));
    return plain(path, init);
  });
  const tab = await openTab();
  await tab.session.signIn('thuky', 'x');
  expect(sent).toMatchObject([{ device: { id: DEVICE } }]);
});

test('a living session is entered without asking anything', async () => {
  answers['GET /api/me'] = () => json(me);
  answers['POST /api/lease'] = () => json(lease);
  const { session, sealed } = await openTab();
  await session.start();
  expect(session.phase).toBe('in');
  expect(session.me?.person.name).toBe('Trần Thị Minh Ánh');
  expect(sealed.state()).toBe('unlocked');
});

test('a stranger is refused nothing, and nothing is asked twice', async () => {
  const { session } = await openTab();
  await session.start();
  expect([session.phase, session.unreachable]).toEqual(['out', false]);
  expect(asked.sort()).toEqual(['GET /api/about', 'GET /api/session']);
});

test('whoever was here is asked for at once; once that was in vain, nobody is asked for', async () => {
  await signedInWithPin();
  const stale = await openTab();
  asked = [];
  await stale.session.start();
  expect(stale.session.phase).toBe('out');
  expect(asked).toContain('GET /api/me');
  expect(asked).not.toContain('GET /api/session');
  await closeTab(stale);

  asked = [];
  const next = await openTab();
  await next.session.start();
  expect(next.session.phase).toBe('out');
  expect(asked).not.toContain('GET /api/me');
});

test('wrong credentials leave everything as it was', async () => {
  answers['POST /api/sign-in'] = refuse('wrong_credentials', 401);
  const { session } = await openTab();
  await session.start();
  await expect(session.signIn('thuky', 'x')).rejects.toMatchObject({ code: 'wrong_credentials' });
  expect([session.phase, session.expired]).toEqual(['out', false]);
});

test('without a network the PIN opens what the device keeps', async () => {
  await signedInWithPin();
  answers = {};
  const { session } = await openTab();
  await session.start();
  expect([session.phase, session.unreachable]).toEqual(['locked', true]);
  expect(await session.unlock('111111')).toBe('wrong');
  expect(await session.unlock('739154')).toBe('ok');
  expect([session.phase, session.me?.username]).toEqual(['in', 'thuky']);
});

test('a session that ended on the server asks again, and the page stays', async () => {
  await signedInWithPin();
  const { session } = await openTab();
  await session.start();
  expect(session.phase).toBe('out');
  session.askPin();
  expect(await session.unlock('739154')).toBe('ok');
  await vi.waitFor(() => expect(session.expired).toBe(true));
  expect(session.phase).toBe('in');
  answers['POST /api/sign-in'] = () => json({ me, lease });
  await session.signIn('thuky', 'x');
  expect([session.phase, session.expired]).toEqual(['in', false]);
});

test('an untouched tablet shows nothing, and opens again with the PIN', async () => {
  await signedInWithPin();
  const { session, sealed } = await openTab();
  await session.signIn('thuky', 'x');
  session.lock();
  expect([session.phase, session.me]).toEqual(['locked', null]);
  await vi.waitFor(() => expect(sealed.state()).toBe('locked'));
  answers['GET /api/me'] = () => json(me);
  expect(await session.unlock('739154')).toBe('ok');
  expect([session.phase, session.idle]).toEqual(['in', false]);
});

test('a sign-out without a network is told to the server at the next contact', async () => {
  await signedInWithPin();
  const { session, sealed } = await openTab();
  await session.signIn('thuky', 'x');
  answers = {};
  await session.signOut(true);
  expect([session.phase, sealed.state()]).toEqual(['out', 'none']);
  asked = [];
  answers['POST /api/sign-out'] = () => new Response(null, { status: 204 });
  answers['GET /api/me'] = refuse('not_signed_in', 401);
  answers['GET /api/session'] = standing;
  await session.start();
  expect(asked.indexOf('POST /api/sign-out')).toBeLessThan(asked.indexOf('GET /api/session'));
  expect(asked).toContain('POST /api/sign-out');
  asked = [];
  await session.start();
  expect(asked).not.toContain('POST /api/sign-out');
});

/** Ends a lease as the clock would, without waiting for its next tick. */
async function leaseEnds(expiresIn: number) {
  // By the server's clock, which the lease's clock trusts.
  const soon = new Date(Date.parse(me.server_time) + expiresIn).toISOString();
  answers['POST /api/sign-in'] = () => json({ me, lease: { ...lease, expires_at: soon } });
  const tab = await openTab();
  await tab.session.signIn('thuky', 'x');
  await vi.waitFor(() => expect(tab.sealed.state()).toBe('expired'));
  return tab;
}

test('a lease that runs out under somebody at work is renewed, and the page stays', async () => {
  const { session, sealed } = await leaseEnds(120);
  answers['GET /api/me'] = () => json(me);
  answers['POST /api/lease'] = () => json(lease);
  expect(await sealed.unlock('000000')).toBe('expired');
  await vi.waitFor(() => expect(sealed.state()).toBe('unlocked'));
  expect([session.phase, session.me?.username]).toEqual(['in', 'thuky']);
});

test('a lease that runs out away from the server ends the visit', async () => {
  const { session, sealed } = await leaseEnds(120);
  expect(await sealed.unlock('000000')).toBe('expired');
  await vi.waitFor(() => expect(session.phase).toBe('out'));
  expect(session.me).toBeNull();
});

test('a lease near its end is renewed before anybody notices; a young one is left alone', async () => {
  answers['POST /api/sign-in'] = () =>
    json({ me, lease: { ...lease, expires_at: new Date(Date.now() + 60_000).toISOString() } });
  answers['GET /api/me'] = () => json(me);
  answers['POST /api/lease'] = () => json(lease);
  const { session, sealed } = await openTab();
  await session.signIn('thuky', 'x');
  await session.renewSoon();
  expect(sealed.expiresAt()?.toISOString()).toBe('2099-01-01T00:00:00.000Z');
  asked = [];
  await session.renewSoon();
  expect(asked).toEqual([]);
});

test('a device that was revoked forgets everything at its next contact', async () => {
  await signedInWithPin();
  answers['GET /api/me'] = refuse('not_signed_in', 401);
  answers['POST /api/lease'] = refuse('not_signed_in', 401);
  answers['POST /api/device/standing'] = () => json({ revoked: true });
  const { session, sealed } = await openTab();
  await session.start();
  await vi.waitFor(() => expect(session.revoked).toBe(true), { timeout: 4_000 });
  expect(session.phase).toBe('out');
  expect(sealed.state()).toBe('none');
});

test('a session that only ended leaves what lies here', async () => {
  await signedInWithPin();
  answers['GET /api/me'] = refuse('not_signed_in', 401);
  answers['POST /api/lease'] = refuse('not_signed_in', 401);
  answers['POST /api/device/standing'] = () => json({ revoked: false });
  const { session, sealed } = await openTab();
  await session.start();
  await vi.waitFor(() => expect(asked).toContain('POST /api/device/standing'));
  expect(session.revoked).toBe(false);
  expect(sealed.state()).toBe('locked');
});

test('what was locked stays locked over a reload, until the PIN opens it', async () => {
  await signedInWithPin();
  livingSession();
  const before = await openTab();
  await before.session.start();
  before.session.lock();
  await vi.waitFor(() => expect(before.sealed.state()).toBe('locked'));
  await closeTab(before);

  asked = [];
  const reloaded = await openTab();
  await reloaded.session.start();
  expect([reloaded.session.phase, reloaded.session.me]).toEqual(['locked', null]);
  expect(asked).not.toContain('GET /api/me');
  expect(await reloaded.session.unlock('739154')).toBe('ok');
  await closeTab(reloaded);

  const after = await openTab();
  await after.session.start();
  expect(after.session.phase).toBe('in');
});

test('locked without a PIN: the session on the server ends, now or at the next contact', async () => {
  livingSession();
  const signOut = answers['POST /api/sign-out'] ?? lost;
  answers['POST /api/sign-out'] = refuse('busy', 503);
  const before = await openTab();
  await before.session.start();
  before.session.lock();
  expect([before.session.phase, before.session.me]).toEqual(['out', null]);
  await vi.waitFor(() => expect(asked).toContain('POST /api/sign-out'));
  await closeTab(before);

  answers['POST /api/sign-out'] = signOut;
  const reloaded = await openTab();
  await reloaded.session.start();
  expect([reloaded.session.phase, reloaded.session.me]).toEqual(['out', null]);
  expect((await fetch('/api/me', { method: 'GET' })).status).toBe(401);
});

test('five wrong PINs on a locked tablet end the session too', async () => {
  await signedInWithPin();
  livingSession();
  const { session, sealed } = await openTab();
  await session.start();
  session.lock();
  await vi.waitFor(() => expect(sealed.state()).toBe('locked'));
  for (let tries = 0; tries < 4; tries++) expect(await session.unlock('111111')).toBe('wrong');
  expect(asked).not.toContain('POST /api/sign-out');
  expect(await session.unlock('111111')).toBe('wiped');
  expect(asked).toContain('POST /api/sign-out');
});

test('the key stays for what is being written when the tablet locks', async () => {
  await signedInWithPin();
  livingSession();
  const tab = await openTab();
  const { session, sealed } = tab;
  await session.start();
  const written = beingWritten(tab);
  session.lock();
  await Promise.resolve();
  expect([session.phase, sealed.state()]).toEqual(['locked', 'unlocked']);
  written();
  await vi.waitFor(() => expect(sealed.state()).toBe('locked'));
});

test('signing out waits for what is being written before the key goes', async () => {
  livingSession();
  const tab = await openTab();
  const { session, sealed } = tab;
  await session.start();
  const written = beingWritten(tab);
  const leaving = session.signOut(true);
  await new Promise((next) => setTimeout(next));
  expect(sealed.state()).toBe('unlocked');
  written();
  await leaving;
  expect([session.phase, sealed.state()]).toEqual(['out', 'none']);
});

/** Two windows side by side. The second one's unsent word is made as it is left, slowly. */
async function twoWindows() {
  await signedInWithPin();
  livingSession();
  const windows = [await openTab(), await openTab()] as const;
  for (const { session } of windows) await session.start();
  const { session, sealed } = windows[1];
  let asked = 0;
  session.endWork = () => (asked += 1);
  session.unsentWork = async () => {
    await new Promise((next) => setTimeout(next));
    if (asked > 0) await sealed.store('outbox').put('entry/1', new Uint8Array([1]));
    return { unsent: 1, unkept: 0, drafts: 0 };
  };
  return windows;
}

test('one window locks: the other writes what stands half typed, then its key goes too', async () => {
  const [first, second] = await twoWindows();
  first.session.lock();
  await vi.waitFor(() => expect(second.sealed.state()).toBe('locked'));
  expect([second.session.phase, second.session.me]).toEqual(['locked', null]);
  expect(await first.session.unlock('739154')).toBe('ok');
  expect(await first.sealed.store('outbox').get('entry/1')).toEqual(new Uint8Array([1]));
  await closeTab(first);
});

test('one window signs out: what the other has half typed is kept for its owner', async () => {
  const [first, second] = await twoWindows();
  await first.session.signOut(true);
  await vi.waitFor(() => expect(second.sealed.state()).toBe('none'));
  expect([second.session.phase, second.session.me]).toEqual(['out', null]);
  await first.session.signIn('thuky', 'x');
  expect(await first.sealed.store('outbox').get('entry/1')).toEqual(new Uint8Array([1]));
  await closeTab(first);
});

test('signing out ends the session although the disk refuses, and clears it at the next start', async () => {
  await signedInWithPin();
  livingSession();
  const before = await openTab();
  await before.session.start();
  const broken = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
    throw new DOMException('gone', 'InvalidStateError');
  });
  await before.session.signOut(false);
  broken.mockRestore();
  expect([before.session.phase, before.session.leftBehind]).toEqual(['out', true]);
  expect(before.sealed.state()).toBe('none');
  expect(asked).toContain('POST /api/sign-out');
  await closeTab(before);

  const reloaded = await openTab();
  await reloaded.session.start();
  expect(reloaded.session.leftBehind).toBe(false);
  expect([reloaded.session.phase, reloaded.sealed.state()]).toEqual(['out', 'none']);
});

/** Somebody signs out for good while the store is busy; returns how the store becomes well again. */
async function droppedInVain({ session, sealed }: Pick<Tab, 'session' | 'sealed'>) {
  await sealed.store('outbox').put('entry/1', new Uint8Array([1]));
  const busy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
    throw new DOMException('busy', 'InvalidStateError');
  });
  await session.signOut(false);
  expect(session.leftBehind).toBe(true);
  return () => busy.mockRestore();
}

test('what was dropped for good is not there when the same person signs in again', async () => {
  answers['POST /api/sign-in'] = () => json({ me, lease });
  const tab = await openTab();
  await tab.session.signIn('thuky', 'x');
  const well = await droppedInVain(tab);
  well();
  await tab.session.signIn('thuky', 'x');
  expect([tab.session.phase, tab.session.canSeal, tab.session.leftBehind]).toEqual([
    'in',
    true,
    false,
  ]);
  expect(await tab.sealed.store('outbox').get('entry/1')).toBeUndefined();
});

test('dropped work that still cannot be taken away is not opened either, and goes later', async () => {
  answers['POST /api/sign-in'] = () => json({ me, lease });
  const tab = await openTab();
  await tab.session.signIn('thuky', 'x');
  const well = await droppedInVain(tab);
  await tab.session.signIn('thuky', 'x');
  expect([tab.session.phase, tab.session.canSeal, tab.session.leftBehind]).toEqual([
    'in',
    false,
    true,
  ]);
  well();
  await tab.session.signIn('thuky', 'x');
  expect(tab.session.canSeal).toBe(true);
  expect(await tab.sealed.store('outbox').get('entry/1')).toBeUndefined();
});
