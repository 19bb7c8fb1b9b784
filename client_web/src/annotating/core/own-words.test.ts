// @vitest-environment node
import { expect, test } from 'vitest';
import { MAX_OWN_WORDS } from './limits';
import type { Operation, Put } from './model';
import { MemoryOutbox } from './outbox';
import { OwnWords } from './own-words';
import { Queue } from './queue';

const LAYER = 'layer';
const put: Put = {
  op: 'put',
  id: 'a',
  version: 'v',
  page: 0,
  kind: 'note',
  created: 5,
  geometry: { point: [1, 2] },
  style: {},
};
const says = (base_rev: number, body = 'x', id = 'a'): Operation => ({
  op: 'patch',
  id,
  base_rev,
  body,
});
const moves: Operation = { op: 'patch', id: 'a', base_rev: 1, page: 2 };

test('words are lifted over this tablet’s own words, and never over another’s', () => {
  const own = new OwnWords();
  own.took([put], [1]);
  own.took([says(1)], [2]);
  expect(own.rebased([says(0), says(1), says(2)])).toEqual([says(2), says(2), says(2)]);
  own.took([says(4)], [5]); // 3 or 4 were somebody else's
  expect(own.rebased([says(2), says(4)])).toEqual([says(2), says(5)]);
  const other = [says(1, 'x', 'b'), put];
  expect(own.rebased(other)).toBe(other);
});

test('what changes no words gives no ground, and the memory is bounded', () => {
  const own = new OwnWords();
  own.took([moves], [3]);
  expect(own.rebased([says(1)])).toEqual([says(1)]);
  for (let i = 0; i <= MAX_OWN_WORDS; i++) own.took([{ ...put, id: `m${i}` }], [1]);
  expect(own.rebased([says(0, 'x', 'm0')])).toEqual([says(0, 'x', 'm0')]);
  expect(own.rebased([says(0, 'x', 'm1')])).toEqual([says(1, 'x', 'm1')]);
});

/** One tablet's queue on its disk, with the server's rule for words. */
class Tablet {
  queue: Queue;
  private keys = 0;
  private rev = 1;
  private words = 1;
  private readonly answers = new Map<number, number>();

  constructor(readonly disk = new MemoryOutbox('outbox')) {
    this.queue = this.start();
  }

  start(): Queue {
    return (this.queue = new Queue(this.disk.content, () => `k${++this.keys}${Math.random()}`));
  }

  write(body: string, seen: number): void {
    const write = this.queue.add(LAYER, [says(seen, body)]);
    this.queue.written(write, this.disk.commit(write));
  }

  /** Somebody else's words. */
  elsewhere(): number {
    return (this.words = this.rev += 1);
  }

  /** What goes out now reaches the server; `heard`: and its answer this tablet. */
  send(heard = true): void {
    for (const one of this.queue.takeSendable()) {
      let rev = this.answers.get(one.opNo);
      if (rev === undefined) {
        const [op] = one.ops;
        if (op?.op !== 'patch' || this.words > op.base_rev) {
          const value = { id: 'a', rev: this.rev, seq: 9, deleted: true } as const;
          this.disk.commit(this.queue.refuse(one, 'conflict', 0, 'body', value));
          continue;
        }
        rev = this.words = this.rev += 1;
        this.answers.set(one.opNo, rev);
      }
      if (heard) this.disk.commit(this.queue.acked(one, [rev], [rev]));
    }
  }

  sendAll(): void {
    for (let i = 0; i < 20 && this.queue.size > 0; i++) this.send();
  }

  get outcome(): [number, readonly string[]] {
    return [this.queue.size, this.queue.refused.map((one) => one.code)];
  }
}

test('a note typed offline in many pauses is no conflict with itself', () => {
  const tablet = new Tablet();
  for (const words of ['m', 'mộ', 'một', 'một lời']) tablet.write(words, 1);
  tablet.sendAll();
  expect(tablet.outcome).toEqual([0, []]);
});

test('nor when the tablet dies between the push and its answer', () => {
  const tablet = new Tablet();
  for (const words of ['m', 'mộ', 'một']) tablet.write(words, 1);
  tablet.send(false);
  tablet.start();
  tablet.write('một lời', 1);
  tablet.sendAll();
  expect(tablet.outcome).toEqual([0, []]);
});

test('another device’s words are a conflict: one item with the last of mine', () => {
  const tablet = new Tablet();
  for (const words of ['m', 'mộ', 'một']) tablet.write(words, 1);
  tablet.elsewhere();
  tablet.sendAll();
  expect(tablet.outcome).toEqual([0, ['conflict']]);
  const ops = [{ body: 'm' }, { body: 'mộ' }, { body: 'một' }];
  expect(tablet.disk.content).toMatchObject({ entries: [], refused: [{ ops }] });
  const [item] = tablet.queue.refused;
  if (item === undefined) throw new Error('nothing was refused');
  expect(tablet.queue.takeBack(item).append).toMatchObject([{ ops: [{ body: 'một' }] }]);
});
