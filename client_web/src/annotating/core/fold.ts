/** Several operations on a mark as the one thing they come to. */
import type { Operation, Put } from './model';

/**
 * The same outcome in fewer operations: patches go into the put or the patch before them, a new
 * mark that was deleted again is none. The order of the marks stays; a patch keeps the base of the
 * last that went into it, because that one had the newest before the eyes.
 */
export function fold(ops: readonly Operation[]): Operation[] {
  const folded: Array<Operation | null> = [];
  const last = new Map<string, number>();
  const taken = new Map<string, Put>();
  for (const op of ops) {
    const at = last.get(op.id);
    const before = at === undefined ? undefined : folded[at];
    if (at !== undefined && before?.op === 'put' && op.op === 'patch') {
      folded[at] = patched(before, op);
    } else if (at !== undefined && before?.op === 'put' && op.op === 'delete') {
      taken.set(op.id, before);
      folded[at] = null;
    } else if (at !== undefined && before === null && op.op === 'restore') {
      folded[at] = taken.get(op.id) ?? null;
    } else if (at !== undefined && before?.op === 'patch' && op.op === 'patch') {
      folded[at] = { ...before, ...op };
    } else if (before !== null) {
      last.set(op.id, folded.length);
      folded.push(op);
    }
  }
  return folded.filter((op) => op !== null);
}

function patched(put: Put, op: Extract<Operation, { op: 'patch' }>): Put {
  return {
    ...put,
    ...(op.page !== undefined && { page: op.page }),
    ...(op.geometry !== undefined && { geometry: op.geometry }),
    ...(op.anchor !== undefined && { anchor: op.anchor }),
    ...(op.style !== undefined && { style: op.style }),
    ...(op.body !== undefined && { body: op.body }),
  };
}
