/** What layers are to the person who looks at them: their order, their colours, what is allowed. */
import type { LayerView, PersonCard } from '../../wire';
import type { Edit, LayerEdits, Mark } from '../core';

/** A document's layers as this tablet remembers them, for opening it without the server. */
export interface KnownLayers {
  layers: readonly LayerView[];
  /** Who wrote on them, besides those whom the layers name. */
  authors: readonly PersonCard[];
}

/** How many colours there are for shared layers (`--layer-0` … in tokens.css). */
export const LAYER_TONES = 6;

/** One's own private layer before the server's list has come. */
export function privateLayer(id: string, mayWrite: boolean): LayerView {
  return {
    id,
    kind: 'private',
    title: '',
    owner: null,
    mine: true,
    audience: 'me',
    people: [],
    may_write: mayWrite,
    may_moderate: false,
    may_manage: false,
  };
}

/** Below lies what came with the file, then what the room is shown, what is shared, and on top
 * one's own. */
const DEPTH = { imported: 0, presenter: 1, shared: 2, private: 3 } as const;

/** In the order in which they are painted. */
export function inDepth(layers: readonly LayerView[]): LayerView[] {
  return [...layers].sort((a, b) => depthOf(a) - depthOf(b));
}

/** More than the 48 bits of time in an id (RFC 9562 §5.7), less than numbers are exact to. */
const DEPTHS_PER_KIND = 2 ** 48;

/**
 * How deep a layer lies: what is deeper has the smaller number. It is the layer's own, by its kind
 * and when it was made: a layer that comes or goes moves no other, and no mark is painted anew.
 */
function depthOf({ id, kind }: LayerView): number {
  return DEPTH[kind] * DEPTHS_PER_KIND + (parseInt(id.slice(0, 8) + id.slice(9, 13), 16) || 0);
}

/** How deep each layer lies, by its id. */
export function depthsOf(layers: readonly LayerView[]): ReadonlyMap<string, number> {
  return new Map(layers.map((layer) => [layer.id, depthOf(layer)]));
}

/**
 * The colour of each layer: the same on every tablet and for as long as the layer lives, as far as
 * two layers do not ask for the same one.
 */
export function tonesOf(layers: readonly LayerView[]): ReadonlyMap<string, string> {
  const tones = new Map<string, string>();
  const taken = new Set<number>();
  for (const { id, kind } of layers) {
    if (kind === 'private' || kind === 'imported') tones.set(id, 'var(--layer-private)');
    if (kind === 'presenter') tones.set(id, 'var(--layer-presenter)');
    if (kind !== 'shared') continue;
    let tone = hashOf(id) % LAYER_TONES;
    for (let i = 0; i < LAYER_TONES && taken.has(tone); i++) tone = (tone + 1) % LAYER_TONES;
    taken.add(tone);
    if (taken.size === LAYER_TONES) taken.clear();
    tones.set(id, `var(--layer-${tone})`);
  }
  return tones;
}

function hashOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return hash;
}

/** Words, look and place are the author's alone; on a private layer there is one author. */
export function mayChange(layer: LayerView | undefined, mark: Mark, me: string): boolean {
  return layer !== undefined && layer.may_write && (layer.kind === 'private' || mark.author === me);
}

export function mayRemove(layer: LayerView | undefined, mark: Mark, me: string): boolean {
  return mayChange(layer, mark, me) || (layer?.may_moderate ?? false);
}

/** The author of marks that came with a file (RFC 9562 §5.9). */
export const NOBODYS_ID = '00000000-0000-0000-0000-000000000000';

/** Answers to those of the marks, on whatever layers, that have any; each layer is walked once. */
export function answersOnLayers(
  ids: Iterable<string>,
  layerOf: (id: string) => LayerView | undefined,
  marksOn: (layer: LayerView) => Iterable<Mark>,
): ReadonlyMap<string, readonly Mark[]> {
  const sought = new Map<LayerView, Set<string>>();
  for (const id of ids) {
    const layer = layerOf(id);
    // Nobody answers on a layer that one alone reads: not worth looking through it.
    if (!layer || layer.kind === 'private') continue;
    const there = sought.get(layer);
    if (there) there.add(id);
    else sought.set(layer, new Set([id]));
  }
  return new Map([...sought].flatMap(([layer, on]) => [...answersTo(marksOn(layer), on)]));
}

/** Answers to those of a layer's marks that have any, each mark's oldest first. */
export function answersTo(
  marks: Iterable<Mark>,
  ids: ReadonlySet<string>,
): ReadonlyMap<string, readonly Mark[]> {
  const found = new Map<string, Mark[]>();
  for (const mark of marks) {
    const { reply_to: about } = mark;
    if (about === undefined || !ids.has(about)) continue;
    const before = found.get(about);
    if (before) before.push(mark);
    else found.set(about, [mark]);
  }
  for (const answers of found.values()) {
    answers.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }
  return found;
}

/** Shared layers of others that were not there before: news for a person. */
export function newlyShared(before: readonly LayerView[], now: readonly LayerView[]): LayerView[] {
  return without(now, before).filter(({ kind, mine }) => kind === 'shared' && !mine);
}

/** Everybody whom the layers name, and who wrote on them, by id. */
export function peopleOf({ layers, authors }: KnownLayers): ReadonlyMap<string, PersonCard> {
  const named = layers.flatMap(({ owner, people }) => [...people, ...(owner ? [owner] : [])]);
  return new Map([...authors, ...named].map((person) => [person.id, person]));
}

/** Those of `layers` that are not among the `others`. */
export function without(
  layers: readonly LayerView[],
  others: readonly LayerView[],
): readonly LayerView[] {
  const ids = new Set(others.map((layer) => layer.id));
  return layers.filter((layer) => !ids.has(layer.id));
}

/**
 * One gesture, by the layers that it touches, in its order on each.
 * @param homeless told of what has no layer to go to.
 */
export function byLayer(
  edits: readonly Edit[],
  layerOf: (edit: Edit) => string | null,
  homeless: (edit: Edit) => void,
): LayerEdits[] {
  const parts = new Map<string, Edit[]>();
  for (const edit of edits) {
    const layer = layerOf(edit);
    const part = layer === null ? undefined : parts.get(layer);
    if (part) part.push(edit);
    else if (layer !== null) parts.set(layer, [edit]);
    else homeless(edit);
  }
  return [...parts].map(([layer, of]) => ({ layer, edits: of }));
}
