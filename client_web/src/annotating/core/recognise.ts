/** Whether the server has what it seemed to refuse: the answer was lost or late, not the work. */
import type { Mark, Operation } from './model';
import type { Refused } from './outbox';
import type { LayerReplica } from './replica';

/** Refusals that may be of work that has arrived: nobody answered, or the second try met the first. */
const UNSURE = ['unanswered', 'id_taken'];

/**
 * A push holds or falls as one, so one new mark of it tells of all. A push without a new mark has
 * arrived when everything is as it wanted it; `replica` must be whole.
 */
export function isThere(refused: Refused, replica: LayerReplica): boolean {
  const { code, ops } = refused;
  if (!UNSURE.includes(code)) return false;
  const puts = ops.filter((op) => op.op === 'put');
  if (puts.length === 0) return refused.opNo !== undefined && ops.every((op) => done(op, replica));
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

function done(op: Operation, replica: LayerReplica): boolean {
  const there = replica.onServer(op.id);
  if (op.op === 'delete') return there === null || there === undefined;
  if (there === null || there === undefined) return false;
  return op.op === 'restore' || (op.op === 'patch' && says(there, op));
}

function says(mark: Mark, patch: Extract<Operation, { op: 'patch' }>): boolean {
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
