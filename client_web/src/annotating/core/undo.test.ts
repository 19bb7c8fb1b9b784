// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_UNDO } from './limits';
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

const look = () => (id: string) => replica.get(id);

function apply(edits: readonly Edit[]): void {
  for (const edit of edits) ops.push(edit.op === 'put' ? edit : { ...edit, base_rev: 0 });
  replica.pendingChanged(ops.map((op) => op.id));
}

function make(...edits: Edit[]): void {
  undo.note('l', edits, (id) => replica.get(id));
  apply(edits);
}

function back(): boolean {
  const step = undo.undo(look);
  if (step !== null) apply(step.edits);
  return step !== null;
}

function again(): boolean {
  const step = undo.redo(look);
  if (step !== null) apply(step.edits);
  return step !== null;
}

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
    make(put('a'));
    make({ op: 'patch', id: 'a', style: { color: '#ff0000' } });
    apply([{ op: 'patch', id: 'a', style: { color: '#00ff00' } }]);
    expect(undo.undo(look)).toMatchObject({ edits: [{ op: 'delete', id: 'a' }] });
  });

  it('skips what is already as it would make it, and forgets the way forward on new work', () => {
    make(put('a'));
    make({ op: 'delete', id: 'a' });
    apply([{ op: 'restore', id: 'a' }]);
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
