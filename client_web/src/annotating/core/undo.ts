/**
 * Undo and redo of one person's gestures, as operations that reverse them. It never touches what
 * someone else (or another device) has changed since: such a step stays as it is, and undo stops
 * there. One tap takes back one gesture, or says why not; it never goes on to the one before.
 */
import { MAX_UNDO } from './limits';
import type { Edit, Mark, PatchValues } from './model';

type Lookup = (id: string) => Mark | undefined;
type Layers = (layer: string) => Lookup;
type Values = { -readonly [K in keyof PatchValues]: PatchValues[K] };

/** One reversible change of one mark. */
type Step =
  | {
      readonly made: 'put' | 'restored' | 'deleted';
      readonly id: string;
      /** The mark as this person has left it while it stood; unknown of one that was restored. */
      readonly left: Values | undefined;
    }
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

/** What takes a gesture back, or does it again. */
export interface Reversal {
  /** Empty where all of it was changed elsewhere. */
  readonly parts: readonly LayerEdits[];
  /** Something of it stays, because another device or another person has changed it since. */
  readonly stays: boolean;
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

  /**
   * Takes the last gesture back; null when there is none.
   * @param answered others have answered this mark: it is not taken away under them.
   */
  undo(look: Layers, answered: (id: string) => boolean = () => false): Reversal | null {
    this.writing = undefined;
    const last = this.done.pop();
    if (!last) return null;
    const reversal = reversed([...last].reverse(), look, answered, 'back');
    if (reversal.parts.length > 0) this.undone.push(last);
    return reversal;
  }

  /** Does the last undone gesture again; null when there is none. */
  redo(look: Layers, answered: (id: string) => boolean = () => false): Reversal | null {
    this.writing = undefined;
    const last = this.undone.pop();
    if (!last) return null;
    const reversal = reversed(last, look, answered, 'again');
    if (reversal.parts.length > 0) this.done.push(last);
    return reversal;
  }

  /** These marks were never meant: there is no way back to them. */
  forgetMarks(ids: readonly string[]): void {
    this.only((part) => ({ ...part, steps: part.steps.filter(({ id }) => !ids.includes(id)) }));
  }

  /** The layer is gone, or the person is: nothing of it may be replayed. */
  forget(layer?: string): void {
    const gone = (part: Part) => layer === undefined || part.layer === layer;
    this.only((part) => (gone(part) ? { ...part, steps: [] } : part));
  }

  private only(left: (part: Part) => Part): void {
    this.writing = undefined;
    const of = (gesture: Gesture) => gesture.map(left).filter(({ steps }) => steps.length > 0);
    this.done = this.done.map(of).filter((gesture) => gesture.length > 0);
    this.undone = this.undone.map(of).filter((gesture) => gesture.length > 0);
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
      } else part.steps[at] = { ...before, left: before.left && { ...before.left, ...step.to } };
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
        seen.set(edit.id, { ...edit, rev: 0, seq: 0, author: '', modified: edit.created });
        steps.push({ made: 'put', id: edit.id, left: wholeOf(edit) });
        break;
      case 'delete':
        if (before === undefined) break;
        steps.push({ made: 'deleted', id: edit.id, left: wholeOf(before) });
        seen.set(edit.id, undefined);
        break;
      case 'restore':
        if (before !== undefined) break;
        steps.push({ made: 'restored', id: edit.id, left: undefined });
        break;
      case 'patch': {
        if (before === undefined) break;
        const to = valuesOf(edit);
        const after = { ...before, ...to };
        seen.set(edit.id, after);
        const made = steps.findIndex(({ made, id }) => made === 'put' && id === edit.id);
        if (made === -1)
          steps.push({ made: 'patched', id: edit.id, from: valuesOf(before, to), to });
        // It comes and goes as a whole.
        else steps[made] = { made: 'put', id: edit.id, left: wholeOf(after) };
        break;
      }
    }
  }
  return steps;
}

type Way = 'back' | 'again';

function reversed(
  gesture: Gesture,
  look: Layers,
  answered: (id: string) => boolean,
  way: Way,
): Reversal {
  let stays = false;
  const parts = gesture.map((part) => {
    const edits = reverse(part, look(part.layer), answered, way);
    const whole = edits.length === part.steps.length;
    stays ||= !whole;
    return { layer: part.layer, edits: whole || !replaces(part) ? edits : [] };
  });
  return { parts: parts.filter(({ edits }) => edits.length > 0), stays };
}

/** It put something in the place of what it took, as a cut does: half of it would leave both. */
function replaces({ steps }: Part): boolean {
  return steps.some(({ made }) => made === 'put') && steps.some(({ made }) => made === 'deleted');
}

/** An edit for each step that can be reversed. */
function reverse(part: Part, look: Lookup, answered: (id: string) => boolean, way: Way): Edit[] {
  const steps = way === 'back' ? [...part.steps].reverse() : part.steps;
  const edits: Edit[] = [];
  /** Marks as the edits so far will leave them. */
  const seen = new Map<string, PatchValues | undefined>();
  for (const step of steps) {
    const now = seen.has(step.id) ? seen.get(step.id) : look(step.id);
    if (step.made === 'patched') {
      const [is, wanted] = way === 'back' ? [step.to, step.from] : [step.from, step.to];
      // Another device changed it meanwhile: its value stays.
      if (now === undefined || !same(valuesOf(now, is), is)) continue;
      edits.push({ op: 'patch', id: step.id, ...wanted });
      seen.set(step.id, { ...now, ...wanted });
    } else if ((step.made === 'deleted') === (way === 'back')) {
      if (now !== undefined) continue;
      edits.push({ op: 'restore', id: step.id });
      seen.set(step.id, step.left);
    } else {
      // Newer words, an answer, or "resolved" would go with it, and they are not this person's.
      const asLeft = now && (!step.left || same(wholeOf(now), step.left));
      if (!asLeft || answered(step.id)) continue;
      edits.push({ op: 'delete', id: step.id });
      seen.set(step.id, undefined);
    }
  }
  return edits;
}

/** All that can be patched, absent values spelt out. */
function wholeOf(source: PatchValues): Values {
  return { ...ABSENT, ...valuesOf(source) };
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
