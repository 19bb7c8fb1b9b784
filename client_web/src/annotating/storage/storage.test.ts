// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OUTBOX_BUCKET, Sealed, type SealedStore } from '../../sealed';
import type { Draft, Mark, Numbers, OutboxWrite, SavedLayer } from '../core';
import { privateLayer } from '../layers/view';
import { LayerShelf } from './layer-shelf';
import { SealedOutbox, senderLease } from './sealed-outbox';

let count = 0;
let name = '';
let tabs: { sealed: Sealed; outbox: SealedOutbox }[] = [];

beforeEach(() => {
  name = `storage-${count++}`;
  tabs = [];
});
afterEach(async () => {
  for (const { sealed, outbox } of tabs) {
    outbox.close();
    await sealed.close();
  }
});

async function tab(key = 3): Promise<{ sealed: Sealed; outbox: SealedOutbox }> {
  const sealed = new Sealed({ name, iterations: 1000 });
  await sealed.adopt({
    person: 'lan',
    device: 'desk',
    key: Buffer.from(new Uint8Array(32).fill(key)).toString('base64url'),
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  let made = 0;
  const outbox = new SealedOutbox({
    store: sealed.store(OUTBOX_BUCKET, 'strict'),
    lazy: sealed.store(OUTBOX_BUCKET),
    person: name,
    newId: () => `outbox-${tabs.length}-${made++}`,
  });
  const opened = { sealed, outbox };
  tabs.push(opened);
  return opened;
}

const draft = (key: string): Draft => ({
  key,
  layer: 'L',
  ops: [{ op: 'delete', id: key, base_rev: 1 }],
});

test('what was written is there after the tab is gone, in order, under the same outbox', async () => {
  const first = await tab();
  const { id } = await first.outbox.load();
  expect(await first.outbox.write({ append: [draft('a'), draft('b')] })).toEqual({ a: 1, b: 2 });
  await first.outbox.write({ append: [draft('c')], acked: [{ opNo: 1, seqs: [9], revs: [2] }] });
  const second = await tab();
  const found = await second.outbox.load();
  expect(found.id).toBe(id);
  expect(found.entries.map((e) => [e.key, e.opNo])).toEqual([
    ['b', 2],
    ['c', 3],
  ]);
});

test('two tabs never take the same number and hear of each other in order', async () => {
  const [one, two] = [await tab(), await tab()];
  const heard: [OutboxWrite, Numbers][] = [];
  two.outbox.listen((write, numbers) => heard.push([write, numbers]));
  const writes = Array.from({ length: 20 }, (_, i) => {
    const { outbox } = i % 2 === 0 ? one : two;
    return outbox.write({ append: [draft(`k${i}`)] });
  });
  const numbers = (await Promise.all(writes)).map((given) => Object.values(given)[0]);
  expect(new Set(numbers).size).toBe(20);
  await vi.waitFor(() => expect(heard).toHaveLength(10));
  const seen = heard.map(([, given]) => Object.values(given)[0] ?? 0);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('a number is not given again after its entry is gone', async () => {
  const one = await tab();
  await one.outbox.write({ append: [draft('a')] });
  await one.outbox.write({ acked: [{ opNo: 1, seqs: [1], revs: [1] }] });
  const two = await tab();
  expect(await two.outbox.write({ append: [draft('b')] })).toEqual({ b: 2 });
});

test('what was refused stays until it is released by hand', async () => {
  const one = await tab();
  await one.outbox.write({ append: [draft('a'), draft('b')] });
  await one.outbox.write({
    remove: [1, 2],
    refuse: [
      { ...draft('b'), code: 'deleted' },
      { ...draft('a'), code: 'forbidden' },
    ],
  });
  const two = await tab();
  expect((await two.outbox.load()).refused.map((r) => r.key)).toEqual(['b', 'a']);
  await two.outbox.write({ release: ['b'] });
  expect((await one.outbox.load()).refused.map((r) => r.key)).toEqual(['a']);
});

test('a remainder keeps its place before later work', async () => {
  const one = await tab();
  await one.outbox.write({ append: [draft('a'), draft('b')] });
  await one.outbox.write({ remove: [1], append: [{ ...draft('rest'), order: 1 }] });
  expect((await one.outbox.load()).entries.map((e) => e.key)).toEqual(['rest', 'b']);
});

test('locked: nothing is written and the caller is told', async () => {
  const one = await tab();
  await one.outbox.load();
  one.sealed.lock();
  await expect(one.outbox.write({ append: [draft('a')] })).rejects.toMatchObject({
    code: 'sealed_locked',
  });
});

test('a key that was replaced: another outbox begins, and what lay there stays and is counted', async () => {
  const one = await tab(3);
  const before = await one.outbox.load();
  await one.outbox.write({
    append: [draft('a'), draft('b')],
    refuse: [{ ...draft('r'), code: 'deleted' }],
  });
  const two = await tab(4);
  const after = await two.outbox.load();
  expect(after.id).not.toBe(before.id);
  expect([after.entries, after.refused, two.outbox.unopened]).toEqual([[], [], 3]);
  await two.outbox.write({ append: [draft('c')] });

  const three = await tab(3);
  const again = await three.outbox.load();
  expect([again.id, again.entries.map((e) => e.key)]).toEqual([before.id, ['a', 'b']]);
  expect(three.outbox.unopened).toBe(1);
});

test('what does not open leaves only by hand', async () => {
  await (await tab(3)).outbox.write({ append: [draft('a')] });
  const two = await tab(4);
  await two.outbox.write({ append: [draft('c')] });
  await two.outbox.load();
  await two.outbox.forgetUnopened();
  expect(two.outbox.unopened).toBe(0);
  expect((await two.outbox.load()).entries.map((e) => e.key)).toEqual(['c']);
  const three = await tab(3);
  expect([(await three.outbox.load()).entries, three.outbox.unopened]).toEqual([[], 1]);
});

test('one entry that does not open holds nothing else back', async () => {
  const one = await tab();
  const { id } = await one.outbox.load();
  await one.outbox.write({ append: [draft('a'), draft('b')] });
  await swapBlobs('entry', `${id}/${'1'.padStart(16, '0')}`, `${id}/${'2'.padStart(16, '0')}`);
  await one.outbox.write({ append: [draft('c')] });
  const two = await tab();
  expect((await two.outbox.load()).entries.map((e) => e.key)).toEqual(['c']);
  expect(two.outbox.unopened).toBe(2);
});

/** What a fault of the disk might do: two values in each other's place, neither opens there. */
async function swapBlobs(kind: string, ...names: [string, string]): Promise<void> {
  const db = await new Promise<IDBDatabase>((done) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
  });
  const blobs = db.transaction('blobs', 'readwrite').objectStore('blobs');
  const [first, second] = names.map((one) => ['lan', OUTBOX_BUCKET, `${kind}/${one}`]);
  const read = (key: string[] = []) =>
    new Promise<unknown>((done) => {
      const asked = blobs.get(key);
      asked.onsuccess = () => done(asked.result);
    });
  const values = [await read(first), await read(second)];
  blobs.put(values[0], second);
  blobs.put(values[1], first);
  await new Promise((done) => (blobs.transaction.oncomplete = done));
  db.close();
}

test('a write that is under way when the tab closes becomes durable all the same', async () => {
  const one = await tab();
  await one.outbox.load();
  const writing = one.outbox.write({ append: [draft('a')] });
  one.outbox.close();
  expect(await writing).toEqual({ a: 1 });
});

test('one tab sends; the next takes over when it goes', async () => {
  const held: string[] = [];
  const release = senderLease(name).acquire(() => held.push('one'));
  await vi.waitFor(() => expect(held).toEqual(['one']));
  const releaseTwo = senderLease(name).acquire(() => held.push('two'));
  const never = senderLease(name).acquire(() => held.push('three'));
  never();
  release();
  await vi.waitFor(() => expect(held).toEqual(['one', 'two']));
  releaseTwo();
});

const mark = (id: string, page = 0, seq = 1): Mark => ({
  id,
  version: 'v',
  page,
  kind: 'note',
  rev: 1,
  seq,
  author: 'lan',
  created: 0,
  modified: 0,
  geometry: { point: [1, 2] },
  style: {},
});

test('a layer kept for the next start comes back; only what changed is written', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const written: number[] = [];
  const counting: SealedStore = {
    ...store,
    write: (changes) => {
      written.push(changes.length);
      return store.write(changes);
    },
  };
  const shelf = new LayerShelf(counting);
  let now: SavedLayer = { cursor: 2, marks: [mark('a'), mark('b')] };
  shelf.follow('L', undefined, () => now);
  shelf.changed('L');
  shelf.changed('L');
  await shelf.flush();
  now = { cursor: 3, marks: [...now.marks.slice(1), mark('c')] };
  shelf.changed('L');
  await shelf.flush();
  expect(written).toEqual([4, 3]); // −cursor, a, b, cursor; then −a, c, cursor
  const back = await new LayerShelf(store).load('L');
  expect(back?.cursor).toBe(3);
  expect(back?.marks.map((m) => m.id)).toEqual(['b', 'c']);
  const known = { layers: [privateLayer('L', true)], authors: [] };
  await shelf.noteLayers('D', known);
  expect(await shelf.knownLayers('D')).toEqual(known);
  expect(await shelf.knownLayers('other')).toBeUndefined();
  await shelf.purge('L');
  expect(await shelf.load('L')).toBeUndefined();
  expect(await store.keys('L/')).toEqual([]);
  expect([await shelf.placeOf('L'), await shelf.placeOf('other')]).toEqual(['D', undefined]);
  sealed.lock();
  expect(await shelf.load('L')).toBeUndefined();
});

test('the page that is looked at comes first, then all others, each mark once', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const shelf = new LayerShelf(store);
  const [a, b] = [mark('a', 0), mark('b', 7)];
  let now: SavedLayer = { cursor: 3, marks: [a, b, mark('c', 12)] };
  shelf.follow('L', undefined, () => now);
  await shelf.flush();
  // To another page: it leaves the one where it was.
  now = { cursor: 4, marks: [a, b, mark('c', 7, 4)] };
  await shelf.flush();
  expect((await store.keys('L/page/')).length).toBe(3);
  // A second tab kept it where it had been.
  await store.put('L/page/000012/c', new TextEncoder().encode(JSON.stringify(mark('c', 12))));
  const found = await new LayerShelf(store).begin('L', 7);
  expect(found?.cursor).toBe(4);
  expect(found?.marks.map(({ id }) => id)).toEqual(['b', 'c']);
  expect((await found?.rest())?.map(({ id }) => id)).toEqual(['a']);
  expect((await new LayerShelf(store).load('L'))?.marks.map(({ page }) => page)).toEqual([0, 7, 7]);
  expect(await new LayerShelf(store).begin('other', 0)).toBeUndefined();
  sealed.lock();
  expect(await shelf.begin('L', 7)).toBeUndefined();
  await expect(found?.rest()).rejects.toMatchObject({ code: 'sealed_locked' });
});

test('a copy that could not be read once leaves no mark that was deleted meanwhile', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const first = new LayerShelf(store);
  first.follow('L', undefined, () => ({ cursor: 2, marks: [mark('a', 1), mark('b', 1)] }));
  await first.unfollow('L');
  const failing = Object.create(store) as typeof store;
  failing.get = () => Promise.reject(new Error('the connection was lost'));
  const shelf = new LayerShelf(failing);
  expect(await shelf.begin('L', 1)).toBeUndefined();
  let now: SavedLayer = { cursor: 0, marks: [] };
  shelf.follow('L', undefined, () => now);
  await shelf.flush();
  // Before the server has spoken, what lies here is all there is.
  expect((await store.keys('L/page/')).length).toBe(2);
  now = { cursor: 5, marks: [mark('b', 1)] };
  await shelf.flush();
  const back = await new LayerShelf(store).load('L');
  expect([back?.cursor, back?.marks.map(({ id }) => id)]).toEqual([5, ['b']]);
});

