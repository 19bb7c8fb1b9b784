// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_FAILED_ANSWERS, MAX_HELD_DELTAS, MAX_IN_FLIGHT, SUSPECT_AFTER } from './limits';
import type { ClientMessage, Edit, Mark, Put, ServerMessage } from './model';
import { MemoryOutbox, type OutboxWrite } from './outbox';
import type { Effect } from './effects';
import { SyncCore } from './sync';

const LAYER = 'layer';
type Push = Extract<ClientMessage, { t: 'ann.push' }>;

let keys = 0;

/** A tab whose storage answers at once unless `hold` is set. */
class Tab {
  core: SyncCore;
  sent: ClientMessage[] = [];
  shown: string[] = [];
  purged: string[] = [];
  wakes: number[] = [];
  ephemeral: ServerMessage[] = [];
  held: OutboxWrite[] = [];
  hold = false;
  readonly disk: MemoryOutbox;
  private readonly heard = (write: OutboxWrite, numbers: Readonly<Record<string, number>>): void =>
    this.take(this.core.heard(write, numbers));

  constructor(disk = new MemoryOutbox('outbox'), leads = true) {
    this.disk = disk;
    this.core = new SyncCore({
      person: 'me',
      outbox: disk.content,
      newKey: () => `k${++keys}`,
      random: () => 1,
    });
    const storage = disk.tab();
    storage.listen(this.heard);
    if (leads) this.take(this.core.lead(disk.content));
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'send') this.sent.push(effect.message);
      else if (effect.do === 'show') this.shown.push(...effect.ids);
      else if (effect.do === 'purge') this.purged.push(effect.layer);
      else if (effect.do === 'wake') {
        if (effect.why === 'again') this.wakes.push(effect.ms);
      } else if (effect.do === 'ephemeral') this.ephemeral.push(effect.message);
      else {
        if (effect.next === true) this.held.unshift(effect.write);
        else this.held.push(effect.write);
        if (!this.hold) this.release();
      }
    }
  }

  release(): void {
    for (let write = this.held.shift(); write !== undefined; write = this.held.shift()) {
      const numbers = this.disk.commit(write, this.heard);
      this.take(this.core.written(write, numbers));
    }
  }

  /** The storage has the first held write, but this tab has not heard of it yet. */
  writeSilently(): () => void {
    const write = this.held.shift() ?? {};
    const numbers = this.disk.commit(write, this.heard);
    return () => this.take(this.core.written(write, numbers));
  }

  edit(...edits: Edit[]): void {
    this.take(this.core.edit(LAYER, edits));
  }

  get(message: ServerMessage, connection = 1): void {
    this.take(this.core.received(connection, message));
  }

  /** The pushes sent since the last call. */
  pushes(): Push[] {
    const pushes = this.sent.filter((one): one is Push => one.t === 'ann.push');
    this.sent = this.sent.filter((one) => one.t !== 'ann.push');
    return pushes;
  }

  ids(): string[] {
    return [...(this.core.replica(LAYER)?.marks() ?? [])].map((mark) => mark.id).sort();
  }
}

function put(id: string, body = ''): Put {
  return {
    op: 'put',
    id,
    version: 'v',
    page: 0,
    kind: 'note',
    created: 5,
    geometry: { point: [1, 2] },
    style: {},
    body,
  };
}

function item(id: string, seq: number, rev = 1, body?: string): Mark {
  return {
    id,
    version: 'v',
    page: 0,
    kind: 'note',
    rev,
    seq,
    author: 'me',
    created: 5,
    modified: 6,
    geometry: { point: [1, 2] },
    style: {},
    ...(body !== undefined && { body }),
  };
}

function snapshot(seq: number, ...items: Mark[]): ServerMessage {
  return { t: 'ann.snapshot', layer: LAYER, seq, part: 0, last: true, items };
}

function delta(from: number, to: number, ...items: Array<Mark | ReturnType<typeof tomb>>) {
  return { t: 'ann.delta', layer: LAYER, from, to, items } as const satisfies ServerMessage;
}

