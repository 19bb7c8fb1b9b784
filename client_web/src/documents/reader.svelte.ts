/** One opened document: its manifest, its pages, what is kept of it and where the reader was. */
import { sealed } from '../sealed';
import { api, ApiProblem, type DocumentView, type PageEntry, type VersionView } from '../wire';
import { idleMoment, whenIdle } from './idle';
import { ImagePages } from './image_pages';
import { forget, keep, keptView, type KeepProgress } from './keeper';
import type { Flow, Place } from './layout';
import { pagesOf, sizesOf } from './manifest';
import { keptFiles, names, quietly, serverFiles, type Store } from './page_files';
import { startPainter } from './painter';
import { PatientPages } from './patient_pages';
import { PdfPages } from './pdf_pages';
import { Recent } from './recent';
import type { PageSource } from './source';
import { Stage } from './stage.svelte';
import type { Word } from './viewport';
import { takeWarm, type Warm } from './warm';

/** How often the manifest is asked for while the server still makes pages, ms. */
const INGEST_POLL_MS = 1_000;
/** A kept copy is shown when the server has not answered by then, ms. */
const PATIENCE_MS = 1_200;
/** The copy on this device is begun when the reader has settled, ms after opening. */
const KEEP_AFTER_MS = 2_500;
/** Pages whose words stay parsed in memory. */
const WORDS_HELD = 24;
/** Neighbours fetched ahead on each side when nothing else is to do. */
const AHEAD = 3;

interface Bookmark {
  place: Place;
  zoom: number;
  flow: Flow;
}

export class Reader {
  view = $state.raw<DocumentView>();
  pages = $state.raw<PageEntry[]>([]);
  /** Code of what keeps the document from being shown. */
  problem = $state<string>();
  /** True when what is shown comes from this device because the server did not answer. */
  offline = $state(false);
  /** Pages whose bytes are not those of the approved manifest. */
  differing = $state.raw<readonly number[]>([]);
  kept = $state.raw<KeepProgress>();
  /** Raised when pages that could not be had may be asked for again. */
  attempt = $state(0);
  source = $state.raw<PageSource>();
  /** True once a page is on the screen: what is not the page itself comes after it. */
  shown = $state(false);
  /** True until the first page is there, or what stands around it could not wait any longer. */
  opening = $state(true);
  readonly stage: Stage;

  readonly documentId: string;
  readonly #store: Store;
  readonly #closing = new AbortController();
  #images: ImagePages | undefined;
  readonly #words = new Recent<number, Promise<Word[]>>(WORDS_HELD);
  #imageBytes = { sum: 0, count: 0 };
  #poll: ReturnType<typeof setTimeout> | undefined;
  #keeping = '';
  #warm: Warm | undefined;
  /** Another version has come while this one was read: what was written on it is not seen here. */
  replaced = $state(false);
  /** The version of which something lies on this device. */
  #keptVersion: string | undefined;

  readonly #startPage: number | undefined;

