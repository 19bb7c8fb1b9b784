// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_OPS, MAX_UNDO } from './limits';
import type { Edit, Mark, Operation, Put } from './model';
import { LayerReplica } from './replica';
import { UndoStack } from './undo';

const put = (id: string): Put => ({
  op: 'put',
  id,
  version: 'v',
  page: 0,
  kind: 'note',
  created: 1,
  geometry: { point: [0, 0] },
  style: { color: '#000000' },
});

let replica: LayerReplica;
let ops: Operation[];
let undo: UndoStack;

/** Two layers in one replica: ids tell them apart. */
const look = (layer: string) => (id: string) =>
  id.startsWith('other') === (layer === 'other') ? replica.get(id) : undefined;

function apply(edits: readonly Edit[]): void {
  for (const edit of edits) ops.push(edit.op === 'put' ? edit : { ...edit, base_rev: 0 });
  replica.pendingChanged(ops.map((op) => op.id));
}

function make(...edits: Edit[]): void {
  undo.note([{ layer: 'l', edits }], look);
  apply(edits);
}

function back(): boolean {
  const reversal = undo.undo(look);
  for (const { edits } of reversal?.parts ?? []) apply(edits);
  return reversal !== null;
}

function again(): boolean {
  const reversal = undo.redo(look);
  for (const { edits } of reversal?.parts ?? []) apply(edits);
  return reversal !== null;
}

/** What undo says when nothing of the gesture can be taken back. */
const STAYS = { parts: [], stays: true };

const shown = (): Array<[string, Mark['style'], string | undefined]> =>
  [...replica.marks()].map((mark) => [mark.id, mark.style, mark.body]);

beforeEach(() => {
  ops = [];
  replica = new LayerReplica('l', 'me', (id) => ops.filter((op) => op.id === id));
  undo = new UndoStack();
});

