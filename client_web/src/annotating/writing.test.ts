// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SyncCore, type Edit, type Effect, type Mark, type Put, type ServerMessage } from './core';
import { notePut, removals, rewrite, type Birth } from './edits';
import { privateLayer } from './layers/view';
import type { LayerView } from '../wire';
import { KEEP_AFTER_MS, KEEP_WITHIN_MS, Writing, type Paper, type Words } from './writing';

const OWN = privateLayer('own', true);
const SHARED: LayerView = { ...OWN, id: 'shared', kind: 'shared', audience: 'people' };
const STYLE = { color: '#ffd84d', width: 1, opacity: 1 };
const BIRTH: Birth = { id: 'new', version: 'v', page: 0, created: 1 };
const WORDS: Words = {
  body: (typed) => typed.trim(),
  put: (birth, typed) => notePut(birth, { x: 1, y: 2 }, 0, typed.trim(), STYLE),
  rewrite: (mark, typed) => rewrite(mark, typed.trim()),
  emptied: (mark) => removals([mark.id]),
};
const MARK: Mark = {
  id: 'm',
  version: 'v',
  page: 0,
  kind: 'note',
  rev: 3,
  seq: 3,
  author: 'lan',
  created: 1,
  modified: 1,
  geometry: { point: [1, 2] },
  style: {},
  body: 'A',
};

let core: SyncCore;
let layers: LayerView[];
let writing: LayerView | undefined;
let sent: Array<{ layer: string; ops: readonly unknown[] }>;
let said: string[];
let births: number;
let seq: number;

const paper: Paper = {
  get: (id) => layers.map(({ id: layer }) => core.replica(layer)?.get(id)).find(Boolean),
  truth: (id) => core.truth(id),
  birth: (version, page) => ({ id: `born-${++births}`, version, page, created: 1 }),
  layers: {
    of: (id) => layers.find(({ id: layer }) => core.replica(layer)?.get(id)),
    get writing() {
      return writing;
    },
    get own() {
      return layers.find(({ kind }) => kind === 'private');
    },
  },
  write: (layer, edits) => run(core.edit(layer, edits)),
};

/** The outbox writes at once, the line carries everything. */
function run(effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.do === 'write') {
      const numbers = (effect.write.append ?? []).map(({ key }, i) => [key, sent.length + 1 + i]);
      run(core.written(effect.write, Object.fromEntries(numbers) as Record<string, number>));
    } else if (effect.do === 'send' && effect.message.t === 'ann.push') {
      sent.push({ layer: effect.message.layer, ops: effect.message.ops });
    }
  }
}

const hear = (message: ServerMessage): void => run(core.received(1, message));
const others = (mark: Mark): void => {
  const from = seq;
  seq = mark.seq;
  hear({ t: 'ann.delta', layer: 'own', from, to: seq, items: [mark] } as ServerMessage);
};
const open = (mark: Mark | null, birth = BIRTH): Writing =>
  new Writing(
    paper,
    WORDS,
    mark ? { ...birth, id: mark.id } : birth,
    mark,
    (key) => void said.push(key),
  );
const ops = (): unknown[] => sent.flatMap((push) => push.ops);

beforeEach(() => {
  vi.useFakeTimers();
  let keys = 0;
  core = new SyncCore({
    person: 'lan',
    outbox: { id: 'o', entries: [], refused: [] },
    newKey: () => `key-${++keys}`,
    random: () => 0.5,
  });
  [layers, writing, sent, said, births, seq] = [[OWN, SHARED], OWN, [], [], 0, 3];
  run(core.lead(null));
  run(core.connected(1));
  run(core.open('own', { cursor: 3, marks: [MARK] }));
  run(core.open('shared', { cursor: 0, marks: [] }));
});
afterEach(() => vi.useRealTimers());

