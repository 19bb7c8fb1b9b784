// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SealedStore } from '../../sealed';
import type { Mark } from '../core';
import { KEEP_AFTER_MS, KEEP_WITHIN_MS } from '../writing';
import { Answer } from './answer.svelte';
import { Drafts } from './drafts';

const MARK = {
  id: 'm',
  kind: 'note',
  version: 'v',
  page: 2,
  geometry: { point: [10, 20] },
  body: 'Khi nào xong?',
} as Mark;

let disk: Map<string, Uint8Array<ArrayBuffer>>;
let root: Mark | undefined;
let sent: string[];
let own: string[];
let mayKeep: boolean;

/** One person's bucket, as a fresh start of the tab finds it. */
function store(): SealedStore {
  return {
    get: async (key) => disk.get(key),
    put: async (key, bytes) => void disk.set(key, new Uint8Array(bytes)),
    delete: async (key) => void disk.delete(key),
    keys: async (prefix = '') => [...disk.keys()].filter((key) => key.startsWith(prefix)),
    entries: async () => [...disk],
    write: async (changes) => changes.forEach(({ key }) => void disk.delete(key)),
    clear: async () => disk.clear(),
  };
}

async function open(drafts: Drafts): Promise<Answer> {
  const answer = new Answer(drafts, 'paper', 'm', {
    root: () => root,
    send: (_, text) => void sent.push(text),
    keepForOneself: (_, text) => mayKeep && own.push(text) > 0,
  });
  await vi.advanceTimersByTimeAsync(0);
  return answer;
}

function type(answer: Answer, text: string): void {
  answer.text = text;
  answer.typed();
}

beforeEach(() => {
  vi.useFakeTimers();
  [disk, root, sent, own, mayKeep] = [new Map(), MARK, [], [], true];
});
afterEach(() => vi.useRealTimers());

test('a closed answer is a draft and not sent, and the next start of the tab goes on with it', async () => {
  const drafts = new Drafts(store());
  const answer = await open(drafts);
  type(answer, 'Tuần sau, tôi ng');
  answer.finish();
  await drafts.settled();
  expect(sent).toEqual([]);
  const again = await open(new Drafts(store()));
  expect(again.text).toBe('Tuần sau, tôi ng');
  type(again, 'Tuần sau, tôi nghĩ vậy');
  again.send();
  again.finish();
  await vi.advanceTimersByTimeAsync(KEEP_WITHIN_MS);
  expect(sent).toEqual(['Tuần sau, tôi nghĩ vậy']);
  expect(disk.size).toBe(0);
});

