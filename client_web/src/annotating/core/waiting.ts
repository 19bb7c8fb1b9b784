/** A batch of the outbox in a tab's memory, and its place among the others. */
import { MAX_OPS, MAX_PUSH_BYTES } from './limits';
import type { Operation } from './model';
import type { Entry } from './outbox';

export interface Waiting {
  readonly key: string;
  /** null until the storage has given a number. */
  opNo: number | null;
  order: number;
  readonly layer: string;
  ops: readonly Operation[];
  /** Some storage write holds these operations already (maybe under an older number). */
  durable: boolean;
  flying: boolean;
  /** How often the connection broke while this was the first unanswered push. */
  breaks: number;
  /** A whole wait has passed since it was sent on this connection. */
  late: boolean;
  /** How often a live connection gave no answer at all. */
  silences: number;
}

export function isNumbered(one: Waiting): one is Waiting & { opNo: number } {
  return one.opNo !== null;
}

export function land(one: Waiting): void {
  one.flying = false;
  one.late = false;
}

export function insertInOrder(list: Waiting[], one: Waiting): void {
  let at = list.length;
  while (at > 0 && comesAfter(list[at - 1], one)) at -= 1;
  list.splice(at, 0, one);
}

function comesAfter(one: Waiting | undefined, other: Waiting): boolean {
  if (one === undefined) return false;
  if (one.order !== other.order) return one.order > other.order;
  return (one.opNo ?? Infinity) > (other.opNo ?? Infinity);
}

export function fromEntry(entry: Entry): Waiting {
  return { ...entry, durable: true, flying: false, breaks: 0, late: false, silences: 0 };
}

export function toEntry(one: Waiting & { opNo: number }): Entry {
  return { key: one.key, opNo: one.opNo, order: one.order, layer: one.layer, ops: one.ops };
}

/** The marks whose order matters to these operations. */
export function marksOf(ops: readonly Operation[]): string[] {
  return ops.flatMap((op) =>
    op.op === 'put' && op.reply_to !== undefined ? [op.id, op.reply_to] : [op.id],
  );
}

export function says(op: Operation, id: string): boolean {
  return op.op === 'patch' && op.id === id && op.body !== undefined;
}

/** A gesture cut where it exceeds what one push may carry, and what no push can carry. */
export function inBatches(ops: readonly Operation[]): {
  batches: Operation[][];
  tooLarge: Operation[];
} {
  const batches: Operation[][] = [];
  const tooLarge: Operation[] = [];
  let batch: Operation[] = [];
  let weight = 0;
  const flush = (): void => {
    if (batch.length > 0) batches.push(batch);
    batch = [];
    weight = 0;
  };
  for (const op of ops) {
    const more = JSON.stringify(op).length;
    if (more > MAX_PUSH_BYTES) {
      tooLarge.push(op);
      continue;
    }
    if (batch.length === MAX_OPS || weight + more > MAX_PUSH_BYTES) flush();
    batch.push(op);
    weight += more;
  }
  flush();
  return { batches, tooLarge };
}
