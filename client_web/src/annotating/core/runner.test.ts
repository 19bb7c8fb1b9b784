// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { FIRST_IN_MEMORY } from './limits';
import type { Ack, ClientMessage, Put } from './model';
import { MemoryOutbox, type Lease, type OutboxStorage } from './outbox';
import { SyncRunner, type RunnerParts } from './runner';

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

/** One lock for the tabs of a test, as Web Locks give it. */
class Locks implements Lease {
  private readonly queue: Array<() => void> = [];

  acquire(held: () => void): () => void {
    this.queue.push(held);
    if (this.queue.length === 1) held();
    return () => {
      const first = this.queue[0] === held;
      this.queue.splice(this.queue.indexOf(held), 1);
      if (first) this.queue[0]?.();
    };
  }
}

function parts(storage: OutboxStorage, lease: Lease) {
  const sent: ClientMessage[] = [];
  const timers: Array<() => void> = [];
  const shown: string[] = [];
  let keys = 0;
  const made: RunnerParts = {
    person: 'me',
    storage,
    lease,
    newKey: () => `${Math.random()}-${++keys}`,
    random: () => 0.5,
    send: (message) => sent.push(message) > 0,
    later: (_ms, run) => {
      timers.push(run);
      return () => void timers.splice(timers.indexOf(run), 1);
    },
    show: (_layer, ids) => shown.push(...ids),
    purge: () => undefined,
  };
  return { made, sent, timers, shown };
}

async function idle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

const ops = (sent: readonly ClientMessage[]): string[] =>
  sent.flatMap((one) => (one.t === 'ann.push' ? one.ops.map((op) => op.id) : []));

