/** Whether the server has what it seemed to refuse: the answer was lost or late, not the work. */
import type { Mark, Operation } from './model';
import type { Refused } from './outbox';
import type { LayerReplica } from './replica';

/** Refusals that may be of work that has arrived: nobody answered, or the second try met the first. */
const UNSURE = ['unanswered', 'id_taken'];
type Patch = Extract<Operation, { op: 'patch' }>;
/** The rev of a mark that was made and not changed since. */
export const MADE = 1;
/** Keys of a patch that says nothing. */
const BARE = 3;

/**
 * A push holds or falls as one, so one new mark of it tells of all. A push without a new mark has
 * arrived when everything is as it wanted it; `replica` must be whole.
 */
export function isThere(refused: Refused, replica: LayerReplica): boolean {
  const { code, ops } = refused;
  if (!UNSURE.includes(code)) return false;
  const puts = ops.filter((op) => op.op === 'put');
  if (puts.length === 0)
    return refused.opNo !== undefined && ops.every((op) => isDone(op, replica.onServer(op.id)));
  return puts.every((put) => {
    const there = replica.onServer(put.id);
    if (there === undefined) return false;
    if (there === null) return true; // it came, and was deleted since
    return (
      there.author === replica.author &&
      there.kind === put.kind &&
      there.version === put.version &&
      there.ink === put.ink
    );
  });
}

/**
 * What the server has of new marks is not what this work came to: words typed while nobody answered
 * went into the put that was sent again, and the first put came through. They are what is left to
 * send, on top of the mark as it was made: who has written on it since is met as a conflict.
 */
export function leftOver({ code, ops }: Refused, replica: LayerReplica): Operation[] {
  return ops.flatMap((op) => {
    const there = op.op === 'put' ? replica.onServer(op.id) : undefined;
    if (op.op !== 'put' || !there) return [];
    const touched = there.rev > MADE;
    // Sent only once and changed since: that was somebody's will.
    if (code !== 'id_taken' && touched) return [];
    const patch: Patch = { op: 'patch', id: op.id, base_rev: MADE };
    if ((op.body ?? '') !== (there.body ?? '')) patch.body = op.body ?? '';
    if (touched) return patch.body === undefined ? [] : [patch]; // its look and place are newer
    if (!same(op.geometry, there.geometry)) patch.geometry = op.geometry;
    if (!same(op.style, there.style)) patch.style = op.style;
    if (op.page !== there.page) patch.page = op.page;
    return Object.keys(patch).length > BARE ? [patch] : [];
  });
}

/** Whether a change of a mark is as it was wanted; `there`: the mark, `null` once it was deleted. */
export function isDone(op: Operation, there: Mark | null | undefined): boolean {
  if (op.op === 'delete') return there === null || there === undefined;
  if (there === null || there === undefined) return false;
  return op.op === 'restore' || (op.op === 'patch' && says(there, op));
}

function says(mark: Mark, patch: Patch): boolean {
  const { page, geometry, anchor, style, body, resolved } = patch;
  return (
    (page === undefined || page === mark.page) &&
    (body === undefined || body === (mark.body ?? '')) &&
    (resolved === undefined || resolved === (mark.resolved ?? false)) &&
    (geometry === undefined || same(geometry, mark.geometry)) &&
    (style === undefined || same(style, mark.style)) &&
    (anchor === undefined || same(anchor, mark.anchor ?? []))
  );
}

/** Values of JSON, whatever the order of their keys. */
function same(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => same(value, right.get(key)));
}
