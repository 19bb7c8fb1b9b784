import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LayerView } from '../../wire';
import { SyncCore, type SavedLayer } from '../core';
import type { Post } from '../post';
import { OpenLayers } from './open-layers.svelte';
import { privateLayer, type KnownLayers } from './view';

const OWN = privateLayer('own', true);
const SAVED: SavedLayer = {
  cursor: 1,
  marks: [
    {
      id: 'a',
      version: 'v',
      page: 0,
      kind: 'note',
      rev: 1,
      seq: 1,
      author: 'lan',
      created: 0,
      modified: 0,
      geometry: { point: [1, 2] },
      style: {},
    },
  ],
};

/** What the server answers next, by hand: the edge of the machine. */
let answers: Array<(layers: readonly LayerView[] | null) => void>;
/** Lets the shelf answer. */
let shelved: Array<() => void>;
/** Layers that are followed, as often as they are wanted. */
let followed: string[];

beforeEach(() => {
  answers = [];
  shelved = [];
  followed = [];
  vi.stubGlobal(
    'fetch',
    () =>
      new Promise<Response>((resolve, reject) =>
        answers.push((layers) =>
          layers === null
            ? reject(new TypeError('no network'))
            : resolve(new Response(JSON.stringify(layers))),
        ),
      ),
  );
});
afterEach(() => vi.unstubAllGlobals());

/** A post whose shelf answers when the test says so. */
function post(): Post {
  let keys = 0;
  const core = new SyncCore({
    person: 'lan',
    outbox: { id: 'o', entries: [], refused: [] },
    newKey: () => `key-${++keys}`,
    random: () => 0.5,
  });
  const following = {
    open: async (layer: string) => {
      followed.push(layer);
      await new Promise<void>((resolve) => shelved.push(resolve));
      if (followed.includes(layer)) core.open(layer, SAVED);
    },
    close: (layer: string) => void followed.splice(followed.indexOf(layer), 1),
  };
  return { person: 'lan', runner: { core }, following, shelf: null } as unknown as Post;
}

const KNOWN: KnownLayers = { layers: [OWN], authors: [] };
const layers = (closed: (layer: LayerView) => void = () => undefined) =>
  new OpenLayers({
    changed: () => undefined,
    gained: () => undefined,
    lost: () => undefined,
    closed,
  });
const shelf = () => shelved.splice(0).forEach((answer) => answer());
const seen = (open: OpenLayers) => [...open.all()].map((mark) => mark.id);

test('a question that outruns the opening and fails leaves what is known to be seen', async () => {
  const open = layers();
  const opening = open.open(post(), 'D', KNOWN);
  const asking = open.refresh();
  shelf();
  await opening;
  answers[0]?.(null);
  await vi.waitFor(() => {
    shelf();
    expect(seen(open)).toEqual(['a']);
  });
  await asking;
  expect([open.writingId, followed]).toEqual(['own', ['own']]);
});

test('a question that fails before the shelf has answered shows what is known, once', async () => {
  const open = layers();
  const opening = open.open(post(), 'D', KNOWN);
  const asking = open.refresh();
  answers[0]?.(null);
  await vi.waitFor(() => expect(shelved).toHaveLength(2));
  shelf();
  await Promise.all([opening, asking]);
  expect([seen(open), followed]).toEqual([['a'], ['own']]);
});

test('what the server took away does not come back when a later question fails', async () => {
  const open = layers();
  const opening = open.open(post(), 'D', KNOWN);
  shelf();
  await opening;
  const told = open.refresh();
  answers[0]?.([]);
  await told;
  expect(seen(open)).toEqual([]);
  const asking = open.refresh();
  answers[1]?.(null);
  await asking;
  expect([seen(open), followed]).toEqual([[], []]);
});

test('a layer in the hand that takes nothing any more is told of, and one writes for oneself', async () => {
  const room: LayerView = { ...OWN, id: 'room', kind: 'presenter', mine: false };
  const closed: string[] = [];
  const open = layers(({ id }) => closed.push(id));
  const opening = open.open(post(), 'D', { layers: [OWN, room], authors: [] });
  shelf();
  await opening;
  open.writeOn('room');
  expect([open.writingId, closed]).toEqual(['room', []]);
  const told = open.refresh();
  answers[0]?.([OWN, { ...room, may_write: false }]);
  await told;
  expect([open.writingId, closed, seen(open)]).toEqual(['own', ['room'], ['a', 'a']]);
  const again = open.refresh();
  answers[1]?.([
    { ...OWN, may_write: false },
    { ...room, may_write: false },
  ]);
  await again;
  expect([open.writingId, closed]).toEqual(['own', ['room']]);
});