test('it is kept in the pauses of the typing, and within three seconds', async () => {
  const answer = await open(new Drafts(store()));
  type(answer, 'T');
  await vi.advanceTimersByTimeAsync(KEEP_AFTER_MS);
  expect(disk.size).toBe(1);
  disk.clear();
  for (let at = 0; at < KEEP_WITHIN_MS; at += 1_000) {
    type(answer, `${answer.text}u`);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(disk.size).toBe(1);
});

test('what is looked at and not touched writes nothing', async () => {
  const put = vi.fn(store().put);
  const drafts = new Drafts({ ...store(), put });
  const answer = await open(drafts);
  answer.leaving();
  answer.finish();
  await drafts.settled();
  expect(put).not.toHaveBeenCalled();
});

test('an answer whose mark went away becomes a private note, or stays a draft', async () => {
  const drafts = new Drafts(store());
  const answer = await open(drafts);
  type(answer, 'Tuần sau');
  root = undefined;
  answer.send();
  expect([sent, answer.text]).toEqual([[], 'Tuần sau']);
  answer.finish();
  await drafts.settled();
  expect([own, disk.size]).toEqual([['Tuần sau'], 0]);
  [root, mayKeep] = [MARK, false];
  const other = await open(drafts);
  type(other, 'Tuần tới');
  root = undefined;
  other.finish();
  await drafts.settled();
  expect([own, disk.size]).toEqual([['Tuần sau'], 1]);
});

test('a document that leaves the device takes its drafts along', async () => {
  const drafts = new Drafts(store());
  drafts.keep('paper', 'm', 'x');
  drafts.keep('other', 'm', 'y');
  await drafts.forget('paper');
  expect([...disk.keys()]).toEqual(['other/m']);
  expect(await drafts.find('paper', 'm')).toBe('');
});

test('what was begun is found with the place of its mark, and counted until it is sent or dropped', async () => {
  const drafts = new Drafts(store());
  const answer = await open(drafts);
  type(answer, 'Tuần sau');
  answer.finish();
  drafts.keep('other', 'n', 'Chưa rõ');
  drafts.keep('other', 'o', '  ');
  const fresh = new Drafts(store());
  await drafts.settled();
  const place = { version: 'v', page: 2, point: [10, 20] };
  expect(await fresh.of('paper')).toEqual([{ mark: 'm', words: 'Tuần sau', place }]);
  expect(await fresh.count()).toBe(2);
  const told = vi.fn();
  const deaf = fresh.watch(told);
  fresh.keep('paper', 'm', '');
  deaf();
  fresh.keep('other', 'n', '');
  expect(told).toHaveBeenCalledTimes(1);
  expect([await fresh.of('paper'), await fresh.count()]).toEqual([[], 0]);
});

test('a draft of an older version of the app has words and no place', async () => {
  disk.set('paper/m', new TextEncoder().encode('"Tuần sau"'));
  const drafts = new Drafts(store());
  expect(await drafts.of('paper')).toEqual([{ mark: 'm', words: 'Tuần sau', place: undefined }]);
  expect(await drafts.find('paper', 'm')).toBe('Tuần sau');
});

test('where nothing is kept a draft lives as long as the tab', async () => {
  const drafts = new Drafts(null);
  drafts.keep('paper', 'm', 'x');
  expect([drafts.keepsNothing, await drafts.count()]).toEqual([true, 1]);
  expect(await new Drafts(null).count()).toBe(0);
});

test('what another tab has sent or written on is not offered as it was here', async () => {
  const [here, there] = [new Drafts(store()), new Drafts(store())];
  here.keep('paper', 'm', 'Đồng ý');
  await here.settled();
  there.keep('paper', 'm', 'Đồng ý, cần bổ sung');
  await there.settled();
  expect(await here.find('paper', 'm')).toBe('Đồng ý, cần bổ sung');
  there.keep('paper', 'm', '');
  await there.settled();
  expect([await here.find('paper', 'm'), await here.count()]).toEqual(['', 0]);
  // The same words once more are a draft again.
  here.keep('paper', 'm', 'Đồng ý');
  await here.settled();
  expect(await there.find('paper', 'm')).toBe('Đồng ý');
});

test('a draft goes from the device only when what took its place is kept', async () => {
  let kept = true;
  const drafts = new Drafts(store(), () => kept);
  const answer = await open(drafts);
  type(answer, 'Tuần sau');
  answer.leaving();
  [root, kept] = [undefined, false];
  answer.finish();
  await drafts.settled();
  expect([own, await drafts.of('paper'), await drafts.count()]).toEqual([['Tuần sau'], [], 0]);
  expect(await new Drafts(store()).find('paper', 'm')).toBe('Tuần sau');
  drafts.letGo();
  await drafts.settled();
  expect(disk.size).toBe(0);
});

test('a draft that is begun anew before the one before went stays', async () => {
  const drafts = new Drafts(store(), () => false);
  drafts.keep('paper', 'm', 'Đồng ý');
  drafts.keep('paper', 'm', '');
  drafts.letGo();
  drafts.keep('paper', 'm', 'Cần bổ sung');
  await drafts.settled();
  expect(await new Drafts(store()).find('paper', 'm')).toBe('Cần bổ sung');
});