test('marks kept before they lay by page are found and move with the next write', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const packed = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  await store.put('L/cursor', packed(9));
  await store.put('L/mark/a', packed(mark('a', 2)));
  await store.put('L/mark/b', packed(mark('b', 3)));
  const shelf = new LayerShelf(store);
  const begun = await shelf.begin('L', 2);
  expect(begun?.marks).toEqual([]);
  const rest = (await begun?.rest()) ?? [];
  expect(rest.map(({ id }) => id)).toEqual(['a', 'b']);
  shelf.follow('L', { cursor: 9, marks: rest }, () => ({ cursor: 10, marks: rest.slice(0, 1) }));
  await shelf.flush();
  expect(await store.keys('L/')).toEqual(['L/cursor', 'L/page/000002/a']);
  expect(await new LayerShelf(store).load('L')).toEqual({ cursor: 10, marks: [mark('a', 2)] });
});

test('a copy that could not be read once is cleared of what was deleted meanwhile', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const [a, b] = [mark('a', 0), mark('b', 7)];
  const yesterday = new LayerShelf(store);
  yesterday.follow('L', undefined, () => ({ cursor: 3, marks: [a, b] }));
  await yesterday.flush();
  let broken = true;
  const shelf = new LayerShelf({
    ...store,
    get: (key) => (broken ? Promise.reject(new Error('connection lost')) : store.get(key)),
  });
  expect(await shelf.begin('L', 0)).toBeUndefined();
  broken = false;
  // The server's snapshot: b was deleted on the other device.
  shelf.follow('L', undefined, () => ({ cursor: 5, marks: [a] }));
  await shelf.flush();
  expect(await new LayerShelf(store).load('L')).toEqual({ cursor: 5, marks: [a] });
});

