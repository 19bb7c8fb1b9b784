// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_IN_FLIGHT } from './limits';
import {
  connectedTab,
  LAYER,
  ack,
  delta,
  item,
  nack,
  put,
  snapshot,
  type Tab,
} from './testing/tab';

let tab: Tab;

beforeEach(() => {
  tab = connectedTab();
});

describe('the truth of a mark', () => {
  it('goes from drawn to on this device to on the server', () => {
    tab.hold = true;
    tab.edit(put('a'));
    expect(tab.core.truth('a')).toBe('drawn');
    expect(tab.core.unwritten).toBe(1);
    expect(tab.ids()).toEqual(['a']);
    expect(tab.pushes()).toEqual([]);
    tab.release();
    expect(tab.core.truth('a')).toBe('device');
    expect(tab.pushes()).toMatchObject([{ outbox: 'outbox', op_no: 1, ops: [{ id: 'a' }] }]);
    tab.get(ack(1, [1]));
    tab.release();
    expect(tab.core.truth('a')).toBe('server');
    expect(tab.core.unsent).toBe(0);
    expect(tab.disk.content.entries).toEqual([]);
  });

  it('does not flicker between the acknowledgement and the delta', () => {
    tab.edit(put('a', 'lời'));
    tab.get(ack(1, [1]));
    expect(tab.core.replica(LAYER)?.get('a')).toMatchObject({ body: 'lời', rev: 1, seq: 1 });
    tab.get(delta(0, 1, item('a', 1, 1, 'lời')));
    expect(tab.core.replica(LAYER)?.get('a')?.modified).toBe(6);
  });

  it('stays honest while the storage refuses, and keeps the order of the work', () => {
    tab.hold = true;
    tab.edit(put('a'));
    tab.take(tab.core.notWritten());
    tab.take(tab.core.notWritten());
    expect(tab.core.truth('a')).toBe('drawn');
    expect(tab.wakes.slice(-2)).toEqual([1000, 2000]);
  });
});