  /** @param startPage where to begin, instead of where the reader was last. */
  constructor(documentId: string, startPage?: number, store: Store = sealed.store('pages')) {
    this.documentId = documentId;
    this.#startPage = startPage;
    this.#store = store;
    this.stage = new Stage(() => this.#rested());
    startPainter();
  }

  get versionId(): string {
    return this.view?.version?.id ?? '';
  }

  async open(): Promise<void> {
    const bookmark = this.#bookmark();
    this.#warm = takeWarm(this.documentId);
    const fresh = this.#warm?.view ?? this.#fetchView();
    const kept = keptView(this.#store, this.documentId);
    const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), PATIENCE_MS));
    const first = await Promise.race([fresh.catch(() => undefined), late]);
    const mark = await bookmark;
    const start = this.#startPage;
    if (start !== undefined) {
      this.stage.restore({ page: start, x: 0, y: 0 }, 1, mark?.flow ?? this.stage.flow);
    } else if (mark) this.stage.restore(mark.place, mark.zoom, mark.flow);
    const copy = await kept;
    this.#keptVersion = copy?.version?.id;
    if (first) return this.#adopt(first);
    if (copy && !this.view) {
      this.offline = true;
      this.#adopt(copy);
    }
    try {
      this.#adopt(await fresh);
      this.offline = false;
    } catch (problem) {
      this.#refused(problem, copy !== undefined);
    }
    return undefined;
  }

  /** Asks the server for the manifest again: a change was announced, or the network is back. */
  async refresh(): Promise<void> {
    try {
      this.#adopt(await this.#fetchView());
      this.offline = false;
      this.problem = undefined;
      this.attempt += 1;
    } catch (problem) {
      this.#refused(problem, this.view !== undefined);
    }
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#poll);
    this.source?.close();
    this.#words.clear();
  }

  /** The words of a page in page space. */
  words(page: number): Promise<Word[]> {
    const known = this.#words.get(page);
    if (known) return known;
    const { source } = this;
    if (!source) return Promise.resolve([]);
    const words = source.words(page, this.#closing.signal);
    words.catch(() => this.#words.delete(page));
    this.#words.set(page, words);
    return words;
  }

  /** How far a page is from what is looked at: what decides who is served first. */
  distance(page: number): number {
    const away = page - this.stage.current;
    return away >= 0 ? away : -away + 0.5;
  }

  #fetchView(): Promise<DocumentView> {
    return api.get<DocumentView>(`/api/documents/${this.documentId}`, {
      signal: this.#closing.signal,
    });
  }

  #adopt(view: DocumentView): void {
    if (this.#closing.signal.aborted) return;
    const { version } = view;
    const before = this.view?.version;
    if (version && version.id !== before?.id) {
      this.replaced = before !== undefined && before !== null;
      this.#turnTo(view);
    }
    this.view = view;
    this.problem = undefined;
    if (version) {
      if (before?.pages_ready !== version.pages_ready) this.#images?.forgetWords();
      this.pages = pagesOf(version);
      this.stage.setPages(sizesOf(this.pages));
      this.#keepWhenIdle(view);
    }
    clearTimeout(this.#poll);
    if (!version || version.state === 'ingesting') {
      this.#poll = setTimeout(() => void this.refresh(), INGEST_POLL_MS);
    }
  }

  /** Another version: other pages, other words, other hashes. */
  #turnTo(view: DocumentView): void {
    const id = view.version?.id ?? '';
    this.source?.close();
    this.#words.clear();
    this.differing = [];
    const kept = keptFiles(this.#store, id);
    const files = [serverFiles(this.documentId, id)];
    // What does not lie here is not looked for here: that would cost each page a few ms.
    if (this.#keptVersion === id) files.unshift(kept);
    this.#images = new ImagePages({
      files,
      page: (index) => this.pages[index],
      onVerdict: (page, verdict) => {
        if (verdict !== 'differs' || this.differing.includes(page)) return;
        this.differing = [...this.differing, page];
      },
      onImage: (_, bytes) => {
        this.#imageBytes.sum += bytes;
        this.#imageBytes.count += 1;
      },
    });
    const images = this.#images;
    if (this.#warm?.versionId === id) {
      // Checked like every other page, whoever asked for it.
      void this.#warm.firstPage.then((came) => came && images.arrived(0, came.size, came.sha));
    }
    this.source = new PatientPages({
      images,
      pdf: async () => {
        const pdf = await kept.pdf(this.#closing.signal);
        if (!pdf) return undefined;
        return new PdfPages({
          pdf,
          allWords: () => kept.allWords(this.#closing.signal),
          imageSize: (page) => ({
            width: this.pages[page]?.image_w ?? 1240,
            height: this.pages[page]?.image_h ?? 1754,
          }),
        });
      },
      now: () => performance.now(),
    });
  }

  #refused(problem: unknown, shown: boolean): void {
    if (this.#closing.signal.aborted) return;
    const code = problem instanceof ApiProblem ? problem.code : 'unknown';
    const status = problem instanceof ApiProblem ? problem.status : 0;
    if (status === 403 || status === 404 || status === 410) {
      // Withdrawn, or no longer mine: nothing of it stays here.
      void quietly(forget(this.#store, this.documentId));
      this.view = undefined;
      this.pages = [];
      this.problem = code;
    } else if (shown) {
      this.offline = true;
    } else {
      this.problem = code;
    }
  }

  #keepWhenIdle(view: DocumentView): void {
    const { version } = view;
    const images = this.#images;
    if (version?.state !== 'ready' || !images || this.#keeping === version.id || this.offline) {
      return;
    }
    if (sealed.state() !== 'unlocked') return;
    this.#keeping = version.id;
    setTimeout(() => this.#keep(view, version, images), KEEP_AFTER_MS);
  }

  #keep(view: DocumentView, version: VersionView, images: ImagePages): void {
    if (this.#closing.signal.aborted || this.versionId !== version.id) return;
    const { sum, count } = this.#imageBytes;
    keep(
      view,
      {
        store: this.#store,
        server: serverFiles(this.documentId, version.id),
        held: (page) => images.held(page),
        imageBytes: () => (count > 0 ? sum / count : undefined),
        idle: (signal) => idleMoment(() => images.idle, signal),
        now: () => Date.now(),
        onProgress: (progress) => (this.kept = progress),
      },
      this.#closing.signal,
    ).catch(() => (this.#keeping = ''));
  }

  async #bookmark(): Promise<Bookmark | undefined> {
    const bytes = await quietly(this.#store.get(names.place(this.documentId)));
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Bookmark);
  }

  /** The sheet came to rest: remember where, and bring the neighbours near. */
  #rested(): void {
    if (!this.view) return;
    const { place, zoom, flow, current } = this.stage;
    const bookmark: Bookmark = { place, zoom, flow };
    const bytes = new TextEncoder().encode(JSON.stringify(bookmark));
    void quietly(this.#store.put(names.place(this.documentId), bytes));
    whenIdle(() => {
      for (let step = 1; step <= AHEAD; step += 1) {
        for (const page of [current + step, current - step]) {
          if (this.pages[page]?.image_sha == null) continue;
          void this.source?.prefetch(page, this.#closing.signal);
        }
      }
    });
  }
}
