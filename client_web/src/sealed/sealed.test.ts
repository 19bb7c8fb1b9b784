// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  DRAFTS_BUCKET,
  OUTBOX_BUCKET,
  PinTooShort,
  Sealed,
  WRONG_PINS_ALLOWED,
  type Lease,
} from './sealed';
import { SealedLocked, SealedUnreadable } from './store';

const HOUR = 3_600_000;
const PIN = '481516';
const text = (s: string) => new TextEncoder().encode(s);
const read = (b: Uint8Array | undefined) => (b ? new TextDecoder().decode(b) : undefined);

/** A tablet: its disk is one database name, its clock is in our hands; each `tab()` is a visit. */
class Tablet {
  static made = 0;
  wall = Date.parse('2026-03-02T08:00:00Z');
  elapsed = 0;
  readonly name = `sealed-${Tablet.made++}`;
  readonly tabs: Sealed[] = [];

  async tab(lastWordsMs?: number): Promise<Sealed> {
    const sealed = new Sealed({
      name: this.name,
      ...(lastWordsMs === undefined ? {} : { lastWordsMs }),
      iterations: 1000,
      time: { now: () => this.wall, elapsed: () => this.elapsed },
    });
    this.tabs.push(sealed);
    await sealed.ready;
    return sealed;
  }

  async reopen(): Promise<Sealed> {
    await this.close();
    return this.tab();
  }

  async close(): Promise<void> {
    await Promise.all(this.tabs.splice(0).map((tab) => tab.close()));
  }

  lease(person: string, { key = 7, hours = 12 } = {}): Lease {
    const bytes = new Uint8Array(32).fill(key);
    return {
      person,
      device: 'desk-4',
      key: Buffer.from(bytes).toString('base64url'),
      expires_at: new Date(this.wall + hours * HOUR).toISOString(),
    };
  }
}

let tablet: Tablet;
beforeEach(() => (tablet = new Tablet()));
afterEach(() => tablet.close());

test('a fresh device has nothing and opens nothing', async () => {
  const sealed = await tablet.tab();
  expect(sealed.state()).toBe('none');
  expect(sealed.person()).toBeNull();
  await expect(sealed.store('pages').get('1')).rejects.toBeInstanceOf(SealedLocked);
});

test('what is put comes back, across buckets, in order, and only sealed bytes lie on the disk', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  expect(sealed.state()).toBe('unlocked');
  const pages = sealed.store('pages');
  await pages.put('b/2', text('hai'));
  await pages.put('b/1', text('một bí mật'));
  await sealed.store('words').put('b/1', text('khác'));
  expect(read(await pages.get('b/1'))).toBe('một bí mật');
  expect(await pages.keys('b/')).toEqual(['b/1', 'b/2']);
  expect((await pages.entries()).map(([k, v]) => [k, read(v)])).toEqual([
    ['b/1', 'một bí mật'],
    ['b/2', 'hai'],
  ]);
  expect(await everythingOnDisk(tablet.name)).not.toContain('bí mật');
  await pages.write([
    { key: 'b/2', bytes: null },
    { key: 'b/3', bytes: text('ba') },
  ]);
  expect(await pages.keys()).toEqual(['b/1', 'b/3']);
  await pages.clear();
  expect(await pages.keys()).toEqual([]);
  expect(await sealed.store('words').keys()).toEqual(['b/1']);
});

test('without a PIN nothing opens after a reload, and the next sign-in opens it again', async () => {
  let sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.store('pages').put('1', text('trang'));
  sealed = await tablet.reopen();
  expect(sealed.state()).toBe('none');
  await expect(sealed.store('pages').get('1')).rejects.toBeInstanceOf(SealedLocked);
  await sealed.adopt(tablet.lease('lan'));
  expect(read(await sealed.store('pages').get('1'))).toBe('trang');
});

test('with a PIN it opens offline, with that PIN only', async () => {
  let sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await expect(sealed.setPin('123')).rejects.toBeInstanceOf(PinTooShort);
  await sealed.setPin(PIN);
  await sealed.store('pages').put('1', text('trang'));
  sealed = await tablet.reopen();
  expect(sealed.state()).toBe('locked');
  expect(sealed.person()).toBe('lan');
  expect(await sealed.unlock('000000')).toBe('wrong');
  expect(await sealed.unlock(PIN)).toBe('ok');
  expect(sealed.triesLeft()).toBe(WRONG_PINS_ALLOWED);
  expect(read(await sealed.store('pages').get('1'))).toBe('trang');
  sealed.lock();
  expect(sealed.state()).toBe('locked');
  expect(await sealed.unlock(PIN)).toBe('ok');
  await sealed.setPin('271828');
  sealed.lock();
  expect(await sealed.unlock(PIN)).toBe('wrong');
  expect(await sealed.unlock('271828')).toBe('ok');
});

