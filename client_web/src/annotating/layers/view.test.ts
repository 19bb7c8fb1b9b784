// @vitest-environment node
import { expect, test } from 'vitest';
import type { LayerView } from '../../wire';
import type { Mark } from '../core';
import {
  answersTo,
  byLayer,
  depthsOf,
  inDepth,
  LAYER_TONES,
  mayChange,
  mayRemove,
  newlyShared,
  privateLayer,
  tonesOf,
} from './view';

const shared = (id: string, more: Partial<LayerView> = {}): LayerView => ({
  ...privateLayer(id, true),
  kind: 'shared',
  mine: false,
  audience: 'people',
  ...more,
});
const own = privateLayer('own', true);
const room = shared('room', { kind: 'presenter' });
const mark = (id: string, author: string, more: Partial<Mark> = {}): Mark => ({
  id,
  version: 'v',
  page: 0,
  kind: 'note',
  rev: 1,
  seq: 1,
  author,
  created: 1,
  modified: 1,
  geometry: {},
  style: {},
  ...more,
});

test('one’s own marks lie on top, what the room is shown lies below', () => {
  const layers = [own, room, shared('a')];
  expect(inDepth(layers).map(({ id }) => id)).toEqual(['room', 'a', 'own']);
});

test('shared layers have colours of their own, and keep them when another one comes or goes', () => {
  const layers = ['a', 'b', 'c', 'd'].map((id) => shared(id));
  const tones = tonesOf([own, room, ...layers]);
  expect(new Set(tones.values()).size).toBe(6);
  expect(tonesOf([own, ...layers.slice(0, 2)]).get('a')).toBe(tones.get('a'));
  const many = Array.from({ length: 3 * LAYER_TONES }, (_, i) => shared(`layer ${i}`));
  const used = [...tonesOf(many).values()];
  expect(used).toHaveLength(3 * LAYER_TONES);
  expect(new Set(used).size).toBe(LAYER_TONES);
});

test('on a shared layer only one’s own words change; who shares it may take others’ away', () => {
  const layer = shared('a');
  const theirs = mark('m', 'lan');
  expect([mayChange(layer, theirs, 'lan'), mayChange(layer, theirs, 'minh')]).toEqual([
    true,
    false,
  ]);
  expect(mayRemove(layer, theirs, 'minh')).toBe(false);
  expect(mayRemove({ ...layer, may_moderate: true }, theirs, 'minh')).toBe(true);
  expect(mayChange({ ...layer, may_write: false }, theirs, 'lan')).toBe(false);
  expect(mayChange(own, theirs, 'minh')).toBe(true);
  expect(mayChange(undefined, theirs, 'lan')).toBe(false);
});

test('answers stand in the order in which they were given, of many marks from one walk', () => {
  let walked = 0;
  const all = [
    mark('c', 'lan', { reply_to: 'm', created: 9 }),
    mark('m', 'lan'),
    mark('b', 'minh', { reply_to: 'm', created: 5 }),
    mark('x', 'minh', { reply_to: 'other', created: 5 }),
  ];
  function* marks() {
    for (const mark of all) {
      walked += 1;
      yield mark;
    }
  }
  const answers = answersTo(marks(), new Set(['m', 'b', 'other']));
  expect([...answers].map(([id, said]) => [id, ...said.map((mark) => mark.id)])).toEqual([
    ['m', 'b', 'c'],
    ['other', 'x'],
  ]);
  expect(walked).toBe(all.length);
});

test('news is only what others have shared', () => {
  const before = [own, shared('a')];
  const now = [own, shared('a'), shared('b'), shared('mine', { mine: true }), room];
  expect(newlyShared(before, now).map(({ id }) => id)).toEqual(['b']);
});

test('a gesture is parted by layers, and what has none is told and never dropped', () => {
  const edits = ['a', 'gone', 'b', 'a'].map((id) => ({ op: 'delete', id }) as const);
  const homeless: string[] = [];
  const layerOf = ({ id }: { id: string }) => (id === 'gone' ? null : `of ${id}`);
  const parts = byLayer(edits, layerOf, ({ id }) => void homeless.push(id));
  expect(parts).toEqual([
    { layer: 'of a', edits: [edits[0], edits[3]] },
    { layer: 'of b', edits: [edits[2]] },
  ]);
  expect(homeless).toEqual(['gone']);
});

test('a layer that comes or goes moves no other one', () => {
  const ids = ['0196f3a0-0001-7aaa-8bbb-000000000001', '0196f3a0-0002-7aaa-8bbb-000000000002'];
  const [older, newer] = ids.map((id) => shared(id)) as [LayerView, LayerView];
  const own = privateLayer('0196f3a0-0000-7aaa-8bbb-000000000000', true);
  const before = depthsOf([own, newer]);
  const after = depthsOf([older, own, newer, shared('0196f3a0-0003-7aaa-8bbb-000000000003')]);
  for (const layer of [own, newer]) expect(after.get(layer.id)).toBe(before.get(layer.id));
  expect(inDepth([newer, own, older]).map(({ id }) => id)).toEqual([older.id, newer.id, own.id]);
});
