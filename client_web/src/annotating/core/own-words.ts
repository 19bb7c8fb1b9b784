/**
 * What this tablet itself made of the words of marks. Words are a conflict when they were changed
 * since the rev they were written on; words that this outbox changed since are not: whoever wrote
 * the later ones had the earlier ones before the eyes.
 */
import { MAX_OWN_WORDS } from './limits';
import type { Operation } from './model';

/** From `first` to `last` nobody else changed the words: the server refuses who has not seen it. */
interface Span {
  readonly first: number;
  readonly last: number;
}

export class OwnWords {
  private readonly spans = new Map<string, Span>();

  /** The server took these operations, which gave their marks these revs. */
  took(ops: readonly Operation[], revs: readonly number[]): void {
    ops.forEach((op, i) => {
      const rev = revs[i];
      if (rev === undefined || !writesWords(op)) return;
      const base = op.op === 'put' ? 0 : op.base_rev;
      const known = this.spans.get(op.id);
      const joins = known !== undefined && base >= known.first && base <= known.last;
      this.spans.delete(op.id);
      this.spans.set(op.id, {
        first: joins ? known.first : base,
        last: Math.max(rev, joins ? known.last : 0),
      });
      const oldest = this.spans.keys().next().value;
      if (this.spans.size > MAX_OWN_WORDS && oldest !== undefined) this.spans.delete(oldest);
    });
  }

  /** The same operations, each on top of this tablet's own words; the same array if none moves. */
  rebased(ops: readonly Operation[]): readonly Operation[] {
    let moved = false;
    const on = ops.map((op) => {
      const span = op.op === 'put' ? undefined : this.spans.get(op.id);
      if (op.op === 'put' || span === undefined) return op;
      if (op.base_rev < span.first || op.base_rev >= span.last) return op;
      moved = true;
      return { ...op, base_rev: span.last };
    });
    return moved ? on : ops;
  }
}

/** Whether an operation writes the words of its mark. */
export function writesWords(op: Operation): boolean {
  return op.op === 'put' || (op.op === 'patch' && op.body !== undefined);
}