describe('words that are kept', () => {
  it('are not written by looking at them, whatever others write meanwhile', () => {
    const looked = open(MARK);
    others({ ...MARK, body: 'A B', rev: 4, seq: 4 });
    expect(looked.follow()).toBe('A B');
    looked.leaving();
    looked.finish();
    const stale = open({ ...MARK, body: 'what the card was opened with' });
    expect(stale.begin).toBe('A B');
    stale.finish();
    expect(sent).toEqual([]);
  });

  it('are kept in a pause, and every three seconds where there is none', () => {
    const note = open(null);
    note.typed('Đ');
    vi.advanceTimersByTime(KEEP_AFTER_MS - 1);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ops()).toMatchObject([{ op: 'put', id: 'new', body: 'Đ' }]);
    let text = 'Đ';
    for (let at = 0; at < KEEP_WITHIN_MS; at += 500) {
      note.typed((text += 'ề'));
      vi.advanceTimersByTime(500);
    }
    expect(paper.get('new')?.body).toBe(text);
  });

  it('wait on a layer that others read until they are done, or the page goes', () => {
    writing = SHARED;
    const note = open(null);
    note.typed('half a sen');
    vi.advanceTimersByTime(10 * KEEP_WITHIN_MS);
    expect(sent).toEqual([]);
    note.leaving();
    expect(sent).toMatchObject([{ layer: 'shared', ops: [{ op: 'put', body: 'half a sen' }] }]);
    note.typed('half a sentence');
    vi.advanceTimersByTime(10 * KEEP_WITHIN_MS);
    note.finish();
    note.finish();
    expect(paper.get('new')?.body).toBe('half a sentence');
  });

  it('never take a mark away before they are done', () => {
    const note = open(MARK);
    note.typed('');
    vi.advanceTimersByTime(KEEP_WITHIN_MS);
    note.leaving();
    expect(sent).toEqual([]);
    note.finish();
    expect(ops()).toMatchObject([{ op: 'delete', id: 'm' }]);
    const never = open(null);
    never.typed('x');
    never.typed('');
    never.finish();
    expect(ops()).toHaveLength(1);
  });

  it('taken away leave what somebody else wrote meanwhile', () => {
    const note = open(MARK);
    note.typed('');
    others({ ...MARK, body: 'A B', rev: 4, seq: 4 });
    note.finish();
    expect([sent, said]).toEqual([[], ['marks.words.stay']]);
  });
});

describe('words that two write', () => {
  it('go to the server as written on those that were seen', () => {
    const note = open(MARK);
    note.typed('A C');
    others({ ...MARK, body: 'A B', rev: 4, seq: 4 });
    vi.advanceTimersByTime(KEEP_WITHIN_MS);
    expect(sent).toEqual([]);
    note.finish();
    expect(ops()).toEqual([{ op: 'patch', id: 'm', body: 'A C', base_rev: 3 }]);
    expect(said).toEqual(['marks.words.changed']);
  });

  it('stand on one’s own acknowledged words, not on the first ones', () => {
    const note = open(MARK);
    note.typed('A C');
    vi.advanceTimersByTime(KEEP_AFTER_MS);
    hear({ t: 'ann.ack', op_no: 1, seqs: [4], revs: [4] } as ServerMessage);
    note.typed('A C D');
    note.finish();
    expect(ops()).toMatchObject([{ base_rev: 3 }, { body: 'A C D', base_rev: 4 }]);
    expect(said).toEqual([]);
  });

  it('are not in each other’s way where only the look of the mark has changed', () => {
    const note = open(MARK);
    note.typed('A C');
    others({ ...MARK, style: { color: '#112233' }, rev: 4, seq: 4 });
    note.finish();
    expect(ops()).toMatchObject([{ body: 'A C', base_rev: 4 }]);
    expect(said).toEqual([]);
  });
});

describe('words whose mark goes away', () => {
  const gone = (): void => {
    seq = 4;
    const item = { id: 'm', rev: 4, seq: 4, deleted: true };
    hear({ t: 'ann.delta', layer: 'own', from: 3, to: 4, items: [item] } as ServerMessage);
  };

  it('become a note of one’s own, and go on there', () => {
    const note = open(MARK);
    note.typed('A, and much more');
    gone();
    note.leaving();
    note.typed('A, and much more than that');
    note.finish();
    expect(note.id).toBe('born-1');
    expect(ops()[0]).toMatchObject({ op: 'put', id: 'born-1', page: 0, body: 'A, and much more' });
    expect(paper.get('born-1')?.body).toBe('A, and much more than that');
    expect(said).toEqual(['marks.words.own']);
  });

  it('come back from a layer that is no longer one’s own', () => {
    run(core.open('shared'));
    const put = WORDS.put({ ...BIRTH, id: 's' }, 'said') as Put & Edit;
    run(core.edit('shared', [put]));
    const entry = open(paper.get('s') as Mark);
    entry.typed('said twice');
    layers = [OWN];
    entry.finish();
    expect(sent.at(-1)).toMatchObject({ layer: 'own', ops: [{ op: 'put', body: 'said twice' }] });
  });

  it('are refused work where nothing of one’s own can be written any more', () => {
    layers = [{ ...OWN, may_write: false }];
    const note = open(MARK);
    note.typed('A C');
    note.finish();
    expect(sent).toMatchObject([{ layer: 'own', ops: [{ op: 'put', body: 'A C' }] }]);
    expect(said).toEqual(['marks.words.refused']);
  });

  it('are not missed where nothing was typed', () => {
    const note = open(MARK);
    gone();
    note.finish();
    expect([sent, said]).toEqual([[], []]);
  });
});
