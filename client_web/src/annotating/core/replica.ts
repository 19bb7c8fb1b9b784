/**
 * One layer as this tab sees it: what the server told, with the work not yet acknowledged laid
 * on top. Plain maps; every method that changes the view returns the ids that look different.
 */
import { MAX_GONE } from './limits';
import { isDeleted, type Ack, type Delta, type Item, type Mark, type Operation } from './model';
import { writesWords } from './own-words';

/** The unacknowledged operations on a mark, in their order. */
export type PendingOn = (id: string) => Iterable<Operation>;

/** What a tablet keeps of a layer for the next start. */
export interface SavedLayer {
  readonly cursor: number;
  readonly marks: readonly Mark[];
}

export class LayerReplica {
  readonly layer: string;
  readonly author: string;
  /** Everything the server changed up to here is known; 0 before the first answer. */
  cursor = 0;
  private readonly server = new Map<string, Mark>();
  /** Deleted marks whose content is still at hand, for undo; gone with the tab. */
  private readonly gone = new Map<string, Mark>();
  /** Marks that stay shown until a whole answer has named them or has not. */
  private doubted: Set<string> | null = null;
  private readonly view = new Map<string, Mark>();
  private readonly pages = new Map<number, Map<string, Mark>>();
  private readonly pendingOn: PendingOn;

  constructor(layer: string, author: string, pendingOn: PendingOn, saved?: SavedLayer) {
    this.layer = layer;
    this.author = author;
    this.pendingOn = pendingOn;
    if (saved !== undefined) {
      this.cursor = saved.cursor;
      for (const mark of saved.marks) this.server.set(mark.id, mark);
      if (this.cursor === 0) this.doubt();
      this.look(this.server.keys());
    }
  }

  /** The mark as shown, or undefined. */
  get(id: string): Mark | undefined {
    return this.view.get(id);
  }

  /** All marks as shown. */
  marks(): IterableIterator<Mark> {
    return this.view.values();
  }

  get size(): number {
    return this.view.size;
  }

  /** The marks shown on a page, oldest first as they came. */
  onPage(page: number): Iterable<Mark> {
    return this.pages.get(page)?.values() ?? [];
  }

  /** The rev whose words the person has seen; 0 for a mark that the server has not confirmed. */
  seenRev(id: string): number {
    return this.server.get(id)?.rev ?? this.gone.get(id)?.rev ?? 0;
  }

  /** For the tablet's store: what the server told, without the pending work. */
  save(): SavedLayer {
    return { cursor: this.cursor, marks: [...this.server.values()] };
  }

  /** The unacknowledged work on these marks has changed. */
  pendingChanged(ids: Iterable<string>): string[] {
    return this.look(ids);
  }

  /** Takes a delta that continues this replica (from ≤ cursor < to). */
  takeDelta(delta: Delta): string[] {
    for (const item of delta.items) this.takeItem(item);
    this.cursor = delta.to;
    return this.look(delta.items.map((item) => item.id));
  }

  /** Lays marks under what is there already; the cursor stays: more of the same is to come. */
  lay(marks: readonly Mark[]): string[] {
    for (const mark of marks) this.takeItem(mark);
    return this.look(marks.map((mark) => mark.id));
  }

  /** Replaces all that the server had told; pending work stays on top. */
  takeSnapshot(seq: number, marks: readonly Mark[]): string[] {
    const touched = new Set([...this.server.keys(), ...this.gone.keys()]);
    for (const mark of this.server.values()) this.bury(mark);
    this.server.clear();
    this.doubted = null;
    for (const mark of marks) {
      this.server.set(mark.id, mark);
      this.gone.delete(mark.id);
      touched.add(mark.id);
    }
    this.cursor = seq;
    return this.look(touched);
  }

  /**
   * Bridges the moment between the acknowledgement and the delta that brings the same change:
   * the operation is laid into the server's state, so that the mark does not flicker. The cursor
   * stays: the delta will bring the truth, others' changes to the same mark included. So does the
   * rev, unless the operation wrote words: words of another device may lie below it, unseen.
   */
  bridge(ops: readonly Operation[], ack: Pick<Ack, 'seqs' | 'revs'>): void {
    ops.forEach((op, i) => {
      const rev = ack.revs[i];
      const seq = ack.seqs[i];
      if (rev === undefined || seq === undefined || seq <= this.cursor) return;
      const known = this.server.get(op.id) ?? this.gone.get(op.id);
      const { mark, content } = step(
        { mark: this.server.get(op.id), content: known },
        op,
        this.author,
      );
      this.doubted?.delete(op.id);
      const seen = writesWords(op) ? { rev, seq } : { seq };
      if (mark !== undefined) {
        this.server.set(op.id, { ...mark, ...seen });
        this.gone.delete(op.id);
      } else {
        this.server.delete(op.id);
        if (content !== undefined) this.bury({ ...content, ...seen });
      }
    });
  }