describe('pushes', () => {
  it('overlap, but never two that touch the same mark', () => {
    for (let i = 0; i < MAX_IN_FLIGHT + 2; i++) tab.edit(put(`m${i}`));
    tab.edit({ op: 'patch', id: 'm0', body: 'x' });
    expect(tab.pushes()).toHaveLength(MAX_IN_FLIGHT);
    for (let i = 1; i <= MAX_IN_FLIGHT + 2; i++) tab.get(ack(i, [i]));
    expect(tab.pushes().map((one) => one.op_no)).toEqual([
      MAX_IN_FLIGHT + 1,
      MAX_IN_FLIGHT + 2,
      MAX_IN_FLIGHT + 3,
    ]);
  });

  it('a reply waits for the note it answers', () => {
    tab.edit(put('note'));
    tab.edit({ ...put('reply'), reply_to: 'note' });
    expect(tab.pushes()).toHaveLength(1);
    tab.get(ack(1, [1]));
    expect(tab.pushes()).toHaveLength(1);
  });

  it('keeps what words were written on also when the tab dies after the acknowledgement', () => {
    tab.get(snapshot(1, item('a', 1, 1, 'không')));
    tab.edit({ op: 'patch', id: 'a', body: 'một' });
    expect(tab.pushes()).toMatchObject([{ op_no: 1, ops: [{ base_rev: 1 }] }]);
    tab.hold = true;
    tab.edit({ op: 'patch', id: 'a', body: 'hai' });
    const tell = tab.writeSilently();
    tab.get(ack(1, [2], [2]));
    tell();
    tab.writeSilently(); // and the tab dies here
    expect(tab.disk.content.entries).toMatchObject([
      { opNo: 1, ops: [{ base_rev: 1 }] },
      { opNo: 2, ops: [{ base_rev: 2 }] },
    ]);
  });

  it('puts another tab’s words on top of what it sent itself', () => {
    tab.get(snapshot(1, item('a', 1, 1, 'không')));
    tab.edit({ op: 'patch', id: 'a', body: 'một' });
    tab.get(ack(1, [2], [2]));
    tab.pushes();
    // Typed in the other tab before it heard of the acknowledgement.
    const ops = [{ op: 'patch', id: 'a', base_rev: 1, body: 'hai' } as const];
    tab.disk.commit({ append: [{ key: 'other', layer: LAYER, ops }] });
    expect(tab.pushes()).toMatchObject([{ ops: [{ body: 'hai', base_rev: 2 }] }]);
  });

  it('own acknowledged words are the base of later words, in memory and on the disk', () => {
    tab.get(delta(0, 4, item('a', 4, 4)));
    tab.edit({ op: 'patch', id: 'a', body: 'một' });
    tab.edit({ op: 'patch', id: 'a', body: 'hai' });
    tab.edit({ op: 'patch', id: 'a', style: { width: 2 } });
    tab.get(ack(1, [7], [6]));
    expect(tab.disk.content.entries.map((one) => one.ops[0])).toMatchObject([
      { body: 'hai', base_rev: 6 },
      { base_rev: 6 },
    ]);
    tab.pushes();
    tab.get(ack(2, [8], [7]));
    expect(tab.pushes()).toMatchObject([{ op_no: 3, ops: [{ base_rev: 7 }] }]);
  });

  it('a change of style does not hide someone else’s words from a later change of words', () => {
    tab.get(delta(0, 4, item('a', 4, 4)));
    tab.edit({ op: 'patch', id: 'a', style: { width: 2 } });
    tab.edit({ op: 'patch', id: 'a', body: 'hai' });
    tab.pushes();
    tab.get(ack(1, [6], [6]));
    expect(tab.pushes()).toMatchObject([{ ops: [{ body: 'hai', base_rev: 4 }] }]);
  });

  it('an acknowledged move does not lift words over those that another device wrote before it', () => {
    tab.get(delta(0, 3, item('a', 3, 3, 'cũ')));
    tab.edit({ op: 'patch', id: 'a', page: 2 });
    tab.pushes();
    tab.get(ack(1, [5], [5])); // rev 4, the other device's words, is still on its way
    expect(tab.core.replica(LAYER)?.get('a')).toMatchObject({ page: 2, body: 'cũ' });
    tab.edit({ op: 'patch', id: 'a', body: 'mới' });
    expect(tab.pushes()).toMatchObject([{ ops: [{ body: 'mới', base_rev: 3 }] }]);
    // Kept for the next start as well.
    expect(tab.core.replica(LAYER)?.save().marks).toMatchObject([{ id: 'a', rev: 3, seq: 5 }]);
  });

  it('a gesture larger than one push is cut', () => {
    tab.edit(...Array.from({ length: 450 }, (_, i) => put(`m${i}`)));
    expect(tab.pushes().map((one) => one.ops.length)).toEqual([200, 200, 50]);
    tab.edit(put('x', 'x'.repeat(300_000)), put('y', 'y'.repeat(300_000)));
    expect(tab.disk.content.entries).toHaveLength(5);
  });

  it('what no push can carry goes into quarantine at once, on the disk too', () => {
    tab.edit(put('whale', 'x'.repeat(600_000)), put('small'));
    expect(tab.core.refused).toMatchObject([{ code: 'too_large', ops: [{ id: 'whale' }] }]);
    expect(tab.disk.content.refused).toHaveLength(1);
    expect(tab.pushes()).toMatchObject([{ ops: [{ id: 'small' }] }]);
  });

  it('a full disk on the server pauses the outbox and loses nothing', () => {
    tab.edit(put('a'));
    tab.pushes();
    tab.get(nack(1, 'try_later'));
    tab.edit(put('b'));
    expect(tab.pushes()).toEqual([]);
    expect(tab.wakes.at(-1)).toBe(1000);
    tab.take(tab.core.wake('again'));
    expect(tab.pushes().map((one) => one.op_no)).toEqual([1, 2]);
  });

  it('a number that turns out to be taken is replaced, in the same place', () => {
    tab.edit(put('a'));
    tab.edit(put('b'));
    tab.pushes();
    tab.get(nack(1, 'op_no_reused'));
    expect(tab.pushes()).toMatchObject([{ op_no: 3, ops: [{ id: 'a' }] }]);
    expect(tab.disk.content.entries.map((one) => one.ops[0]?.id)).toEqual(['a', 'b']);
  });

  it('acknowledgements and refusals of unknown numbers are ignored', () => {
    tab.get(ack(99, [1]));
    tab.get(nack(99, 'forbidden'));
    expect(tab.core.refused).toEqual([]);
  });
});