describe('the runner', () => {
  it('writes before it sends, and takes work off the disk on its acknowledgement', async () => {
    const disk = new MemoryOutbox('o');
    const { made, sent, shown } = parts(disk.tab(), new Locks());
    const runner = await SyncRunner.start(made);
    await idle();
    runner.run(runner.core.open('l'));
    runner.run(runner.core.connected(1));
    runner.run(runner.core.edit('l', [put('a')]));
    expect(ops(sent)).toEqual([]);
    await runner.settled();
    expect(disk.content.entries).toHaveLength(1);
    expect(ops(sent)).toEqual(['a']);
    expect(shown).toContain('a');
    runner.run(
      runner.core.received(1, { t: 'ann.ack', op_no: 1, layer: 'l', seqs: [1], revs: [1] }),
    );
    await runner.settled();
    expect(disk.content.entries).toEqual([]);
  });

  it('hands the outbox to the next tab when one closes', async () => {
    const disk = new MemoryOutbox('o');
    const locks = new Locks();
    const first = parts(disk.tab(), locks);
    const second = parts(disk.tab(), locks);
    const a = await SyncRunner.start(first.made);
    const b = await SyncRunner.start(second.made);
    await idle();
    for (const runner of [a, b]) {
      runner.run(runner.core.open('l'));
      runner.run(runner.core.connected(1));
    }
    b.run(b.core.edit('l', [put('x')]));
    await b.settled();
    expect(ops(first.sent)).toEqual(['x']);
    expect(ops(second.sent)).toEqual([]);
    a.stop();
    a.run(a.core.edit('l', [put('after the end')]));
    await idle();
    expect(ops(second.sent)).toEqual(['x']);
    expect(first.timers).toEqual([]);
    expect(disk.content.entries).toHaveLength(1);
  });

  it('keeps failed writes in their order and tries again', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    let broken = true;
    const storage: OutboxStorage = {
      ...inner,
      write: (write) => (broken ? Promise.reject(new Error('quota')) : inner.write(write)),
    };
    const { made, sent, timers } = parts(storage, new Locks());
    const runner = await SyncRunner.start(made);
    await idle();
    runner.run(runner.core.edit('l', [put('a')]));
    await runner.settled();
    runner.run(runner.core.edit('l', [{ op: 'patch', id: 'a', body: 'x' }]));
    await runner.settled();
    expect(runner.core.truth('a')).toBe('drawn');
    expect(disk.content.entries).toEqual([]);
    broken = false;
    runner.run(runner.core.connected(1));
    timers[0]?.();
    await runner.settled();
    expect(disk.content.entries.map((one) => [one.opNo, one.ops[0]?.op])).toEqual([
      [1, 'put'],
      [2, 'patch'],
    ]);
    expect(ops(sent)).toEqual(['a']);
  });

  it('keeps at the hand-over what it heard from a tab that no disk serves any more', async () => {
    const disk = new MemoryOutbox('o');
    const storage = disk.tab();
    const { made, sent } = parts(storage, { acquire: () => () => undefined });
    const runner = await SyncRunner.start(made);
    runner.run(runner.core.open('l'));
    disk.commit({ append: [{ key: 'disk', layer: 'l', ops: [put('acknowledged')] }] });
    const stored = { id: 'o', entries: [], refused: [] };
    runner.run(
      runner.core.heard(
        {
          append: [{ key: 'k', layer: 'l', ops: [put('a')] }],
          refuse: [{ key: 'r', layer: 'l', ops: [put('b')], code: 'forbidden' }],
        },
        { k: FIRST_IN_MEMORY },
      ),
    );
    runner.run(runner.core.connected(1));
    runner.run(runner.core.lead(stored));
    expect(ops(sent)).toEqual(['a']);
    expect(runner.core.refused.map((one) => one.key)).toEqual(['r']);
    expect(runner.core.truth('b')).toBe('refused');
    runner.run(runner.core.lead({ ...stored, refused: runner.core.refused }));
    expect(runner.core.refused).toHaveLength(1);
  });

  it('asks again when the outbox cannot be read at the hand-over', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    let reads = 0;
    const storage: OutboxStorage = {
      ...inner,
      load: () => (++reads === 2 ? Promise.reject(new Error('locked')) : inner.load()),
    };
    const { made, sent, timers } = parts(storage, new Locks());
    const runner = await SyncRunner.start(made);
    await idle();
    runner.run(runner.core.connected(1));
    runner.run(runner.core.edit('l', [put('a')]));
    await runner.settled();
    expect(ops(sent)).toEqual([]);
    timers[0]?.();
    await idle();
    expect(ops(sent)).toEqual(['a']);
  });

  it('misses nothing that another tab writes while it starts', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    const storage: OutboxStorage = {
      ...inner,
      load: async () => {
        const before = await inner.load();
        disk.commit({ append: [{ key: 'k', layer: 'l', ops: [put('a')] }] });
        return before;
      },
    };
    const { made } = parts(storage, { acquire: () => () => undefined });
    const runner = await SyncRunner.start(made);
    runner.run(runner.core.open('l'));
    expect(runner.core.replica('l')?.get('a')).toBeDefined();
    runner.run(runner.core.received(1, { t: 'ann.revoke', layer: 'l' }));
    expect(runner.core.unsent).toBe(1);
  });

  it('reads nothing any more once it was stopped', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    let reads = 0;
    let fail: () => void = () => undefined;
    const storage: OutboxStorage = {
      ...inner,
      load: () => {
        reads += 1;
        if (reads === 1) return inner.load();
        return new Promise((_resolve, reject) => (fail = () => reject(new Error('locked'))));
      },
    };
    const { made, timers } = parts(storage, new Locks());
    const runner = await SyncRunner.start(made);
    await idle();
    runner.stop();
    fail();
    await idle();
    for (const run of timers.splice(0)) run();
    await idle();
    expect(reads).toBe(2);
    expect(timers).toEqual([]);
  });

  it('sends what it knows when the outbox can never be read again', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    let reads = 0;
    const storage: OutboxStorage = {
      ...inner,
      load: () => (++reads > 1 ? Promise.reject(new Error('broken')) : inner.load()),
    };
    const { made, sent, timers } = parts(storage, new Locks());
    const runner = await SyncRunner.start(made);
    runner.run(runner.core.connected(1));
    runner.run(runner.core.edit('l', [put('a')]));
    for (let round = 0; round < 3; round++) {
      await idle();
      for (const run of timers.splice(0)) run();
    }
    await idle();
    expect(ops(sent)).toEqual(['a']);
  });

  it('counts what is refused and not written yet', async () => {
    const disk = new MemoryOutbox('o');
    const inner = disk.tab();
    let broken = false;
    const storage: OutboxStorage = {
      ...inner,
      write: (write) => (broken ? Promise.reject(new Error('quota')) : inner.write(write)),
    };
    const { made } = parts(storage, new Locks());
    const runner = await SyncRunner.start(made);
    await idle();
    runner.run(runner.core.open('l'));
    runner.run(runner.core.connected(1));
    runner.run(runner.core.edit('l', [put('a')]));
    await runner.settled();
    broken = true;
    runner.run(runner.core.received(1, { t: 'ann.nack', op_no: 1, code: 'id_taken' }));
    await runner.flush();
    expect([runner.core.unwritten, runner.unwritten]).toEqual([0, 1]);
    broken = false;
    await runner.flush();
    expect(runner.unwritten).toBe(0);
  });
});

