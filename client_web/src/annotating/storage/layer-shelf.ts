/**
 * What this tablet keeps of each layer, sealed: reopening offline shows all marks at once.
 * Marks lie one by one, so that a stroke on a full page costs one small write, and by page, so that
 * the page before somebody's eyes is there before thousands of others are opened.
 */
import type { SealedChange, SealedStore } from '../../sealed';
import type { Mark, SavedLayer } from '../core';
import type { KnownLayers } from '../layers/view';
import { packed, unpacked } from './packed';

/** Short, because what is not kept yet is missing when the tab dies and the network is gone. */
export const KEEP_AFTER_MS = 250;
/** Values sealed and written at once: a first snapshot of thousands leaves room for the pen. */
const BATCH = 200;
/** Marks parsed at once, for the same reason. */
const PARSED_AT_ONCE = 500;
const PAGE_DIGITS = 6;

/** What was kept of a layer, the page that is looked at first. */
export interface Beginning {
  cursor: number;
  marks: readonly Mark[];
  /** All others. Rejects when they do not open any more. */
  rest: () => Promise<Mark[]>;
}

interface Open {
  kept: Map<string, Mark>;
  cursor: number;
  /** What lies on the disk was not read: it may hold marks that are no more. */
  unread: boolean;
  take: () => SavedLayer;
  timer: ReturnType<typeof setTimeout> | null;
  writing: Promise<void>;
}

export class LayerShelf {
  private readonly layers = new Map<string, Open>();
  /** Marks found where they lay before they were kept by page: they move with the next write. */
  private readonly older = new Map<string, Set<string>>();

  /** Whose place is written down already. */
  private readonly placed = new Map<string, string>();

  /** @param store the sealed bucket `layers`. */
  constructor(private readonly store: SealedStore) {}

  /** What was kept; undefined when nothing was, or when it does not open any more. */
  async load(layer: string): Promise<SavedLayer | undefined> {
    // What is due or still being written (a document just closed) belongs to it.
    await this.flush(layer);
    try {
      const cursor = await this.store.get(`${layer}/cursor`);
      if (!cursor) return undefined;
      return { cursor: unpacked<number>(cursor), marks: await this.all(layer) };
    } catch {
      return undefined; // a copy: the server has the marks, the outbox what is unsent
    }
  }

  /** The same, `page` before the others. */
  async begin(layer: string, page: number): Promise<Beginning | undefined> {
    // Closed a moment ago: what is still being written belongs to it.
    await this.flush(layer);
    try {
      // The cursor first: what another tab writes meanwhile is newer than it says.
      const cursor = await this.store.get(`${layer}/cursor`);
      if (!cursor) return undefined;
      const marks = inOrder(await parsed<Mark>(await this.store.entries(pageKey(layer, page))));
      const rest = async () => {
        const known = new Set(marks.map(({ id }) => id));
        return (await this.all(layer)).filter(({ id }) => !known.has(id));
      };
      return { cursor: unpacked<number>(cursor), marks, rest };
    } catch {
      return undefined;
    }
  }

  /** Keeps `layer` from now on; `saved` is what `load` gave. */
  follow(layer: string, saved: SavedLayer | undefined, take: () => SavedLayer): void {
    const former = this.layers.get(layer);
    if (former?.timer != null) clearTimeout(former.timer);
    this.layers.set(layer, {
      kept: new Map(saved?.marks.map((mark) => [mark.id, mark])),
      cursor: saved?.cursor ?? -1,
      unread: saved === undefined,
      take,
      timer: null,
      // Closed and opened again in the middle of a long write: the two must not mix.
      writing: former?.writing ?? Promise.resolve(),
    });
  }

  /** The layer changed: keeps it soon. */
  changed(layer: string): void {
    const open = this.layers.get(layer);
    if (!open || open.timer !== null) return;
    open.timer = setTimeout(() => void this.flush(layer), KEEP_AFTER_MS);
  }

  /** Keeps what is due now: the page is being hidden or the document closed. */
  async flush(only?: string): Promise<void> {
    const layers = only === undefined ? [...this.layers.keys()] : [only];
    await Promise.all(
      layers.map((layer) => {
        const open = this.layers.get(layer);
        if (!open) return undefined;
        if (open.timer !== null) clearTimeout(open.timer);
        open.timer = null;
        const again = () => this.write(layer, open).catch(() => undefined);
        return (open.writing = open.writing.then(again));
      }),
    );
  }

  async unfollow(layer: string): Promise<void> {
    const open = this.layers.get(layer);
    await this.flush(layer);
    // Opened anew meanwhile: that one goes on.
    if (this.layers.get(layer) === open) this.layers.delete(layer);
  }

  /** The layer is no longer this person's: nothing of it stays. */
  async purge(layer: string): Promise<void> {
    const open = this.layers.get(layer);
    if (open?.timer != null) clearTimeout(open.timer);
    this.layers.delete(layer);
    await open?.writing;
    this.older.delete(layer);
    const keys = await this.store.keys(`${layer}/`);
    await this.store.write(keys.map((key) => ({ key, bytes: null })));
  }

  /** Which layers a document had when it was last open here. */
  async knownLayers(documentId: string): Promise<KnownLayers | undefined> {
    try {
      const bytes = await this.store.get(`document/${documentId}`);
      const known = bytes && unpacked<KnownLayers>(bytes);
      return known && 'layers' in known ? known : undefined;
    } catch {
      return undefined;
    }
  }

