// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { ack, connectedTab, LAYER, delta, item, nack, put, tomb, Tab } from './testing/tab';

let tab: Tab;

beforeEach(() => {
  tab = connectedTab();
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

  it('work of a revoked layer that its late answer shows to be there is released', () => {
    tab.take(tab.core.disconnected(1));
    tab.edit(put('home', 'một'));
    tab.edit({ op: 'patch', id: 'home', body: 'hai' });
    tab.edit(put('never'));
    tab.take(tab.core.connected(2));
    const [push] = tab.pushes();
    // Committed before the line broke; meanwhile the layer was deleted and the mark came home.
    tab.get({ t: 'ann.revoke', layer: LAYER }, 2);
    expect(tab.core.refused).toHaveLength(3);
    tab.get(ack(push?.op_no ?? 0, [1]), 2);
    expect(tab.core.refused).toMatchObject([{ ops: [{ op: 'put', id: 'never' }] }]);
    expect(tab.disk.content.refused).toHaveLength(1);
    const [after] = tab.pushes();
    expect(after?.ops).toEqual([{ op: 'patch', id: 'home', body: 'hai', base_rev: 1 }]);
    tab.get(nack(after?.op_no ?? 0, 'forbidden', 0), 2);
    expect(tab.core.refused.map((one) => one.ops[0]?.id)).toEqual(['never', 'home']);
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