test('five wrong PINs wipe the key, over reloads too, and the sign-in brings the work back', async () => {
  let sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.setPin(PIN);
  await sealed.store(OUTBOX_BUCKET, 'strict').put('op', text('chưa gửi'));
  for (let i = 1; i < WRONG_PINS_ALLOWED; i++) {
    sealed = await tablet.reopen();
    expect(await sealed.unlock('999999')).toBe('wrong');
    expect(sealed.triesLeft()).toBe(WRONG_PINS_ALLOWED - i);
  }
  sealed = await tablet.reopen();
  expect(await sealed.unlock('999999')).toBe('wiped');
  expect(sealed.state()).toBe('none');
  expect(await sealed.unlock(PIN)).toBe('wiped');
  await sealed.adopt(tablet.lease('lan'));
  expect(read(await sealed.store(OUTBOX_BUCKET).get('op'))).toBe('chưa gửi');
});

test('a tab that never writes its last words keeps the key no longer than its time', async () => {
  const first = await tablet.tab();
  await first.adopt(tablet.lease('lan'));
  await first.setPin(PIN);
  const second = await tablet.tab(20);
  expect(await second.unlock(PIN)).toBe('ok');
  const asked: string[] = [];
  second.beforeItGoes((why) => {
    asked.push(`${why} ${second.state()}`);
    return new Promise(() => undefined);
  });
  first.lock();
  await vi.waitFor(() => expect(second.state()).toBe('locked'));
  expect(asked).toEqual(['lock unlocked']);
});

test('a key that was opened while the last words were written stays', async () => {
  const first = await tablet.tab();
  await first.adopt(tablet.lease('lan'));
  await first.setPin(PIN);
  const second = await tablet.tab();
  await second.unlock(PIN);
  let written: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => (written = resolve));
  const asked = vi.fn(() => writing);
  second.beforeItGoes(asked);
  first.lock();
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  expect(await second.unlock(PIN)).toBe('ok');
  written();
  expect(await first.unlock(PIN)).toBe('ok');
  await second.store('pages').put('1', text('trang'));
  expect(second.state()).toBe('unlocked');
});

test('tries in two tabs at once are counted together', async () => {
  const first = await tablet.tab();
  await first.adopt(tablet.lease('lan'));
  await first.setPin(PIN);
  const second = await tablet.tab();
  const tries = [first, second, first, second, first, second].map((tab) => tab.unlock('999999'));
  const answers = await Promise.all(tries);
  expect(answers.filter((a) => a === 'wrong').length).toBeLessThan(WRONG_PINS_ALLOWED);
  expect(await second.unlock(PIN)).toBe('wiped');
});

test('the lease ends by the largest clock seen: turning it back does not help', async () => {
  let sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan', { hours: 2 }));
  await sealed.setPin(PIN);
  await sealed.store('pages').put('1', text('trang'));
  await sealed.store(OUTBOX_BUCKET).put('op', text('chưa gửi'));
  tablet.wall += 1.9 * HOUR;
  sealed = await tablet.reopen();
  expect(await sealed.unlock(PIN)).toBe('ok');
  tablet.wall -= 24 * HOUR;
  tablet.elapsed += 0.2 * HOUR;
  expect(sealed.state()).toBe('expired');
  await expect(sealed.store('pages').get('1')).rejects.toBeInstanceOf(SealedLocked);
  expect(await sealed.unlock(PIN)).toBe('expired');
  sealed = await tablet.reopen();
  expect(sealed.state()).toBe('expired');
  expect(await sealed.unlock(PIN)).toBe('expired');
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store('pages').keys()).toEqual([]);
  expect(read(await sealed.store(OUTBOX_BUCKET).get('op'))).toBe('chưa gửi');
});

test('a tablet whose clock runs ahead still gets its whole lease', async () => {
  const sealed = await tablet.tab();
  const lease = tablet.lease('lan', { hours: 2 });
  const server_time = new Date(tablet.wall).toISOString();
  tablet.wall += 48 * HOUR;
  await sealed.adopt({ ...lease, server_time });
  expect(sealed.state()).toBe('unlocked');
  tablet.wall += 3 * HOUR;
  expect(sealed.state()).toBe('expired');
});

test('leaving takes everything, or everything but the unsent work, which waits for its owner', async () => {
  let sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.setPin(PIN);
  await sealed.store('pages').put('1', text('trang'));
  await sealed.store(OUTBOX_BUCKET).put('op', text('chưa gửi'));
  await sealed.leave({ keepUnsent: true });
  expect(sealed.state()).toBe('none');
  expect(sealed.hasPin()).toBe(false);
  expect(await waitingFor('lan')).toEqual(['op']);

  await sealed.adopt(tablet.lease('minh', { key: 8 }));
  expect(await sealed.store(OUTBOX_BUCKET).keys()).toEqual([]);
  expect(await sealed.store('pages').keys()).toEqual([]);
  await sealed.leave({ keepUnsent: false });

  sealed = await tablet.reopen();
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store('pages').keys()).toEqual([]);
  expect(read(await sealed.store(OUTBOX_BUCKET).get('op'))).toBe('chưa gửi');
  await sealed.leave({ keepUnsent: false });
  expect(await waitingFor('lan')).toEqual([]);
});

