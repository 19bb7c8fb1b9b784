/**
 * Undo and redo of one person's gestures, as operations that reverse them. It never touches what
 * someone else (or another device) has changed since: such a step is skipped.
 */
import { MAX_UNDO } from './limits';
import type { Edit, Mark, PatchValues } from './model';

type Lookup = (id: string) => Mark | undefined;
type Layers = (layer: string) => Lookup;
type Values = { -readonly [K in keyof PatchValues]: PatchValues[K] };

/** One reversible change of one mark. */
type Step =
  | { readonly made: 'put' | 'restored' | 'deleted'; readonly id: string }
  | { readonly made: 'patched'; readonly id: string; readonly from: Values; readonly to: Values };

interface Part {
  readonly layer: string;
  readonly steps: readonly Step[];
}

/** What one movement of the hand did, on as many layers and in as many parts as it took. */
type Gesture = readonly Part[];

/** Edits of one layer that belong together on the wire too, as far as a push may carry them. */
export interface LayerEdits {
  readonly layer: string;
  readonly edits: readonly Edit[];
}

const FIELDS = ['page', 'geometry', 'anchor', 'style', 'body', 'resolved'] as const;
/** What an absent value means, so that undo can put it back. An anchor cannot be taken off again. */
const ABSENT: Values = { body: '', resolved: false };

export class UndoStack {
  private done: Gesture[] = [];
  private undone: Gesture[] = [];
  /** To whose writing the last gesture belongs, while nothing has come after it. */
  private writing: object | undefined;

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /**
   * Notes a gesture *before* it is applied; `look` shows the marks of a layer as they are.
   * @param writing whoever keeps words in the pauses of the typing: all of it is one gesture.
   */
  note(parts: readonly LayerEdits[], look: Layers, writing?: object): void {
    const seen = new Map<string, Mark | undefined>();
    const gesture = parts
      .map(({ layer, edits }) => ({ layer, steps: stepsOf(edits, look(layer), seen) }))
      .filter(({ steps }) => steps.length > 0);
    if (gesture.length === 0) return;
    const last = writing !== undefined && writing === this.writing ? this.done.pop() : undefined;
    this.done.push(last ? joined(last, gesture) : gesture);
    this.writing = writing;
    if (this.done.length > MAX_UNDO) this.done.shift();
    this.undone = [];
  }

  /** The edits that take the last gesture back, or null when there is nothing to take back. */
  undo(look: Layers): LayerEdits[] | null {
    this.writing = undefined;
    for (let last = this.done.pop(); last !== undefined; last = this.done.pop()) {
      const parts = reversed([...last].reverse(), look, 'back');
      if (parts.length === 0) continue;
      this.undone.push(last);
      return parts;
    }
    return null;
  }

  /** The edits that do the last undone gesture again. */
  redo(look: Layers): LayerEdits[] | null {
    this.writing = undefined;
    for (let last = this.undone.pop(); last !== undefined; last = this.undone.pop()) {
      const parts = reversed(last, look, 'again');
      if (parts.length === 0) continue;
      this.done.push(last);
      return parts;
    }
    return null;
  }

  /** The layer is gone, or the person is: nothing of it may be replayed. */
  forget(layer?: string): void {
    this.writing = undefined;
    const left = (gesture: Gesture): Gesture =>
      gesture.filter((part) => layer !== undefined && part.layer !== layer);
    this.done = this.done.map(left).filter((gesture) => gesture.length > 0);
    this.undone = this.undone.map(left).filter((gesture) => gesture.length > 0);
  }
}

/** What was written and what was written after it, as one: from the first words to the last. */
function joined(first: Gesture, next: Gesture): Gesture {
  const parts = first.map(({ layer, steps }) => ({ layer, steps: [...steps] }));
  for (const { layer, steps } of next) {
    let part = parts.find((other) => other.layer === layer);
    if (!part) parts.push((part = { layer, steps: [] }));
    for (const step of steps) {
      const at = part.steps.findLastIndex((other) => other.id === step.id);
      const before = part.steps[at];
      if (step.made !== 'patched' || before === undefined) part.steps.push(step);
      else if (before.made === 'patched') {
        const [from, to] = [
          { ...step.from, ...before.from },
          { ...before.to, ...step.to },
        ];
        part.steps[at] = { ...step, from, to };
      }
    }
  }
  return parts;
}

/** @param seen marks as the gesture has left them so far. */
function stepsOf(
  edits: readonly Edit[],
  look: Lookup,
  seen: Map<string, Mark | undefined>,
): Step[] {
  const steps: Step[] = [];
  for (const edit of edits) {
    const before = seen.has(edit.id) ? seen.get(edit.id) : look(edit.id);
    switch (edit.op) {
      case 'put':
        steps.push({ made: 'put', id: edit.id });
        break;
      case 'delete':
        if (before === undefined) break;
        steps.push({ made: 'deleted', id: edit.id });
        seen.set(edit.id, undefined);
        break;
      case 'restore':
        if (before !== undefined) break;
        steps.push({ made: 'restored', id: edit.id });
        break;
      case 'patch': {
        if (before === undefined) break;
        const to = valuesOf(edit);
        steps.push({ made: 'patched', id: edit.id, from: valuesOf(before, to), to });
        seen.set(edit.id, { ...before, ...to });
        break;
      }
    }
  }
  return steps;
}

type Way = 'back' | 'again';

function reversed(gesture: Gesture, look: Layers, way: Way): LayerEdits[] {
  return gesture
    .map((part) => ({ layer: part.layer, edits: reverse(part, look(part.layer), way) }))
    .filter(({ edits }) => edits.length > 0);
}

function reverse(part: Part, look: Lookup, way: Way): Edit[] {
  const steps = way === 'back' ? [...part.steps].reverse() : part.steps;
  const edits: Edit[] = [];
  for (const step of steps) {
    const now = look(step.id);
    if (step.made === 'patched') {
      const [is, wanted] = way === 'back' ? [step.to, step.from] : [step.from, step.to];
      // Another device changed it meanwhile: its value stays.
      if (now === undefined || !same(valuesOf(now, is), is)) continue;
      edits.push({ op: 'patch', id: step.id, ...wanted });
    } else {
      const remove = (step.made === 'deleted') !== (way === 'back');
      if (remove === (now !== undefined)) {
        edits.push({ op: remove ? 'delete' : 'restore', id: step.id });
      }
    }
  }
  return edits;
}

/** The patchable values of a mark or patch; with `like`, those it names, absent ones spelt out. */
function valuesOf(source: PatchValues, like?: Values): Values {
  const values: Record<string, unknown> = {};
  for (const field of FIELDS) {
    if (like !== undefined && !(field in like)) continue;
    const value = source[field] ?? (like === undefined ? undefined : ABSENT[field]);
    if (value !== undefined) values[field] = value;
  }
  return values as Values;
}

function same(a: Values, b: Values): boolean {
  return FIELDS.every((field) => equal(a[field], b[field]));
}

/** Deep equality of JSON values, whatever the order of keys. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) =>
      equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
