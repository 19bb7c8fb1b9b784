// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_FAILED_ANSWERS, MAX_HELD_DELTAS } from './limits';
import type { Mark, ServerMessage } from './model';
import { connectedTab, LAYER, delta, item, put, snapshot, tomb, Tab } from './testing/tab';

let tab: Tab;

beforeEach(() => {
  tab = connectedTab();
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