test('a copy whose writing was cut off says of nothing that it is known', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const many = Array.from({ length: 450 }, (_, i) => mark(`m${String(i).padStart(3, '0')}`, 0));
  let writes = 0;
  const dying: SealedStore = {
    ...store,
    write: (changes) =>
      ++writes > 2 ? Promise.reject(new Error('the tab was killed')) : store.write(changes),
  };
  const cut = new LayerShelf(dying);
  cut.follow('L', undefined, () => ({ cursor: 450, marks: many }));
  await cut.flush();
  const shelf = new LayerShelf(store);
  expect(await shelf.begin('L', 0)).toBeUndefined();
  shelf.follow('L', undefined, () => ({ cursor: 460, marks: many.slice(440) }));
  await shelf.flush();
  expect((await new LayerShelf(store).load('L'))?.marks).toHaveLength(10);
});

test('a layer that is opened anew while it is still being written is read when it is whole', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  const held: Array<() => void> = [];
  const shelf = new LayerShelf({
    ...store,
    write: async (changes) => {
      await new Promise<void>((go) => held.push(go));
      await store.write(changes);
    },
  });
  const marks = [mark('a'), mark('b')];
  shelf.follow('L', undefined, () => ({ cursor: 2, marks }));
  const closed = shelf.unfollow('L');
  const begun = shelf.begin('L', 0);
  await vi.waitFor(() => expect(held).toHaveLength(1));
  held[0]?.();
  await closed;
  expect((await begun)?.marks).toEqual(marks);
});

test('what could not be deleted is said, and a second try still knows what there was', async () => {
  const { sealed } = await tab();
  const store = sealed.store('layers');
  let broken = false;
  const shelf = new LayerShelf({
    ...store,
    write: (changes) => (broken ? Promise.reject(new Error('full')) : store.write(changes)),
  });
  await shelf.noteLayers('D', { layers: [privateLayer('L', true)], authors: [] });
  shelf.follow('L', undefined, () => ({ cursor: 1, marks: [mark('a')] }));
  await shelf.flush();
  broken = true;
  const told: string[] = [];
  await expect(shelf.forgetMarks('D', (layer) => told.push(layer))).rejects.toThrow('full');
  broken = false;
  await shelf.forgetMarks('D', (layer) => told.push(layer));
  expect(told).toEqual(['L', 'L']);
  expect(await store.keys('L/')).toEqual([]);
  expect(await shelf.knownLayers('D')).toBeUndefined();
  await shelf.forgetMarks('D', (layer) => told.push(layer));
  sealed.lock();
  await expect(shelf.forgetMarks('D', () => undefined)).rejects.toMatchObject({
    code: 'sealed_locked',
  });
});