describe('undo', () => {
  it('takes back and does again each kind of gesture, to the state before', () => {
    const gestures: Edit[][] = [
      [put('a')],
      [{ op: 'patch', id: 'a', style: { color: '#ff0000' }, body: 'lời' }],
      [{ op: 'delete', id: 'a' }, put('a1'), put('a2')],
      [
        { op: 'patch', id: 'a1', page: 2 },
        { op: 'patch', id: 'a1', body: 'x' },
      ],
      [{ op: 'delete', id: 'a2' }],
      [{ op: 'restore', id: 'a2' }],
    ];
    const states = [shown()];
    for (const gesture of gestures) {
      make(...gesture);
      states.push(shown());
    }
    const plain = (state: ReturnType<typeof shown>) =>
      state.map(([id, style, body]) => [id, style, body ?? '']).sort();
    for (let i = gestures.length; i > 0; i--) {
      expect(plain(shown())).toEqual(plain(states[i] ?? []));
      expect(back()).toBe(true);
    }
    expect(shown()).toEqual([]);
    expect(back()).toBe(false);
    for (let i = 1; i <= gestures.length; i++) {
      expect(again()).toBe(true);
      expect(plain(shown())).toEqual(plain(states[i] ?? []));
    }
    expect(again()).toBe(false);
  });

  it('never undoes what another device has changed since', () => {
    make(put('b'));
    make(put('a'));
    make({ op: 'patch', id: 'a', style: { color: '#ff0000' } });
    apply([{ op: 'patch', id: 'a', style: { color: '#00ff00' } }]);
    // It stops where it may not go on, one tap at a time, and the mark stays with the newer look.
    expect(undo.undo(look)).toEqual(STAYS);
    expect(undo.undo(look)).toEqual(STAYS);
    expect(undo.undo(look)).toEqual({
      parts: [{ layer: 'l', edits: [{ op: 'delete', id: 'b' }] }],
      stays: false,
    });
    expect([undo.undo(look), undo.canUndo]).toEqual([null, false]);
  });

  it('takes back of a gesture what it may, and says that something stays', () => {
    make(put('a'), put('b'));
    apply([{ op: 'patch', id: 'a', body: 'mới hơn' }]);
    expect(undo.undo(look)).toEqual({
      parts: [{ layer: 'l', edits: [{ op: 'delete', id: 'b' }] }],
      stays: true,
    });
  });

  it('takes no mark away that was written anew, resolved or answered elsewhere', () => {
    for (const change of [{ body: 'lời mới' }, { resolved: true }, { page: 3 }]) {
      make({ ...put('a'), body: 'lời' });
      apply([{ op: 'patch', id: 'a', ...change }]);
      expect(undo.undo(look)).toEqual(STAYS);
      apply([{ op: 'delete', id: 'a' }]);
    }
    make(put('b'));
    expect(undo.undo(look, (id) => id === 'b')).toEqual(STAYS);
    // As it was left, spelt out or not, it goes.
    make(put('c'));
    apply([{ op: 'patch', id: 'c', body: '', resolved: false }]);
    expect(undo.undo(look)).toMatchObject({ stays: false });
  });

  it('takes back several changes of one mark in one gesture, to the state before', () => {
    make(put('a'), { op: 'patch', id: 'a', body: 'x' });
    const before = shown();
    make({ op: 'patch', id: 'a', body: 'y' }, { op: 'delete', id: 'a' });
    expect(shown()).toEqual([]);
    expect(back()).toBe(true);
    expect(shown()).toEqual(before);
    expect(back()).toBe(true);
    expect([shown(), undo.canUndo]).toEqual([[], false]);
  });

  it('does not delete again what another device has brought back and changed', () => {
    make(put('a'));
    make({ op: 'delete', id: 'a' });
    expect(back()).toBe(true);
    apply([{ op: 'patch', id: 'a', body: 'mới hơn' }]);
    expect(undo.redo(look)).toEqual(STAYS);
  });

  it('has no way back to marks that were never meant', () => {
    make(put('a'));
    make(put('palm'));
    undo.forgetMarks(['palm']);
    apply([{ op: 'delete', id: 'palm' }]);
    expect(back()).toBe(true);
    expect([shown(), undo.canUndo]).toEqual([[], false]);
  });

  it('takes everything that one editor has kept back at once, unless something came between', () => {
    const keep = (writer: object, ...edits: Edit[]): void => {
      undo.note([{ layer: 'l', edits }], look, writer);
      apply(edits);
    };
    const says = (body: string): Edit => ({ op: 'patch', id: 'a', body });
    const words = (): unknown[] => shown().map(([, , body]) => body ?? '');
    const [first, second] = [{}, {}];
    keep(first, { ...put('a'), body: 'Cần' });
    keep(first, says('Cần hỏi'));
    keep(first, says('Cần hỏi thêm'));
    keep(second, says('Đã'));
    keep(second, says('Đã hỏi'));
    back();
    expect(words()).toEqual(['Cần hỏi thêm']);
    back();
    expect([words(), undo.canUndo]).toEqual([[], false]);
    again();
    expect(words()).toEqual(['Cần hỏi thêm']);
    again();
    expect(words()).toEqual(['Đã hỏi']);
    // After an undo, or after another gesture, it is a step of its own.
    keep(second, says('Đã hỏi xong'));
    make(put('b'));
    keep(second, says('Đã hỏi xong hôm nay'));
    back();
    expect(words()).toEqual(['Đã hỏi xong', '']);
    back();
    back();
    expect(words()).toEqual(['Đã hỏi']);
  });

  it('skips what is already as it would make it, and forgets the way forward on new work', () => {
    make(put('a'));
    make({ op: 'delete', id: 'a' });
    apply([{ op: 'restore', id: 'a' }]);
    expect(undo.undo(look)).toEqual(STAYS);
    expect(back()).toBe(true);
    expect(shown()).toEqual([]);
    make(put('b'));
    expect(undo.canRedo).toBe(false);
  });

  it('notes nothing for edits of marks that are not there', () => {
    make({ op: 'delete', id: 'x' }, { op: 'patch', id: 'x', page: 1 });
    make(put('a'));
    make({ op: 'restore', id: 'a' });
    expect(undo.canUndo).toBe(true);
    expect(back()).toBe(true);
    expect(undo.canUndo).toBe(false);
  });

  it('is one step for one gesture, on two layers and far beyond what one push carries', () => {
    const many = Array.from({ length: 3 * MAX_OPS }, (_, i) => `m${i}`);
    make(...many.map(put));
    make(put('other'));
    undo = new UndoStack();
    const remove = (ids: string[]) => ids.map((id): Edit => ({ op: 'delete', id }));
    const parts = [
      { layer: 'l', edits: remove(many.slice(0, MAX_OPS)) },
      { layer: 'l', edits: remove(many.slice(MAX_OPS)) },
      { layer: 'other', edits: remove(['other']) },
    ];
    undo.note(parts, look);
    for (const { edits } of parts) apply(edits);
    expect(shown()).toEqual([]);
    expect(back()).toBe(true);
    expect(shown()).toHaveLength(3 * MAX_OPS + 1);
    expect(undo.canUndo).toBe(false);
    expect(again()).toBe(true);
    expect(shown()).toEqual([]);
  });

  it('puts a cut stroke back whole or not at all: half of it would lie there twice', () => {
    make(put('a'));
    make({ op: 'delete', id: 'a' }, put('b'), put('c'));
    // On the other device one piece got another colour.
    apply([{ op: 'patch', id: 'c', style: { color: '#c62828' } }]);
    expect(undo.undo(look)).toEqual(STAYS);
    expect(shown().map(([id]) => id)).toEqual(['b', 'c']);
    make({ op: 'delete', id: 'b' }, put('d'));
    back();
    expect(
      shown()
        .map(([id]) => id)
        .sort(),
    ).toEqual(['b', 'c']);
  });

  it('goes on without the part of a gesture whose layer is gone', () => {
    make(put('a'));
    make(put('other'));
    undo = new UndoStack();
    const parts = ['l', 'other'].map((layer) => ({
      layer,
      edits: [{ op: 'delete' as const, id: layer === 'l' ? 'a' : 'other' }],
    }));
    undo.note(parts, look);
    for (const { edits } of parts) apply(edits);
    undo.forget('other');
    expect(undo.undo(look)?.parts).toEqual([{ layer: 'l', edits: [{ op: 'restore', id: 'a' }] }]);
    expect(undo.undo(look)).toBeNull();
  });

  it('is bounded, and forgets a layer or everything', () => {
    for (let i = 0; i < MAX_UNDO + 5; i++) make(put(`m${i}`));
    let steps = 0;
    while (back()) steps += 1;
    expect(steps).toBe(MAX_UNDO);
    undo.forget('other');
    expect(undo.canRedo).toBe(true);
    undo.forget('l');
    expect(undo.canRedo).toBe(false);
    make(put('z'));
    undo.forget();
    expect(undo.canUndo).toBe(false);
    // Many steps: the time is for a busy machine, the count is what is checked.
  }, 60_000);
});
