/**
 * Taking documents along: what a person asked to keep on this tablet, one document at a time.
 * What cannot be had now waits for the network, also over a closed tab: the shelf remembers it.
 */
import { ApiProblem, type DocumentView } from '../wire';
import { changeShelf, forget, keep, readShelf } from './keeper';
import { alone } from './alone';
import { quietly, type Store } from './page_files';
import { taken, type Shelf, type ShelfEntry, type TakenCard } from './shelf';
import type { PageFiles } from './source';

export interface Job {
  readonly documentId: string;
  /** offline: goes on when the network is back. failed: needs a person. */
  readonly state: 'queued' | 'running' | 'offline' | 'failed';
  /** 0 … 1 */
  readonly done: number;
  /** Why it failed. */
  readonly code?: string;
}

export interface TakeParts {
  store: Store;
  view: (documentId: string, signal: AbortSignal) => Promise<DocumentView>;
  /** The server's files; `onBytes` is told how much of a PDF has come, 0 … 1. */
  files: (view: DocumentView, onBytes: (done: number) => void) => PageFiles;
  /** What goes along with a document: the marks on it. */
  alongside: (view: DocumentView, signal: AbortSignal) => Promise<void>;
  now: () => number;
  /** After a while. */
  later: (run: () => void) => void;
  /** Shelf or jobs look different. */
  onChange: () => void;
}

/** Withdrawn, or no longer mine: nothing of it stays here. */
const GONE = [403, 404, 410];

export class TakeAlong {
  shelf: Shelf = [];
  jobs: ReadonlyMap<string, Job> = new Map();
  private stopping = new AbortController();
  private waiting = false;
  private running: { documentId: string; stop: AbortController } | null = null;

  constructor(private readonly parts: TakeParts) {}

  /** Reads the shelf; what was asked for and is not whole goes on. */
  async load(): Promise<void> {
    this.shelf = await readShelf(this.parts.store);
    this.queue(this.shelf.filter((entry) => entry.takenAt !== undefined && !isWhole(entry)));
    this.parts.onChange();
  }

  async take(cards: readonly TakenCard[]): Promise<void> {
    const { store, now } = this.parts;
    this.shelf = await changeShelf(store, (shelf) => taken(shelf, cards, now()));
    const asked = new Set(cards.map((card) => card.id));
    const versions = new Map(cards.map((card) => [card.id, card.version_id]));
    this.queue(
      this.shelf.filter(
        (entry) =>
          asked.has(entry.documentId) &&
          !(isWhole(entry) && entry.versionId === versions.get(entry.documentId)),
      ),
    );
    this.parts.onChange();
  }

  /** Takes documents off this tablet. `reading`: it is open, so it only may be evicted again. */
  async letGo(documentIds: readonly string[], reading = false): Promise<void> {
    const { store } = this.parts;
    for (const documentId of documentIds) this.stop(documentId);
    await changeShelf(store, (shelf) =>
      shelf.map((entry) => {
        if (!documentIds.includes(entry.documentId)) return entry;
        const passing = { ...entry };
        delete passing.takenAt;
        return passing;
      }),
    );
    for (const documentId of reading ? [] : documentIds) {
      await alone(`phonghop-keep-${documentId}`, () => forget(store, documentId));
    }
    await this.look();
  }

  /**
   * The agenda as the server tells it now: new versions replace those taken along, and what is
   * no longer in it is asked for once more, and goes when the server says so.
   */
  async compare(meetingId: string, cards: readonly TakenCard[]): Promise<void> {
    const now = new Map(cards.map((card) => [card.id, card]));
    const here = this.shelf.filter((entry) => entry.meetingId === meetingId);
    const changed = here.filter(({ takenAt, documentId, versionId }) => {
      const version = now.get(documentId)?.version_id;
      return takenAt !== undefined && version != null && version !== versionId;
    });
    this.queue(changed);
    const lost = here.filter(({ documentId }) => !now.has(documentId));
    for (const { documentId } of lost) {
      await this.parts.view(documentId, this.stopping.signal).catch(async (problem: unknown) => {
        if (problem instanceof ApiProblem && GONE.includes(problem.status)) {
          await this.letGo([documentId]);
        }
      });
    }
    this.parts.onChange();
  }

  /** The network is back, or the store is open again: what waited goes on. */
  again(): void {
    const waiting = [...this.jobs.values()].filter((job) => job.state === 'offline');
    this.queue(waiting);
    this.parts.onChange();
  }

  retry(documentId: string): void {
    this.queue([{ documentId }]);
    this.parts.onChange();
  }