test('an answer that was begun waits like unsent work, and goes where its owner drops it', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.store('pages').put('1', text('trang'));
  await sealed.store(DRAFTS_BUCKET).put('d/m', text('viết dở'));
  await sealed.leave({ keepUnsent: true });
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store('pages').keys()).toEqual([]);
  expect(read(await sealed.store(DRAFTS_BUCKET).get('d/m'))).toBe('viết dở');
  await sealed.leave({ keepUnsent: false });
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store(DRAFTS_BUCKET).keys()).toEqual([]);
});

test('nothing unsent: leaving keeps nothing, not even the bookkeeping of an empty outbox', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.store(OUTBOX_BUCKET).put('.queue', text('{}'));
  await sealed.leave({ keepUnsent: true });
  expect(await waitingFor('lan')).toEqual([]);
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store(OUTBOX_BUCKET).keys()).toEqual([]);
});

test('another person at the same desk finds nothing of the last, even without a sign-out', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.setPin(PIN);
  await sealed.store('pages').put('1', text('trang'));
  await sealed.adopt(tablet.lease('minh', { key: 8 }));
  expect(sealed.hasPin()).toBe(false);
  await sealed.adopt(tablet.lease('lan'));
  expect(sealed.hasPin()).toBe(false);
  expect(await sealed.store('pages').get('1')).toBeUndefined();
});

test('after a revocation the old key opens nothing, and says so', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan', { key: 7 }));
  await sealed.setPin(PIN);
  await sealed.store(OUTBOX_BUCKET).put('op', text('chưa gửi'));
  await sealed.adopt(tablet.lease('lan', { key: 9 }));
  expect(sealed.hasPin()).toBe(false);
  const outbox = sealed.store(OUTBOX_BUCKET);
  await expect(outbox.get('op')).rejects.toBeInstanceOf(SealedUnreadable);
});

test('leaving in one tab closes the other', async () => {
  const first = await tablet.tab();
  await first.adopt(tablet.lease('lan'));
  const second = await tablet.tab();
  await second.adopt(tablet.lease('lan'));
  const heard = vi.fn();
  second.subscribe(heard);
  await first.leave({ keepUnsent: false });
  await vi.waitFor(() => expect(second.state()).toBe('none'));
  expect(heard).toHaveBeenCalled();
  await expect(second.store('pages').get('1')).rejects.toBeInstanceOf(SealedLocked);
});

test('a store of one person stays closed while somebody else is here', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  const lans = sealed.store(OUTBOX_BUCKET, 'strict', 'lan');
  await lans.put('op', text('của Lan'));
  await sealed.adopt(tablet.lease('minh', { key: 8 }));
  await expect(lans.put('late', text('của Lan'))).rejects.toBeInstanceOf(SealedLocked);
  expect(await sealed.store(OUTBOX_BUCKET).keys()).toEqual([]);
});

test('a leaving that the disk refuses closes everything here, and can be asked again', async () => {
  const sealed = await tablet.tab();
  await sealed.adopt(tablet.lease('lan'));
  await sealed.setPin(PIN);
  await sealed.store('pages').put('1', text('trang'));
  const broken = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
    throw new DOMException('gone', 'InvalidStateError');
  });
  await expect(sealed.leave({ keepUnsent: false })).rejects.toThrow('gone');
  expect(sealed.state()).toBe('none');
  await expect(sealed.store('pages').get('1')).rejects.toBeInstanceOf(SealedLocked);
  broken.mockRestore();
  await sealed.leave({ keepUnsent: false });
  await sealed.adopt(tablet.lease('lan'));
  expect(await sealed.store('pages').keys()).toEqual([]);
});

/** Names of the unsent work of a person that lie here, sealed or not. */
async function waitingFor(person: string): Promise<string[]> {
  const db = await new Promise<IDBDatabase>((done) => {
    const asked = indexedDB.open(tablet.name);
    asked.onsuccess = () => done(asked.result);
  });
  const keys = await new Promise<string[][]>((done) => {
    const asked = db.transaction('blobs').objectStore('blobs').getAllKeys();
    asked.onsuccess = () => done(asked.result as string[][]);
  });
  db.close();
  return keys
    .filter(([who, bucket]) => who === person && bucket === OUTBOX_BUCKET)
    .map((key) => key[2] ?? '');
}

async function everythingOnDisk(name: string): Promise<string> {
  const db = await new Promise<IDBDatabase>((done, fail) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const parts: string[] = [];
  for (const store of ['blobs', 'lease']) {
    const all = await new Promise<unknown[]>((done) => {
      const asked = db.transaction(store).objectStore(store).getAll();
      asked.onsuccess = () => done(asked.result);
    });
    for (const record of all) {
      parts.push(
        JSON.stringify(record, (_k, v: unknown) =>
          v instanceof Uint8Array ? new TextDecoder().decode(v) : v,
        ),
      );
    }
  }
  db.close();
  return parts.join('\n');
}