  /** What is known of the layer may be wrong: all of it is asked for anew. Until the answer is
   * whole it stays in view, for the network may be gone before. */
  doubt(): void {
    this.doubted = new Set(this.server.keys());
    this.gone.clear();
    this.cursor = 0;
  }

  /** A whole answer came: what it did not name is no more. */
  sure(): string[] {
    const ids = [...(this.doubted ?? [])];
    for (const id of ids) this.server.delete(id);
    this.doubted = null;
    return this.look(ids);
  }

  /** What the server is known to have: the mark, `null` for one that was deleted, undefined for
   * what this tab has not heard of. */
  onServer(id: string): Mark | null | undefined {
    if (this.doubted?.has(id) === true) return undefined;
    return this.server.get(id) ?? (this.gone.has(id) ? null : undefined);
  }

  /** Keeps a deleted mark's content for a while, never more of them than undo can reach. */
  private bury(mark: Mark): void {
    this.gone.delete(mark.id);
    this.gone.set(mark.id, mark);
    if (this.gone.size <= MAX_GONE) return;
    for (const oldest of this.gone.keys()) {
      this.gone.delete(oldest);
      return;
    }
  }

  private takeItem(item: Item): void {
    const known = this.server.get(item.id) ?? this.gone.get(item.id);
    const doubted = this.doubted?.delete(item.id) === true;
    if (known !== undefined && known.seq > item.seq && !doubted) return;
    if (isDeleted(item)) {
      this.server.delete(item.id);
      if (known !== undefined) this.bury({ ...known, rev: item.rev, seq: item.seq });
    } else {
      this.server.set(item.id, item);
      this.gone.delete(item.id);
    }
  }

  /** Works out anew how these marks look; returns those that changed. */
  private look(ids: Iterable<string>): string[] {
    const changed: string[] = [];
    for (const id of new Set(ids)) {
      const known = this.server.get(id);
      let state: State = { mark: known, content: known ?? this.gone.get(id) };
      for (const op of this.pendingOn(id)) state = step(state, op, this.author);
      const { mark } = state;
      const before = this.view.get(id);
      if (before === mark) continue;
      changed.push(id);
      if (before !== undefined && before.page !== mark?.page)
        this.pages.get(before.page)?.delete(id);
      if (mark === undefined) {
        this.view.delete(id);
      } else {
        this.view.set(id, mark);
        let page = this.pages.get(mark.page);
        if (page === undefined) this.pages.set(mark.page, (page = new Map()));
        page.set(id, mark);
      }
    }
    return changed;
  }
}

interface State {
  mark: Mark | undefined;
  /** The last content known, also while the mark is deleted. */
  content: Mark | undefined;
}

/** One operation on top of a state, as the server's merge would do it. */
export function step(state: State, op: Operation, author: string): State {
  switch (op.op) {
    case 'put': {
      if (state.content !== undefined) return state;
      const mark: Mark = {
        id: op.id,
        version: op.version,
        page: op.page,
        kind: op.kind,
        rev: 0,
        seq: 0,
        author,
        created: op.created,
        modified: op.created,
        geometry: op.geometry,
        style: op.style,
        ...(op.body !== undefined && op.body !== '' && { body: op.body }),
        ...(op.anchor !== undefined && { anchor: op.anchor }),
        ...(op.ink !== undefined && { ink: op.ink }),
        ...(op.reply_to !== undefined && { reply_to: op.reply_to }),
      };
      return { mark, content: mark };
    }
    case 'patch': {
      if (state.mark === undefined) return state;
      const mark: Mark = {
        ...state.mark,
        ...(op.page !== undefined && { page: op.page }),
        ...(op.geometry !== undefined && { geometry: op.geometry }),
        ...(op.anchor !== undefined && { anchor: op.anchor }),
        ...(op.style !== undefined && { style: op.style }),
        ...(op.body !== undefined && { body: op.body }),
        ...(op.resolved !== undefined && { resolved: op.resolved }),
      };
      return { mark, content: mark };
    }
    case 'delete':
      return { mark: undefined, content: state.content };
    case 'restore':
      return { mark: state.content, content: state.content };
  }
}
