// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_FAILED_ANSWERS, MAX_IN_FLIGHT, SUSPECT_AFTER } from './limits';
import type { Mark } from './model';
import {
  connectedTab,
  LAYER,
  ack,
  delta,
  item,
  nack,
  put,
  snapshot,
  tomb,
  Tab,
} from './testing/tab';

let tab: Tab;

beforeEach(() => {
  tab = connectedTab();
});

describe('failures of peers', () => {
  it('hocuspocus ack-before-save: nothing is sent that this device has not saved', () => {
    tab.hold = true;
    tab.edit(put('a'));
    tab.take(tab.core.connected(2));
    expect(tab.pushes()).toEqual([]);
    expect(tab.disk.content.entries).toEqual([]);
  });

  it('y-websocket without acknowledgements: work stays until it is acknowledged', () => {
    tab.edit(put('a'));
    tab.pushes();
    tab.take(tab.core.disconnected(1));
    tab.take(tab.core.connected(2));
    expect(tab.pushes()).toMatchObject([{ op_no: 1 }]);
    expect(tab.disk.content.entries).toHaveLength(1);
  });

  it('tldraw #10159 #10092: a late close of a superseded socket does not end the new one', () => {
    tab.take(tab.core.connected(2));
    expect(tab.core.disconnected(1)).toEqual([]);
    tab.edit(put('a'));
    expect(tab.pushes()).toHaveLength(1);
  });

  it('tldraw #10159 #10092: late frames of a superseded socket are not heard', () => {
    tab.edit(put('a'));
    tab.take(tab.core.connected(2));
    tab.get(nack(1, 'forbidden'), 1);
    tab.get(snapshot(9), 1);
    expect(tab.core.refused).toEqual([]);
    expect(tab.core.truth('a')).toBe('device');
  });

  it('tldraw #10159 #10092: put then delete offline does not come back', () => {
    tab.take(tab.core.disconnected(1));
    tab.edit(put('a'));
    tab.edit({ op: 'delete', id: 'a' });
    expect(tab.ids()).toEqual([]);
    tab.take(tab.core.connected(2));
    tab.get(snapshot(0), 2);
    expect(tab.pushes()).toMatchObject([{ op_no: 1 }]);
    tab.get(ack(1, [1]), 2);
    expect(tab.ids()).toEqual([]);
    expect(tab.pushes()).toMatchObject([{ op_no: 2, ops: [{ op: 'delete', base_rev: 1 }] }]);
    tab.get(ack(2, [2], [2]), 2);
    tab.get(delta(0, 1, item('a', 1)), 2);
    expect(tab.ids()).toEqual([]);
    tab.get(delta(1, 2, tomb('a', 2)), 2);
    expect(tab.ids()).toEqual([]);
  });

  it('tldraw #10159 #10092: a mark deleted elsewhere is not resurrected by its own unanswered put', () => {
    tab.edit(put('a'));
    tab.get(delta(0, 1, item('a', 1)));
    tab.get(delta(1, 2, tomb('a', 2)));
    expect(tab.ids()).toEqual([]);
    tab.get(ack(1, [1]));
    expect(tab.ids()).toEqual([]);
  });

  it('tldraw #10159 #10092: edits made while the answer is under way are kept on top of it', () => {
    tab.get(delta(0, 1, item('a', 1, 1, 'cũ')));
    tab.take(tab.core.disconnected(1));
    tab.edit({ op: 'patch', id: 'a', body: 'mới' });
    tab.take(tab.core.connected(2));
    tab.get(snapshot(2, item('a', 1, 1, 'cũ'), item('b', 2)), 2);
    expect(tab.core.replica(LAYER)?.get('a')?.body).toBe('mới');
    expect(tab.core.isCurrent(LAYER)).toBe(true);
  });

  it('tldraw #10092: an answer that cannot be taken does not leave the layer hanging', () => {
    const broken = delta(0, 1, null as unknown as Mark);
    tab.sent = [];
    tab.get(broken);
    expect(tab.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 0 }]);
    tab.get(snapshot(1, item('a', 1)));
    expect(tab.ids()).toEqual(['a']);
    expect(tab.core.isCurrent(LAYER)).toBe(true);
  });

  it('an answer that never can be taken ends that layer alone, until it is opened anew', () => {
    tab.take(tab.core.open('other'));
    for (let i = 0; i < MAX_FAILED_ANSWERS; i++) tab.get(delta(0, 1, null as unknown as Mark));
    expect(tab.core.isCurrent(LAYER)).toBe(false);
    tab.get({ t: 'ann.snapshot', layer: 'other', seq: 1, part: 0, last: true, items: [] });
    expect(tab.core.isCurrent('other')).toBe(true);
    tab.sent = [];
    tab.take(tab.core.connected(2));
    expect(tab.sent).toMatchObject([{ t: 'ann.open', layer: 'other' }]);
    tab.take(tab.core.open(LAYER));
    tab.get(snapshot(1, item('a', 1)), 2);
    expect(tab.ids()).toEqual(['a']);
  });

  it('an answer that never comes is asked for again', () => {
    tab.take(tab.core.connected(2));
    tab.sent = [];
    tab.take(tab.core.wake('answers'));
    expect(tab.sent).toEqual([]);
    tab.take(tab.core.wake('answers'));
    expect(tab.sent).toMatchObject([{ t: 'ann.open' }]);
    tab.take(tab.core.disconnected(2));
    tab.sent = [];
    tab.take(tab.core.wake('answers'));
    expect(tab.sent).toEqual([]);
  });

  it('liveblocks PR #3647: pushes that the server never answers do not fill the window', () => {
    const poison = Array.from({ length: MAX_IN_FLIGHT }, (_, i) => `p${i}`);
    for (const id of poison) tab.edit(put(id));
    tab.edit(put('good'));
    expect(tab.pushes()).toHaveLength(MAX_IN_FLIGHT);
    tab.take(tab.core.wake('answers'));
    expect(tab.pushes()).toEqual([]);
    tab.take(tab.core.wake('answers'));
    expect(tab.pushes().map((one) => one.ops[0]?.id)).toEqual(['good']);
    tab.get(ack(MAX_IN_FLIGHT + 1, [1]));
    let waits = 0;
    while (tab.core.unsent > 0 && ++waits < 100) tab.take(tab.core.wake('answers'));
    expect(tab.core.refused.map((one) => [one.code, one.ops[0]?.id])).toEqual(
      poison.map((id) => ['unanswered', id]),
    );
    expect(tab.core.truth('good')).toBe('server');
  });

  describe('a push that was given up', () => {
    function giveUp(): void {
      for (let i = 0; i < 20 && tab.core.unsent > 0; i++) tab.take(tab.core.wake('answers'));
    }

    it('is released by its late answer, and what followed it goes out', () => {
      tab.edit(put('a', 'một'));
      tab.edit({ op: 'patch', id: 'a', body: 'hai' });
      giveUp();
      expect(tab.core.refused).toMatchObject([{ opNo: 1 }, { ops: [{ body: 'hai' }] }]);
      tab.pushes();
      tab.get(ack(1, [1]));
      expect(tab.core.refused).toEqual([]);
      expect(tab.disk.content.refused).toEqual([]);
      const [push, ...others] = tab.pushes();
      expect([push?.ops, others]).toEqual([
        [{ op: 'patch', id: 'a', body: 'hai', base_rev: 1 }],
        [],
      ]);
      tab.get(ack(push?.op_no ?? 0, [2], [2]));
      expect(tab.core.truth('a')).toBe('server');
      expect(tab.core.replica(LAYER)?.get('a')?.body).toBe('hai');
      tab.get(ack(1, [1]));
      expect(tab.pushes()).toEqual([]);
    });

    it('is released by the mark that arrives with a delta or a snapshot', () => {
      for (const answer of [delta(0, 1, item('a', 1)), snapshot(1, item('a', 1))]) {
        tab = new Tab();
        tab.take(tab.core.open(LAYER));
        tab.take(tab.core.connected(1));
        tab.edit(put('a'));
        giveUp();
        expect(tab.core.truth('a')).toBe('refused');
        tab.get(answer);
        expect(tab.core.refused).toEqual([]);
        expect(tab.core.truth('a')).toBe('server');
        expect(tab.ids()).toEqual(['a']);
      }
    });

    it('is the base of what was typed after it, when its delta comes before its answer', () => {
      for (const answer of [
        delta(0, 1, item('a', 1, 1, 'một')),
        snapshot(1, item('a', 1, 1, 'một')),
      ]) {
        tab = new Tab();
        tab.take(tab.core.open(LAYER));
        tab.take(tab.core.connected(1));
        tab.edit(put('a', 'một'));
        tab.edit({ op: 'patch', id: 'a', body: 'hai' });
        giveUp();
        expect(tab.core.refused).toHaveLength(2);
        tab.pushes();
        tab.get(answer);
        tab.get(ack(1, [1]));
        expect(tab.core.refused).toEqual([]);
        // On top of one's own first words: another base would meet them as somebody else's.
        const ops = [{ op: 'patch', id: 'a', body: 'hai', base_rev: 1 }];
        expect(tab.pushes().map((push) => push.ops)).toEqual([ops]);
        expect(tab.disk.content.entries).toMatchObject([{ ops }]);
      }
    });

    it('is released when a second try meets the first, and not by somebody else’s mark', () => {
      tab.edit(put('a'));
      giveUp();
      tab.take(tab.core.retry(tab.core.refused[0]?.key ?? ''));
      tab.get(nack(2, 'id_taken', 0));
      expect(tab.core.refused).toMatchObject([{ code: 'id_taken' }]);
      tab.get(delta(0, 1, { ...item('a', 1), author: 'other' }));
      expect(tab.core.refused).toHaveLength(1);
      tab.get(delta(1, 2, item('a', 2)));
      expect(tab.core.refused).toEqual([]);
      tab.edit(put('a'));
      tab.get(nack(3, 'id_taken', 0));
      expect(tab.core.refused).toEqual([]);
    });

    it('is released when all that it changed is as it wanted it', () => {
      tab.get(delta(0, 2, item('a', 1), item('b', 2)));
      const style = { color: '#000000', width: 2 };
      tab.edit({ op: 'patch', id: 'a', style, page: 2 }, { op: 'delete', id: 'b' });
      giveUp();
      tab.get(delta(2, 3, { ...item('a', 3, 2), page: 2, style: { width: 3 } }));
      expect(tab.core.refused).toHaveLength(1);
      const now = { ...item('a', 4, 3), page: 2, style: { width: 2, color: '#000000' } };
      tab.get(delta(3, 5, now, tomb('b', 5)));
      expect(tab.core.refused).toEqual([]);
    });

    it('keeps what was typed after it when both tries meet', () => {
      tab.edit(put('a', 'một'));
      tab.edit({ op: 'patch', id: 'a', body: 'một hai', style: { width: 3 } });
      giveUp();
      const [first, after] = tab.core.refused;
      const ops = [...(first?.ops ?? []), ...(after?.ops ?? [])];
      tab.take(tab.core.retry(first?.key ?? '', { layer: LAYER, ops }));
      tab.take(tab.core.discard(after?.key ?? ''));
      const [again] = tab.pushes().slice(-1);
      expect(again?.ops).toMatchObject([{ op: 'put', body: 'một hai' }]);
      // The server wakes: the first try is in, the second meets it.
      tab.get(delta(0, 1, item('a', 1, 1, 'một')));
      tab.get(nack(again?.op_no ?? 0, 'id_taken', 0));
      expect(tab.core.refused).toEqual([]);
      const [left, ...others] = tab.pushes();
      expect([left?.ops, others]).toEqual([
        [{ op: 'patch', id: 'a', base_rev: 1, body: 'một hai', style: { width: 3 } }],
        [],
      ]);
      expect(tab.core.replica(LAYER)?.get('a')?.body).toBe('một hai');
    });

    it('leaves what followed it to the tab that sends', () => {
      tab.edit(put('a'));
      tab.edit({ op: 'patch', id: 'a', body: 'hai' });
      giveUp();
      const beside = new Tab(tab.disk, false);
      beside.take(beside.core.open(LAYER));
      beside.take(beside.core.connected(1));
      beside.get(snapshot(1, item('a', 1)));
      expect(beside.core.refused).toHaveLength(2);
      tab.get(snapshot(1, item('a', 1)));
      expect([tab.core.refused, beside.core.refused]).toEqual([[], []]);
      expect(tab.disk.content.entries).toMatchObject([{ ops: [{ body: 'hai', base_rev: 1 }] }]);
    });
  });

  it('two tabs: what a tab could only look at goes out once it is the one that sends', () => {
    tab.edit(put('a', 'một'));
    tab.edit({ op: 'patch', id: 'a', body: 'hai' });
    for (let i = 0; i < 20 && tab.core.unsent > 0; i++) tab.take(tab.core.wake('answers'));
    const beside = new Tab(tab.disk, false);
    beside.take(beside.core.open(LAYER));
    beside.take(beside.core.connected(1));
    beside.get(snapshot(1, item('a', 1, 1, 'một')));
    expect(beside.core.refused).toHaveLength(2);
    tab.take(tab.core.unlead());
    beside.take(beside.core.lead(tab.disk.content));
    expect([tab.core.refused, beside.core.refused]).toEqual([[], []]);
    expect(beside.pushes()).toMatchObject([{ ops: [{ body: 'hai', base_rev: 1 }] }]);
  });

  it('liveblocks PR #3647: one poison record does not stop the rest', () => {
    tab.edit(put('poison'));
    tab.edit(put('good'));
    tab.edit({ op: 'patch', id: 'poison', body: 'more' });
    tab.pushes();
    tab.get(nack(1, 'bad_ink', 0));
    tab.get(ack(2, [1]));
    expect(tab.core.refused.map((one) => [one.code, one.ops.map((op) => op.op)])).toEqual([
      ['bad_ink', ['put']],
      ['bad_ink', ['patch']],
    ]);
    expect(tab.core.truth('poison')).toBe('refused');
    expect(tab.core.truth('good')).toBe('server');
    expect(tab.core.unsent).toBe(0);
    expect(tab.disk.content.refused).toHaveLength(2);
    expect(tab.ids()).toEqual(['good']);
  });

  it('liveblocks PR #3647: a push that kills the connection goes last and alone', () => {
    tab.edit(put('killer'));
    tab.edit(put('good'));
    let connection = 1;
    for (; connection <= SUSPECT_AFTER; connection++) {
      tab.take(tab.core.disconnected(connection));
      tab.pushes();
      tab.take(tab.core.connected(connection + 1));
    }
    expect(tab.pushes().map((one) => one.ops[0]?.id)).toEqual(['good']);
    tab.get(ack(2, [1]), connection);
    expect(tab.pushes().map((one) => one.ops[0]?.id)).toEqual(['killer']);
    tab.edit(put('later'));
    expect(tab.pushes().map((one) => one.ops[0]?.id)).toEqual(['later']);
  });

  it('tldraw #6488: a snapshot after forgotten deletions takes the deleted marks away', () => {
    tab.get(delta(0, 2, item('a', 1), item('b', 2)));
    tab.take(tab.core.connected(2));
    tab.get(snapshot(5, item('b', 2)), 2);
    expect(tab.ids()).toEqual(['b']);
  });

  it('two tabs: only the holder of the lease sends, and both see the acknowledgement', () => {
    const other = new Tab(tab.disk, false);
    other.take(other.core.open(LAYER));
    other.take(other.core.connected(7));
    other.take(other.core.received(7, snapshot(0)));
    other.edit(put('a'));
    tab.edit(put('b'));
    expect(other.pushes()).toEqual([]);
    expect(tab.pushes().map((one) => one.op_no)).toEqual([1, 2]);
    expect(other.ids()).toEqual(['a', 'b']);
    tab.get(ack(1, [1]));
    expect(other.core.truth('a')).toBe('server');
    expect(other.ids()).toEqual(['a', 'b']);
    other.take(other.core.lead(tab.disk.content));
    expect(other.pushes().map((one) => one.op_no)).toEqual([2]);
  });

  it('two tabs: an acknowledgement that overtakes the word of the own storage leaves no ghost', () => {
    const other = new Tab(tab.disk, false);
    other.take(other.core.open(LAYER));
    other.hold = true;
    other.edit(put('a'));
    const hear = other.writeSilently();
    expect(tab.pushes()).toHaveLength(1);
    tab.get(ack(1, [1]));
    hear();
    expect(other.core.unsent).toBe(0);
    expect(other.core.truth('a')).toBe('server');
  });
});
