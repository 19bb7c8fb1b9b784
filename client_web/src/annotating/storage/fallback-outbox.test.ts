// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  MemoryOutbox,
  SyncRunner,
  type ClientMessage,
  type Numbers,
  type OutboxStorage,
  type OutboxWrite,
  type Put,
} from '../core';
import { SealedLocked } from '../../sealed';
import { Drafts } from '../thread/drafts';
import { unsentWork } from '../unsent-work';
import { DISK_ANSWERS_WITHIN_MS, FallbackOutbox } from './fallback-outbox';

const put = (id: string): Put => ({
  op: 'put',
  id,
  version: 'v',
  page: 0,
  kind: 'note',
  created: 1,
  geometry: { point: [0, 0] },
  style: {},
});

/** A disk of several tabs, which can break or stop answering. */
class Disk {
  readonly content = new MemoryOutbox('o');
  state: 'well' | 'full' | 'silent' | 'locked' = 'well';
  private readonly waiting: Array<() => void> = [];

  tab() {
    const inner = this.content.tab();
    const listeners = new Set<(write: OutboxWrite, numbers: Numbers) => void>();
    const disk = {
      ...inner,
      load: () => (this.state === 'well' ? inner.load() : Promise.reject(new Error('broken'))),
      write: async (write: OutboxWrite) => {
        if (this.state === 'full') throw new DOMException('no room', 'QuotaExceededError');
        if (this.state === 'locked') throw new SealedLocked();
        if (this.state === 'silent') await new Promise<void>((go) => this.waiting.push(go));
        return inner.write(write);
      },
      listen: (listener: (write: OutboxWrite, numbers: Numbers) => void) => {
        listeners.add(listener);
        this.tabs.add(listener);
        return inner.listen(listener);
      },
      announce: (write: OutboxWrite, numbers: Numbers) => {
        for (const tab of this.tabs) if (!listeners.has(tab)) tab(write, numbers);
      },
    };
    return disk;
  }

  answer(): void {
    this.state = 'well';
    for (const go of this.waiting.splice(0)) go();
  }

  private readonly tabs = new Set<(write: OutboxWrite, numbers: Numbers) => void>();
}

let disk: Disk;
let leading: Array<() => void>;
beforeEach(() => {
  vi.useFakeTimers();
  disk = new Disk();
  leading = [];
});
afterEach(() => vi.useRealTimers());