function tomb(id: string, seq: number, rev = 2) {
  return { id, rev, seq, deleted: true } as const;
}

function ack(opNo: number, seqs: number[], revs = seqs.map(() => 1)): ServerMessage {
  return { t: 'ann.ack', op_no: opNo, layer: LAYER, seqs, revs };
}

function nack(opNo: number, code: string, index?: number, value?: Mark): ServerMessage {
  return {
    t: 'ann.nack',
    op_no: opNo,
    code,
    ...(index !== undefined && { index }),
    ...(value !== undefined && { server_value: value }),
  };
}

let tab: Tab;

beforeEach(() => {
  tab = new Tab();
  tab.take(tab.core.open(LAYER));
  tab.take(tab.core.connected(1));
  tab.get(snapshot(0));
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

describe('refusals', () => {
  beforeEach(() => {
    tab.get(delta(0, 3, item('a', 1), item('b', 2), item('c', 3)));
  });

  it('one refused patch is set aside alone; the rest of the gesture goes on in its place', () => {
    tab.edit(
      { op: 'patch', id: 'a', page: 1 },
      { op: 'patch', id: 'b', page: 1 },
      { op: 'patch', id: 'c', page: 1 },
    );
    tab.edit({ op: 'patch', id: 'c', page: 2 });
    tab.pushes();
    tab.get(nack(1, 'deleted', 1));
    expect(tab.core.refused).toMatchObject([{ code: 'deleted', ops: [{ id: 'b' }] }]);
    expect(tab.pushes()).toMatchObject([{ op_no: 3, ops: [{ id: 'a' }, { id: 'c' }] }]);
    expect(tab.core.replica(LAYER)?.get('c')?.page).toBe(2);
  });

  it('a split stroke holds or falls as one', () => {
    tab.edit({ op: 'delete', id: 'a' }, put('a1'), put('a2'));
    tab.pushes();
    tab.get(nack(1, 'bad_ink', 1));
    expect(tab.core.refused.map((one) => one.ops.length)).toEqual([3]);
    expect(tab.ids()).toEqual(['a', 'b', 'c']);
  });

  it('a conflict keeps both texts; keeping mine sends it on top of theirs', () => {
    tab.edit({ op: 'patch', id: 'a', body: 'của tôi' });
    tab.pushes();
    const theirs = item('a', 9, 5, 'của họ');
    tab.get(nack(1, 'conflict', 0, theirs));
    const one = tab.core.refused[0];
    expect(one).toMatchObject({ serverValue: { body: 'của họ' }, ops: [{ body: 'của tôi' }] });
    tab.take(tab.core.retry(one?.key ?? ''));
    expect(tab.pushes()).toMatchObject([{ op_no: 2, ops: [{ body: 'của tôi', base_rev: 5 }] }]);
    expect(tab.core.refused).toEqual([]);
    expect(tab.disk.content.refused).toEqual([]);
  });

  it('an edit of a deleted mark can bring it back', () => {
    tab.edit({ op: 'patch', id: 'a', body: 'vẫn cần' });
    tab.pushes();
    tab.get(delta(3, 4, tomb('a', 4)));
    tab.get(nack(1, 'deleted', 0));
    tab.take(tab.core.retry(tab.core.refused[0]?.key ?? ''));
    expect(tab.pushes()).toMatchObject([{ ops: [{ op: 'restore', id: 'a' }, { op: 'patch' }] }]);
    expect(tab.core.replica(LAYER)?.get('a')?.body).toBe('vẫn cần');
  });

  it('refused work leaves the quarantine only by hand', () => {
    tab.edit({ op: 'patch', id: 'a', body: 'x' });
    tab.get(nack(1, 'forbidden'));
    const again = new Tab(tab.disk);
    expect(again.core.refused).toMatchObject([{ code: 'forbidden' }]);
    expect(again.core.truth('a')).toBe('refused');
    again.take(again.core.discard(again.core.refused[0]?.key ?? ''));
    again.take(again.core.discard('unknown'));
    again.take(again.core.retry('unknown'));
    expect(again.core.refused).toEqual([]);
    expect(tab.core.refused).toEqual([]);
  });

  it('a revoked layer is purged, and one’s own unsent work is kept in quarantine', () => {
    tab.edit(put('mine'));
    tab.get({ t: 'ann.revoke', layer: LAYER });
    expect(tab.purged).toEqual([LAYER]);
    expect(tab.core.replica(LAYER)).toBeUndefined();
    expect(tab.core.refused).toMatchObject([{ code: 'revoked', ops: [{ id: 'mine' }] }]);
    expect(tab.disk.content.entries).toEqual([]);
    tab.get({ t: 'ann.revoke', layer: LAYER });
    expect(tab.core.refused).toHaveLength(1);
  });

  it('work of a revoked layer can go to another one, under new ids', () => {
    tab.edit(put('mine'));
    tab.get({ t: 'ann.revoke', layer: LAYER });
    const [one] = tab.core.refused;
    const own = 'own layer';
    tab.take(tab.core.open(own));
    tab.take(tab.core.retry(one?.key ?? '', { layer: own, ops: [put('mine again')] }));
    expect(tab.core.refused).toEqual([]);
    expect(tab.disk.content.refused).toEqual([]);
    expect(tab.disk.content.entries).toMatchObject([{ layer: own, ops: [{ id: 'mine again' }] }]);
    expect(tab.core.replica(own)?.get('mine again')).toBeDefined();
  });

  it('work still being written when it is refused does not stay behind on the disk', () => {
    tab.edit(put('p'));
    tab.pushes();
    tab.hold = true;
    tab.edit({ op: 'patch', id: 'p', body: 'more' }, { op: 'patch', id: 'a', body: 'kept' });
    tab.get(nack(1, 'bad_ink', 0));
    tab.release();
    expect(tab.disk.content.entries).toMatchObject([{ ops: [{ id: 'a' }] }]);
    expect(tab.core.unsent).toBe(1);
  });
});

describe('following a layer', () => {
  it('asks when there is a gap, and takes what ran ahead once it is closed', () => {
    tab.sent = [];
    tab.get(delta(1, 2, item('b', 2)));
    tab.get(delta(2, 3, item('c', 3)));
    expect(tab.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 0 }]);
    expect(tab.ids()).toEqual([]);
    tab.get(delta(0, 1, item('a', 1)));
    expect(tab.ids()).toEqual(['a', 'b', 'c']);
    expect(tab.sent).toHaveLength(1);
  });

  it('asks again when more ran ahead than it can hold', () => {
    for (let i = 0; i <= MAX_HELD_DELTAS; i++) tab.get(delta(i + 1, i + 2, item(`m${i}`, i + 2)));
    tab.sent = [];
    tab.get(delta(0, 1, item('a', 1)));
    expect(tab.sent).toMatchObject([{ t: 'ann.open' }]);
  });

  it('asks again when a gap is left behind the answer', () => {
    tab.get(delta(2, 3, item('c', 3)));
    tab.sent = [];
    tab.get(delta(0, 1, item('a', 1)));
    expect(tab.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 1 }]);
  });

  it('ignores what is old, and waits for the rest of an answer in parts', () => {
    tab.get(delta(0, 2, item('a', 1), item('b', 2, 2)));
    tab.get(delta(0, 1, item('b', 1)));
    expect(tab.core.replica(LAYER)?.get('b')?.rev).toBe(2);
    tab.take(tab.core.connected(2));
    tab.get({ ...delta(2, 3, item('c', 3)), more: true }, 2);
    expect(tab.core.isCurrent(LAYER)).toBe(false);
    tab.get(delta(3, 3), 2);
    expect(tab.core.isCurrent(LAYER)).toBe(true);
  });

  it('puts a snapshot together from its parts and ignores strays', () => {
    const part = (n: number, last: boolean, ...items: Mark[]): ServerMessage => ({
      t: 'ann.snapshot',
      layer: LAYER,
      seq: 5,
      part: n,
      last,
      items,
    });
    tab.take(tab.core.connected(2));
    tab.get(part(1, true, item('stray', 1)), 2);
    tab.get(part(0, false, item('a', 1)), 2);
    tab.get(part(1, true, item('b', 2)), 2);
    expect(tab.ids()).toEqual(['a', 'b']);
    tab.get(delta(5, 6, item('c', 6)), 2);
    tab.get(snapshot(5, item('a', 1)), 2);
    expect(tab.ids()).toEqual(['a', 'b', 'c']);
  });

  it('shows the parts of a layer that it knew nothing of as they come', () => {
    const part = (n: number, last: boolean, ...items: Mark[]): ServerMessage => ({
      t: 'ann.snapshot',
      layer: LAYER,
      seq: 5,
      part: n,
      last,
      items,
    });
    const again = new Tab();
    again.take(again.core.open(LAYER, undefined, { page: 3 }));
    again.take(again.core.connected(1));
    expect(again.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 0, page: 3 }]);
    again.get(part(0, false, item('a', 1), item('b', 2)));
    expect(again.ids()).toEqual(['a', 'b']);
    expect(again.shown).toEqual(['a', 'b']);
    expect(again.core.isCurrent(LAYER)).toBe(false);
    // What is there can be worked with: its revision is known.
    again.edit({ op: 'delete', id: 'a' });
    expect(again.pushes()[0]?.ops).toEqual([{ op: 'delete', id: 'a', base_rev: 1 }]);
    expect(again.ids()).toEqual(['b']);
    // Broken off: asked for from the beginning, and what is gone meanwhile goes.
    again.sent = [];
    again.take(again.core.connected(2));
    expect(again.sent[0]).toEqual({ t: 'ann.open', layer: LAYER, cursor: 0, page: 3 });
    again.get(part(0, false, item('c', 3)), 2);
    expect(again.ids()).toEqual(['b', 'c']);
    again.get(part(1, true, item('d', 4)), 2);
    expect(again.ids()).toEqual(['c', 'd']);
    expect(again.core.isCurrent(LAYER)).toBe(true);
    expect(again.core.replica(LAYER)?.cursor).toBe(5);
  });

  it('a layer that is known is replaced only by the whole of a new one', () => {
    const again = new Tab();
    again.take(again.core.open(LAYER, { cursor: 4, marks: [item('a', 4)] }));
    again.take(again.core.connected(1));
    const first = { t: 'ann.snapshot', layer: LAYER, seq: 9, part: 0, last: false } as const;
    again.get({ ...first, items: [item('b', 8)] });
    expect(again.ids()).toEqual(['a']);
    again.get({ ...first, part: 1, last: true, items: [item('c', 9)] });
    expect(again.ids()).toEqual(['b', 'c']);
  });

  it('asks the server once all is there that the tablet kept', () => {
    const again = new Tab();
    const kept = { cursor: 4, marks: [item('a', 4)] };
    again.take(again.core.open(LAYER, kept, { page: 1, more: true }));
    again.take(again.core.connected(1));
    expect(again.sent).toEqual([]);
    expect(again.ids()).toEqual(['a']);
    again.get(delta(4, 5, tomb('b', 5)));
    again.edit({ op: 'patch', id: 'a', body: 'x' });
    again.take(again.core.restored(LAYER, [item('b', 2), item('c', 3)]));
    expect(again.ids()).toEqual(['a', 'b', 'c']);
    expect(again.core.replica(LAYER)?.get('a')?.body).toBe('x');
    expect(again.sent.at(-1)).toEqual({ t: 'ann.open', layer: LAYER, cursor: 4, page: 1 });
    again.get(delta(4, 5, tomb('b', 5)));
    expect(again.ids()).toEqual(['a', 'c']);
    expect(again.core.isCurrent(LAYER)).toBe(true);
    expect(again.core.restored(LAYER, [item('z', 1)])).toEqual([]);
    expect(again.core.restored('other', [])).toEqual([]);
  });

  it('asks for everything when the rest of what was kept cannot be read', () => {
    const again = new Tab();
    again.take(again.core.open(LAYER, { cursor: 4, marks: [item('a', 4)] }, { more: true }));
    again.take(again.core.connected(1));
    again.take(again.core.restored(LAYER, null));
    expect(again.ids()).toEqual(['a']);
    expect(again.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 0 }]);
    again.get(snapshot(5, item('b', 5)));
    expect(again.ids()).toEqual(['b']);
  });

  it('starts from what the tablet kept, and shows it after a reset until all is there', () => {
    const again = new Tab();
    again.take(again.core.open(LAYER, { cursor: 4, marks: [item('a', 4)] }));
    again.take(again.core.connected(1));
    expect(again.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 4 }]);
    expect(again.ids()).toEqual(['a']);
    again.sent = [];
    again.get({ t: 'ann.reset', layer: LAYER });
    expect(again.sent).toEqual([{ t: 'ann.open', layer: LAYER, cursor: 0 }]);
    expect(again.ids()).toEqual(['a']);
    expect(again.core.replica(LAYER)?.save()).toEqual({ cursor: 0, marks: [item('a', 4)] });
    const part = { t: 'ann.snapshot', layer: LAYER, seq: 3, last: false } as const;
    again.get({ ...part, part: 0, items: [item('b', 2)] });
    expect(again.ids()).toEqual(['a', 'b']);
    again.get({ ...part, part: 1, last: true, items: [item('c', 3)] });
    expect(again.ids()).toEqual(['b', 'c']);
  });

  it('also when the tablet was off meanwhile, and when the answer is a delta from the beginning', () => {
    const again = new Tab();
    again.take(again.core.open(LAYER, { cursor: 0, marks: [item('a', 9), item('b', 9)] }));
    expect(again.ids()).toEqual(['a', 'b']);
    again.take(again.core.connected(1));
    again.get({ ...delta(0, 2, item('a', 2, 1, 'cũ')), more: true });
    expect(again.ids()).toEqual(['a', 'b']);
    again.get(delta(2, 3, item('c', 3)));
    expect(again.ids()).toEqual(['a', 'c']);
    expect(again.core.replica(LAYER)?.get('a')?.body).toBe('cũ');
  });

  it('keeps showing a layer whose answers cannot be taken, and says so', () => {
    tab.get(snapshot(1, item('a', 1)));
    for (let i = 0; i < MAX_FAILED_ANSWERS; i++) tab.get(delta(0, 2, null as unknown as Mark));
    expect(tab.ids()).toEqual(['a']);
    expect(tab.core.failed).toEqual([LAYER]);
    tab.take(tab.core.open(LAYER));
    tab.get(snapshot(2, item('b', 2)));
    expect(tab.ids()).toEqual(['b']);
    expect(tab.core.failed).toEqual([]);
  });

  it('lays stored work on a layer opened later, and hears nothing of closed ones', () => {
    tab.edit(put('a'));
    const again = new Tab(tab.disk);
    again.take(again.core.open(LAYER));
    again.take(again.core.open(LAYER));
    expect(again.ids()).toEqual(['a']);
    again.take(again.core.connected(1));
    again.take(again.core.close(LAYER));
    again.take(again.core.close(LAYER));
    again.get(snapshot(3, item('b', 3)));
    again.get({ t: 'ann.ephemeral', layer: LAYER, kind: 'wet', from: 'x', data: {} });
    expect(again.sent.at(-1)).toEqual({ t: 'ann.close', layer: LAYER });
    expect(again.ephemeral).toEqual([]);
    tab.get({ t: 'ann.ephemeral', layer: LAYER, kind: 'wet', from: 'x', data: {} });
    expect(tab.ephemeral).toHaveLength(1);
  });

  it('a tab that gave up the lease stops sending', () => {
    tab.take(tab.core.unlead());
    tab.edit(put('a'));
    expect(tab.pushes()).toEqual([]);
  });
});