  /** The person left, or the store was locked: nothing goes on, nothing is remembered here. */
  leave(): void {
    this.stopping.abort();
    this.stopping = new AbortController();
    this.running?.stop.abort();
    this.running = null;
    this.shelf = [];
    this.jobs = new Map();
    this.parts.onChange();
  }

  private stop(documentId: string): void {
    const jobs = new Map(this.jobs);
    jobs.delete(documentId);
    this.jobs = jobs;
    if (this.running?.documentId === documentId) this.running.stop.abort();
  }

  private queue(documents: readonly { documentId: string }[]): void {
    for (const { documentId } of documents) {
      const state = this.jobs.get(documentId)?.state;
      if (state === 'queued' || state === 'running') continue;
      this.note({ documentId, state: 'queued', done: 0 });
    }
    void this.run();
  }

  private note(job: Job): void {
    this.jobs = new Map(this.jobs).set(job.documentId, job);
  }

  private async run(): Promise<void> {
    if (this.running) return;
    for (let next = this.nextJob(); next; next = this.nextJob()) {
      const running = { documentId: next.documentId, stop: new AbortController() };
      this.running = running;
      await this.bring(next.documentId, running.stop.signal);
      if (this.running !== running) return;
      this.running = null;
      await this.look();
    }
  }

  private nextJob(): Job | undefined {
    return [...this.jobs.values()].find((job) => job.state === 'queued');
  }

  private async bring(documentId: string, signal: AbortSignal): Promise<void> {
    const { parts } = this;
    const tell = (done: number): void => {
      if (signal.aborted) return;
      this.note({ documentId, state: 'running', done });
      parts.onChange();
    };
    tell(0);
    try {
      const view = await parts.view(documentId, signal);
      let whole = false;
      await keep(
        view,
        {
          store: parts.store,
          server: parts.files(view, tell),
          held: () => Promise.resolve(undefined),
          imageBytes: () => undefined,
          idle: () => (signal.throwIfAborted(), Promise.resolve()),
          now: parts.now,
          onProgress: ({ done, total, complete }) => {
            whole = complete;
            if (total > 1) tell(done / total);
          },
          taken: true,
        },
        signal,
      );
      if (whole) await this.bringMarks(view, signal);
      if (signal.aborted) return;
      if (whole) this.stop(documentId);
      else this.note({ documentId, state: 'failed', done: 0, code: codeOf(view) });
    } catch (problem) {
      if (!signal.aborted) await this.failed(documentId, problem);
    }
  }

  /** Written down only when they are here: a tablet that was switched off before makes it up. */
  private async bringMarks(view: DocumentView, signal: AbortSignal): Promise<void> {
    await this.parts.alongside(view, signal);
    signal.throwIfAborted();
    const versionId = view.version?.id;
    await changeShelf(this.parts.store, (shelf) =>
      shelf.map((entry) => (entry.versionId === versionId ? { ...entry, marks: true } : entry)),
    );
  }

  private async failed(documentId: string, problem: unknown): Promise<void> {
    if (problem instanceof ApiProblem && GONE.includes(problem.status)) {
      this.stop(documentId);
      await quietly(forget(this.parts.store, documentId));
      return;
    }
    const isFull = problem instanceof DOMException && problem.name === 'QuotaExceededError';
    const code = isFull ? 'device_full' : refusalOf(problem);
    if (code === undefined) {
      this.note({ documentId, state: 'offline', done: 0 });
      this.againLater();
    } else this.note({ documentId, state: 'failed', done: 0, code });
  }

  /** A layer may fail to come on a live line, and then no connection is made anew. */
  private againLater(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.parts.later(() => {
      this.waiting = false;
      this.again();
    });
  }

  private async look(): Promise<void> {
    this.shelf = await readShelf(this.parts.store);
    this.parts.onChange();
  }
}

/** Pages and marks: without the marks it takes no pen where there is no network. */
export function isWhole({ complete, marks }: ShelfEntry): boolean {
  return complete && marks === true;
}

/** Nothing was refused and yet it is not whole. */
function codeOf({ version }: DocumentView): string {
  return version?.state === 'ready' ? 'keep_differs' : 'keep_not_ready';
}

/** undefined: no network, no session, a locked store or a server in trouble; all of that passes. */
function refusalOf(problem: unknown): string | undefined {
  if (!(problem instanceof ApiProblem)) return undefined;
  const passes = problem.status === 0 || problem.status === 401 || problem.status >= 500;
  return passes ? undefined : problem.code;
}