  /** Every document whose layers are known here. */
  async documents(): Promise<Array<[string, KnownLayers]>> {
    const entries = await this.store.entries('document/').catch(() => []);
    return entries
      .map(([key, bytes]): [string, KnownLayers] => [
        key.slice('document/'.length),
        unpacked<KnownLayers>(bytes),
      ])
      .filter(([, known]) => 'layers' in known);
  }

  /**
   * A document's marks leave this tablet, but for those of its file: `gone` is told of each layer
   * before its copy goes. Rejects where something stayed; what layers there are is forgotten last,
   * so that it can be tried again.
   */
  async forgetMarks(documentId: string, gone: (layer: string) => void): Promise<void> {
    const bytes = await this.store.get(`document/${documentId}`);
    const known = bytes && unpacked<KnownLayers>(bytes);
    const layers = known && 'layers' in known ? known.layers : [];
    for (const { id, kind } of layers) {
      if (kind === 'imported') continue;
      gone(id);
      await this.purge(id);
    }
    await this.store.delete(`document/${documentId}`);
  }

  async noteLayers(documentId: string, known: KnownLayers): Promise<void> {
    await this.store.put(`document/${documentId}`, packed(known)).catch(() => undefined);
    const places = known.layers
      .filter(({ id }) => this.placed.get(id) !== documentId)
      .map(({ id }) => ({ key: `place/${id}`, bytes: packed(documentId) }));
    if (places.length === 0) return;
    await this.store.write(places).catch(() => undefined);
    for (const { id } of known.layers) this.placed.set(id, documentId);
  }

  /** The document of a layer, also of one that is no longer this person's: refused work names it. */
  async placeOf(layer: string): Promise<string | undefined> {
    try {
      const bytes = await this.store.get(`place/${layer}`);
      return bytes && unpacked<string>(bytes);
    } catch {
      return undefined;
    }
  }

  private async write(layer: string, open: Open): Promise<void> {
    const { cursor, marks } = open.take();
    const changes: SealedChange[] = [];
    const older = this.older.get(layer) ?? new Set();
    const gone = new Map(open.kept);
    for (const mark of marks) {
      const before = open.kept.get(mark.id);
      gone.delete(mark.id);
      if (before === mark && !older.has(mark.id)) continue;
      changes.push({ key: markKey(layer, mark), bytes: packed(mark) });
      if (before && before.page !== mark.page) {
        changes.push({ key: markKey(layer, before), bytes: null });
      }
    }
    const wiped = [...gone.values()].map((mark) => markKey(layer, mark));
    wiped.push(...[...older].map((id) => olderKey(layer) + id));
    // Without the server's word (cursor 0) what lies there may be all that there is.
    const clears = open.unread && cursor > 0;
    if (clears) wiped.push(...(await this.strays(layer, marks)));
    for (const key of new Set(wiped)) changes.push({ key, bytes: null });
    // A copy that is being put right knows nothing until it is whole.
    if (clears) changes.unshift({ key: `${layer}/cursor`, bytes: null });
    // The cursor last: what it claims to know is on the disk before it.
    if (cursor !== open.cursor || open.unread)
      changes.push({ key: `${layer}/cursor`, bytes: packed(cursor) });
    for (let i = 0; i < changes.length; i += BATCH) {
      await this.store.write(changes.slice(i, i + BATCH));
    }
    open.kept = new Map(marks.map((mark) => [mark.id, mark]));
    open.cursor = cursor;
    if (clears) open.unread = false;
    this.older.delete(layer);
  }

  /** What lies here of a layer and is none of these marks. Names open without a key. */
  private async strays(layer: string, marks: readonly Mark[]): Promise<string[]> {
    const kept = new Set(marks.map((mark) => markKey(layer, mark)));
    const there = await Promise.all(
      [`${layer}/page/`, olderKey(layer)].map((prefix) => this.store.keys(prefix)),
    );
    return there.flat().filter((key) => !kept.has(key));
  }

  private async all(layer: string): Promise<Mark[]> {
    const [byPage, older] = await Promise.all([
      this.store.entries(`${layer}/page/`),
      this.store.entries(olderKey(layer)),
    ]);
    const marks = new Map<string, Mark>();
    for (const mark of await parsed<Mark>([...older, ...byPage])) {
      // A mark that went to another page may lie on both, if two tabs kept it.
      const other = marks.get(mark.id);
      if (!other || other.seq <= mark.seq) marks.set(mark.id, mark);
    }
    if (older.length > 0) {
      this.older.set(layer, new Set(older.map(([key]) => key.slice(olderKey(layer).length))));
    }
    return inOrder([...marks.values()]);
  }
}

function olderKey(layer: string): string {
  return `${layer}/mark/`;
}

function pageKey(layer: string, page: number): string {
  return `${layer}/page/${String(page).padStart(PAGE_DIGITS, '0')}/`;
}

function markKey(layer: string, { page, id }: Mark): string {
  return pageKey(layer, page) + id;
}

/** By age: ids are UUIDv7. */
function inOrder(marks: Mark[]): Mark[] {
  return marks.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function parsed<T>(entries: ReadonlyArray<[string, Uint8Array]>): Promise<T[]> {
  const found: T[] = [];
  for (const [, bytes] of entries) {
    found.push(unpacked<T>(bytes));
    if (found.length % PARSED_AT_ONCE === 0) await new Promise((go) => setTimeout(go));
  }
  return found;
}
