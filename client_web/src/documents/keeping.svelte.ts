/** What is kept on this tablet, for the pages: the person's documents and how far each one is. */
import { askToPersist, sealed } from '../sealed';
import { api, connection, type DocumentCard, type DocumentView } from '../wire';
import { serverFiles, versionPath } from './page_files';
import { expectedBytes, type Shelf, type ShelfEntry } from './shelf';
import type { Bytes } from './source';
import { isWhole, TakeAlong, type Job } from './take-along';

/** What did not come is asked for again, ms: a document is wanted before the tunnel, not at once. */
const AGAIN_MS = 30_000;

/** none: not asked for. newer: an older version lies here. */
export type KeepState = 'none' | 'queued' | 'running' | 'offline' | 'failed' | 'kept' | 'newer';

export interface Keep {
  state: KeepState;
  /** 0 … 1 while running. */
  done: number;
  /** On this tablet; before that, what it will cost at most. */
  bytes: number;
  code?: string;
}

class Keeping {
  shelf = $state.raw<Shelf>([]);
  jobs = $state.raw<ReadonlyMap<string, Job>>(new Map());
  /** This browser keeps things, and they are open. */
  possible = $state(false);
  /** What goes along with a document; the app joins the marks here. Until then it is not there, and
   * no document is whole without it. */
  alongside: (view: DocumentView, signal: AbortSignal) => Promise<void> = () =>
    Promise.reject(new Error('the marks are not joined yet'));

  readonly #takes: TakeAlong;

  constructor() {
    this.#takes = new TakeAlong({
      store: sealed.store('pages'),
      view: (documentId, signal) => api.get(`/api/documents/${documentId}`, { signal }),
      files: (view, onBytes) => {
        const id = view.version?.id ?? '';
        const path = `${versionPath(view.card.id, id)}/file`;
        return {
          ...serverFiles(view.card.id, id),
          pdf: (signal) =>
            api.bytes(path, {
              signal,
              onProgress: (got, total) => onBytes(got / total),
            }) as Promise<Bytes>,
        };
      },
      alongside: (view, signal) => this.alongside(view, signal),
      now: () => Date.now(),
      later: (run) => void setTimeout(run, AGAIN_MS),
      onChange: () => {
        this.shelf = this.#takes.shelf;
        this.jobs = this.#takes.jobs;
      },
    });
    sealed.subscribe(() => this.#followSeal());
    connection.onState((state) => {
      if (state === 'live') this.#takes.again();
    });
    this.#followSeal();
  }

  /** The marks can go along from now on. */
  joined(alongside: Keeping['alongside']): void {
    this.alongside = alongside;
    this.#takes.again();
  }

  /** How a document of the agenda stands. */
  of(card: DocumentCard): Keep {
    const entry = this.shelf.find((one) => one.documentId === card.id);
    const job = this.jobs.get(card.id);
    const bytes = expectedBytes(card);
    if (job) return { ...job, bytes };
    if (entry?.takenAt === undefined || !isWhole(entry)) return { state: 'none', done: 0, bytes };
    const newer = card.version_id !== null && card.version_id !== entry.versionId;
    return { state: newer ? 'newer' : 'kept', done: 1, bytes: entry.bytes };
  }

  /** What people took along, newest first. */
  get taken(): ShelfEntry[] {
    return this.shelf
      .filter((entry) => entry.takenAt !== undefined)
      .sort((a, b) => (b.takenAt ?? 0) - (a.takenAt ?? 0));
  }

  /** Copies of documents that were only opened; they leave by themselves. */
  get passing(): ShelfEntry[] {
    return this.shelf.filter((entry) => entry.takenAt === undefined);
  }

  async take(cards: readonly DocumentCard[]): Promise<void> {
    void askToPersist();
    await this.#takes.take(cards.filter((card) => card.state === 'ready'));
  }

  letGo(documentIds: readonly string[], reading = false): Promise<void> {
    return this.#takes.letGo(documentIds, reading);
  }

  /** What lies here may have changed behind our back: a document was opened, or withdrawn. */
  look(): void {
    if (this.possible) void this.#takes.load().catch(() => undefined);
  }

  retry(documentId: string): void {
    this.#takes.retry(documentId);
  }

  /** The agenda as the server tells it now. */
  compare(meetingId: string, cards: readonly DocumentCard[]): void {
    void this.#takes.compare(meetingId, cards).catch(() => undefined);
  }

  #followSeal(): void {
    const possible = sealed.state() === 'unlocked';
    if (possible === this.possible) return;
    this.possible = possible;
    if (possible) void this.#takes.load().catch(() => undefined);
    else this.#takes.leave();
  }
}

export const keeping = new Keeping();