const later = (ms: number, run: () => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

async function tab({ leads = true } = {}) {
  const sent: ClientMessage[] = [];
  const gaveUp = vi.fn();
  const storage: OutboxStorage = new FallbackOutbox({
    disk: disk.tab(),
    random: () => 0.25,
    gaveUp,
  });
  let keys = 0;
  const name = `tab${leading.length}`;
  const runner = await SyncRunner.start({
    person: 'me',
    storage,
    lease: {
      acquire: (held) => {
        leading.push(held);
        if (leads) held();
        return () => undefined;
      },
    },
    newKey: () => `${name}-${++keys}`,
    random: () => 0.5,
    send: (message) => sent.push(message) > 0,
    later,
    show: () => undefined,
    purge: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(0);
  runner.run(runner.core.open('l'));
  return { runner, sent, gaveUp };
}

const pushes = (sent: readonly ClientMessage[]) =>
  sent.flatMap((one) => (one.t === 'ann.push' ? [one] : []));
const ids = (sent: readonly ClientMessage[]) =>
  pushes(sent).flatMap(({ ops }) => ops.map((op) => `${op.op} ${op.id}`));

test('a disk that refuses after the start: the work goes to the server all the same, once', async () => {
  const { runner, sent, gaveUp } = await tab();
  runner.run(runner.core.connected(1));
  disk.state = 'full';
  runner.run(runner.core.edit('l', [put('a')]));
  runner.run(runner.core.edit('l', [put('b')]));
  runner.run(runner.core.edit('l', [{ op: 'patch', id: 'a', body: 'x' }]));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids(sent)).toEqual(['put a', 'put b']);
  expect(gaveUp).toHaveBeenCalledTimes(1);
  for (const { op_no } of pushes(sent)) {
    expect(Number.isSafeInteger(op_no) && op_no > 1_000_000).toBe(true);
    runner.run(
      runner.core.received(1, { t: 'ann.ack', op_no, layer: 'l', seqs: [op_no], revs: [1] }),
    );
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(ids(sent)).toEqual(['put a', 'put b', 'patch a']);
  expect(runner.core.truth('b')).toBe('server');
});

test('a disk that refuses for a moment is not given up', async () => {
  const { runner, sent, gaveUp } = await tab();
  disk.state = 'full';
  runner.run(runner.core.edit('l', [put('a')]));
  await vi.advanceTimersByTimeAsync(0);
  disk.state = 'well';
  await vi.advanceTimersByTimeAsync(10_000);
  runner.run(runner.core.connected(1));
  expect(pushes(sent).map((push) => push.op_no)).toEqual([1]);
  expect(gaveUp).not.toHaveBeenCalled();
  expect(disk.content.content.entries).toHaveLength(1);
});

test('what lay on the disk before keeps its number, and leaves it when the disk lets it', async () => {
  disk.content.commit({ append: [{ key: 'k', layer: 'l', ops: [put('old')] }] });
  const { runner, sent } = await tab();
  disk.state = 'full';
  runner.run(runner.core.edit('l', [put('new')]));
  await vi.advanceTimersByTimeAsync(10_000);
  runner.run(runner.core.connected(1));
  expect(pushes(sent).map(({ op_no }) => op_no < 10)).toEqual([true, false]);
  disk.state = 'well';
  runner.run(runner.core.received(1, { t: 'ann.ack', op_no: 1, layer: 'l', seqs: [1], revs: [1] }));
  await vi.advanceTimersByTimeAsync(0);
  expect(disk.content.content.entries).toEqual([]);
});

test('a disk that never answers is not waited for, and its late answer doubles nothing', async () => {
  const { runner, sent } = await tab();
  runner.run(runner.core.connected(1));
  disk.state = 'silent';
  runner.run(runner.core.edit('l', [put('a')]));
  await vi.advanceTimersByTimeAsync(2 * DISK_ANSWERS_WITHIN_MS + 1);
  expect(ids(sent)).toEqual(['put a']);
  disk.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(disk.content.content.entries).toEqual([]);
  expect(ids(sent)).toEqual(['put a']);
});

test('the tab that sends hears of work that only another tab holds', async () => {
  const first = await tab();
  const second = await tab({ leads: false });
  first.runner.run(first.runner.core.connected(1));
  second.runner.run(second.runner.core.connected(1));
  disk.state = 'full';
  second.runner.run(second.runner.core.edit('l', [put('a')]));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids(second.sent)).toEqual([]);
  expect(ids(first.sent)).toEqual(['put a']);
});

test('the next tab takes over although the disk cannot be read', async () => {
  const { runner, sent } = await tab({ leads: false });
  runner.run(runner.core.connected(1));
  runner.run(runner.core.edit('l', [put('a')]));
  await vi.advanceTimersByTimeAsync(0);
  disk.state = 'full';
  leading[0]?.();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids(sent)).toEqual(['put a']);
});

test('the next tab keeps the work that only the one before it held, and sends it in its order', async () => {
  const first = await tab();
  const second = await tab({ leads: false });
  second.runner.run(second.runner.core.edit('l', [put('kept')]));
  await vi.advanceTimersByTimeAsync(0);
  disk.state = 'full';
  first.runner.run(first.runner.core.edit('l', [put('a')]));
  await vi.advanceTimersByTimeAsync(10_000);
  disk.state = 'well';
  expect(second.gaveUp).toHaveBeenCalledTimes(1);
  second.runner.run(second.runner.core.edit('l', [{ op: 'patch', id: 'a', body: 'second' }]));
  await vi.advanceTimersByTimeAsync(0);
  first.runner.run(first.runner.core.edit('l', [{ op: 'patch', id: 'a', body: 'first' }]));
  await vi.advanceTimersByTimeAsync(0);
  first.runner.stop();
  leading[1]?.();
  await vi.advanceTimersByTimeAsync(10_000);
  const { runner, sent } = second;
  runner.run(runner.core.connected(1));
  for (let answered = 0; answered < pushes(sent).length && answered < 10; answered++) {
    const op_no = pushes(sent)[answered]?.op_no ?? 0;
    runner.run(
      runner.core.received(1, { t: 'ann.ack', op_no, layer: 'l', seqs: [op_no], revs: [1] }),
    );
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(ids(sent)).toEqual(['put kept', 'put a', 'patch a', 'patch a']);
  expect(
    pushes(sent).flatMap(({ ops }) => ops.flatMap((op) => ('body' in op ? op.body : []))),
  ).toEqual(['second', 'first']);
  expect(runner.core.unsent).toBe(0);
});

test('a locked tablet does not count as a broken disk', async () => {
  const { runner, gaveUp } = await tab();
  disk.state = 'locked';
  runner.run(runner.core.edit('l', [put('a')]));
  expect(await unsentWork(runner, new Drafts(null), () => false)).toEqual({
    unsent: 1,
    unkept: 1,
    drafts: 0,
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gaveUp).not.toHaveBeenCalled();
  disk.state = 'well';
  await vi.advanceTimersByTimeAsync(30_000);
  expect(disk.content.content.entries.map((one) => one.opNo)).toEqual([1]);
});

test('before somebody goes: what is being written is waited for, what is not kept is said', async () => {
  const { runner, gaveUp } = await tab();
  runner.run(runner.core.edit('l', [put('a')]));
  disk.state = 'full';
  runner.run(runner.core.edit('l', [put('b')]));
  const asked = unsentWork(runner, new Drafts(null), () => gaveUp.mock.calls.length > 0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await asked).toEqual({ unsent: 2, unkept: 2, drafts: 0 });
});

test('before somebody goes: a write that only failed before is tried again, without a pause', async () => {
  const { runner } = await tab();
  disk.state = 'full';
  runner.run(runner.core.edit('l', [put('a')]));
  await runner.settled();
  disk.state = 'well';
  expect(await unsentWork(runner, new Drafts(null), () => false)).toEqual({
    unsent: 1,
    unkept: 0,
    drafts: 0,
  });
  expect(disk.content.content.entries).toHaveLength(1);
});

test('a disk that does not answer: nobody waits for ever, and nothing is promised', async () => {
  const { runner } = await tab();
  disk.state = 'silent';
  runner.run(runner.core.edit('l', [put('a')]));
  const asked = unsentWork(runner, new Drafts(null), () => false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await asked).toEqual({ unsent: 1, unkept: 1, drafts: 0 });
});

test('drafts that cannot be counted either: what is at hand counts, and nothing is promised', async () => {
  const { runner } = await tab();
  const never = (): Promise<never> => new Promise(() => undefined);
  const silent = { get: never, put: never, delete: never, keys: never, entries: never };
  const begun = new Drafts({ ...silent, write: never, clear: never });
  begun.keep('paper', 'm', 'Tuần sau');
  const told = vi.fn();
  void unsentWork(runner, begun, () => false).then(told);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toHaveBeenCalledWith({ unsent: 0, unkept: 1, drafts: 1 });
});