describe('handing the outbox over', () => {
  /** Two tabs of one person: the first leads, both are connected. */
  async function two(storage = (disk: MemoryOutbox) => disk.tab()) {
    const disk = new MemoryOutbox('o');
    const lease = new Locks();
    const first = parts(storage(disk), lease);
    const second = parts(storage(disk), lease);
    const one = await SyncRunner.start(first.made);
    const other = await SyncRunner.start(second.made);
    await idle();
    for (const runner of [one, other]) {
      runner.run(runner.core.open('l'));
      runner.run(runner.core.connected(1));
    }
    return { disk, lease, first, second, one, other };
  }

  it('goes to the tab that waits, which reads the outbox anew, and comes back', async () => {
    const { first, second, one, other } = await two();
    one.giveWay();
    await idle();
    expect([one.holds, other.holds]).toEqual([false, true]);
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    await idle();
    expect([ops(first.sent), ops(second.sent)]).toEqual([[], ['a']]);
    other.run(other.core.received(1, ack(1)));
    await other.settled();
    other.giveWay();
    await idle();
    expect([one.holds, other.holds]).toEqual([true, false]);
    other.run(other.core.edit('l', [put('b')]));
    await other.settled();
    await idle();
    expect([ops(first.sent), ops(second.sent)]).toEqual([['b'], ['a']]);
  });

  it('waits for the answer that is under way, so that it is sent by one tab only', async () => {
    const { disk, first, second, one, other } = await two();
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    one.giveWay();
    one.run(one.core.edit('l', [put('b')]));
    await one.settled();
    await idle();
    expect([one.holds, ops(first.sent)]).toEqual([true, ['a']]);
    one.run(one.core.received(1, ack(1)));
    await one.settled();
    await idle();
    expect([one.holds, other.holds]).toEqual([false, true]);
    expect([ops(first.sent), ops(second.sent)]).toEqual([['a'], ['b']]);
    expect(disk.content.entries.map(({ opNo }) => opNo)).toEqual([2]);
  });

  it('meets a refusal once', async () => {
    const { disk, second, one, other } = await two();
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    one.giveWay();
    one.run(one.core.received(1, { t: 'ann.nack', op_no: 1, code: 'forbidden' }));
    await one.settled();
    await idle();
    expect(other.holds).toBe(true);
    expect(ops(second.sent)).toEqual([]);
    expect(disk.content.refused).toHaveLength(1);
    expect(other.core.refused).toHaveLength(1);
  });

  /** A write takes a moment, as it does in a browser. */
  function slow(disk: MemoryOutbox): OutboxStorage {
    const storage = disk.tab();
    return { ...storage, write: (write) => Promise.resolve().then(() => storage.write(write)) };
  }

  it('sets work of a layer that goes aside once, when all tabs are told in one moment', async () => {
    for (const told of ['revoked', 'dropped'] as const) {
      const { disk, one, other } = await two(slow);
      one.run(one.core.edit('l', [put('a')]));
      await one.settled();
      // Neither has heard of the other's write yet.
      for (const runner of [other, one]) {
        const { core } = runner;
        if (told === 'dropped') runner.run(core.drop('l'));
        else runner.run(core.received(1, { t: 'ann.revoke', layer: 'l' }));
        expect(core.replica('l')).toBeUndefined();
      }
      await Promise.all([one.settled(), other.settled()]);
      expect(disk.content).toMatchObject({ entries: [], refused: [{ code: 'revoked' }] });
      expect([one.core.refused.length, other.core.refused.length]).toEqual([1, 1]);
      expect([one.core.unsent, other.core.unsent]).toEqual([0, 0]);
    }
  });

  it('leaves work of a layer that only the waiting tab knew to the answer of its push', async () => {
    const { disk, second, one, other } = await two();
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    other.run(other.core.received(1, { t: 'ann.revoke', layer: 'l' }));
    await other.settled();
    expect(disk.content).toMatchObject({ entries: [{ opNo: 1 }], refused: [] });
    one.stop();
    await idle();
    expect(ops(second.sent)).toEqual(['a']);
    other.run(other.core.received(1, { t: 'ann.nack', op_no: 1, code: 'forbidden' }));
    await other.settled();
    expect(disk.content).toMatchObject({ entries: [], refused: [{ code: 'forbidden' }] });
  });

  it('gives back what a dead line leaves unanswered, under its number', async () => {
    const { disk, second, one, other } = await two();
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    one.giveWay();
    expect(one.holds).toBe(true);
    one.run(one.core.disconnected(1));
    await idle();
    expect([one.holds, other.holds]).toEqual([false, true]);
    const pushes = second.sent.filter((message) => message.t === 'ann.push');
    expect(pushes).toMatchObject([{ outbox: 'o', op_no: 1 }]);
    other.run(other.core.received(1, ack(1)));
    await other.settled();
    expect(disk.content.entries).toEqual([]);
    expect([one.core.unsent, other.core.unsent]).toEqual([0, 0]);
  });

  it('is not queued for by a tab that ended meanwhile', async () => {
    const { lease, one, other } = await two();
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    one.giveWay();
    one.stop();
    await one.settled();
    await idle();
    expect(other.holds).toBe(true);
    other.stop();
    let free = false;
    lease.acquire(() => (free = true));
    expect(free).toBe(true);
  });

  it('is taken back in the middle of reading without leading twice', async () => {
    const { first, second, one, other } = await two();
    one.giveWay();
    other.giveWay();
    one.giveWay();
    await idle();
    expect(one.holds !== other.holds).toBe(true);
    one.run(one.core.edit('l', [put('a')]));
    await one.settled();
    await idle();
    expect([...ops(first.sent), ...ops(second.sent)]).toEqual(['a']);
  });
});

function ack(op_no: number): Ack {
  return { t: 'ann.ack', op_no, layer: 'l', seqs: [op_no], revs: [1] };
}
