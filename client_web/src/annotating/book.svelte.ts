/**
 * The book of marks: which document is open, what its marks are, how safe the work is.
 * Marks live in the core's plain maps; only small facts are reactive here.
 */
import { askToPersist } from '../sealed';
import { api, type DocumentView } from '../wire';
import { UndoStack, uuid7, type Edit, type Mark, type Put, type Refused, type Truth } from './core';
import type { Birth } from './edits';
import { forgetInks } from './marks/mark-shape';
import { PageListeners, type PageListener } from './page-listeners';
import { Post } from './post';
import type { KnownLayer } from './storage/layer-shelf';

export interface Standing {
  /** Batches only in this tab's memory. */
  unwritten: number;
  /** Batches on this device that the server has not got. */
  unsent: number;
  online: boolean;
  /** This browser keeps nothing: what is not sent is lost with the tab. */
  keepsNothing: boolean;
}

const NOTHING: Standing = { unwritten: 0, unsent: 0, online: false, keepsNothing: false };
const RANDOM_BYTES = 10;

export class Book {
  documentId = $state<string | null>(null);
  layer = $state<string | null>(null);
  mayAnnotate = $state(false);
  standing = $state.raw<Standing>(NOTHING);
  refused = $state.raw<readonly Refused[]>([]);
  canUndo = $state(false);
  canRedo = $state(false);
  /** Grows with every change of the open layer: lists that read marks depend on it. */
  revision = $state(0);

  private post: Promise<Post> | null = null;
  private running: Post | null = null;
  private readonly pages = new PageListeners();
  private undoStack = new UndoStack();
  private opening = 0;
  private serving = 0;
  private persisted = false;
  private asked = false;

  constructor() {
    addEventListener('beforeunload', (event) => {
      if (this.wouldLose) event.preventDefault();
    });
    addEventListener('pagehide', () => this.flush());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.flush();
    });
  }

  /** Begins, or begins anew, for the person at this device; `null` ends. */
  serve(person: string | null, keeps: boolean): void {
    if (person !== null && this.running?.person === person) return;
    this.serving += 1;
    this.running?.stop();
    this.running = null;
    this.standing = { ...NOTHING, keepsNothing: !keeps };
    this.refused = [];
    this.post = person === null ? null : this.start(person, keeps);
    const { documentId } = this;
    this.clear();
    if (documentId !== null && person !== null) void this.open(documentId);
  }

  /** Opens the private marks of a document; offline from what this device keeps. */
  async open(documentId: string, known?: KnownLayer): Promise<void> {
    if (documentId === this.documentId && this.layer !== null) return;
    this.close();
    this.documentId = documentId;
    const opening = (this.opening += 1);
    const post = await this.post;
    if (!post || post !== this.running || opening !== this.opening) return;
    const info = known ?? (await this.whereMarksLie(post, documentId));
    if (!info || opening !== this.opening) return;
    void post.shelf?.noteLayer(documentId, info);
    await post.following.open(info.layer);
    if (opening !== this.opening) return post.following.close(info.layer);
    this.mayAnnotate = info.mayAnnotate;
    this.layer = info.layer;
    this.revision += 1;
    this.pages.reset();
    this.look();
  }

  /** Brings a document's marks onto this tablet without opening it. */
  async takeAlong(documentId: string, known: KnownLayer, signal: AbortSignal): Promise<void> {
    const post = await this.post;
    if (!post?.shelf || post !== this.running) return;
    const { following, shelf } = post;
    await shelf.noteLayer(documentId, known);
    void following.open(known.layer);
    try {
      await following.whole(known.layer, signal);
    } finally {
      following.close(known.layer);
    }
  }

  /** The marks that lie on this tablet, by document: what a list can show without a network. */
  async kept(): Promise<Array<{ documentId: string; marks: Mark[] }>> {
    const post = await this.post;
    if (!post?.shelf) return [];
    const { core } = post.runner;
    const found = [];
    for (const [documentId, { layer }] of await post.shelf.documents()) {
      const replica = core.replica(layer) ?? core.peek(layer, await post.shelf.load(layer));
      found.push({ documentId, marks: [...replica.marks()] });
    }
    return found;
  }

  /** The server's newest word on whether this document takes marks. */
  allow(may: boolean): void {
    const { documentId, layer, running } = this;
    if (documentId === null || layer === null || may === this.mayAnnotate) return;
    this.mayAnnotate = may;
    void running?.shelf?.noteLayer(documentId, { layer, mayAnnotate: may });
  }

  close(): void {
    const { layer, running } = this;
    this.opening += 1;
    if (layer !== null && running) running.following.close(layer);
    this.documentId = null;
    this.clear();
  }

  /** The marks of a page, in the order they are painted. */
  marksOn(page: number): Iterable<Mark> {
    return this.replica()?.onPage(page) ?? [];
  }

  hasMarks(page: number): boolean {
    return this.marksOn(page)[Symbol.iterator]().next().done !== true;
  }

  all(): Mark[] {
    return [...(this.replica()?.marks() ?? [])];
  }

  get(id: string): Mark | undefined {
    return this.replica()?.get(id);
  }

  /** Where a mark stands: drawn → on this device → on the server. */
  truth(id: string): Truth {
    const truth = this.running?.runner.core.truth(id) ?? 'drawn';
    return truth === 'device' && this.standing.keepsNothing ? 'drawn' : truth;
  }

  /** Told after every change on a page. */
  watch(page: number, listener: PageListener): () => void {
    return this.pages.watch(page, listener);
  }

  birth(version: string, page: number): Birth {
    const created = Date.now();
    const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
    return { id: uuid7(created, random), version, page, created };
  }

  put(put: Put): void {
    this.edit([put]);
  }

  /** One gesture: it can be undone as one. */
  edit(edits: readonly Edit[]): void {
    const { layer, running } = this;
    if (layer === null || !running || edits.length === 0) return;
    const { core } = running.runner;
    this.undoStack.note(layer, edits, (id) => core.replica(layer)?.get(id));
    this.apply(layer, edits);
    if (!this.asked) void this.askToKeep();
  }

  undo(): void {
    const step = this.undoStack.undo((layer) => this.lookIn(layer));
    if (step) this.apply(step.layer, step.edits);
    this.look();
  }

  redo(): void {
    const step = this.undoStack.redo((layer) => this.lookIn(layer));
    if (step) this.apply(step.layer, step.edits);
    this.look();
  }

  retry(key: string): void {
    const { running } = this;
    running?.runner.run(running.runner.core.retry(key));
    this.look();
  }

  discard(key: string): void {
    const { running } = this;
    running?.runner.run(running.runner.core.discard(key));
    this.look();
  }

  /** Batches of this person, in all documents, that the server has not got or has refused. */
  async countUnsent(): Promise<number> {
    const core = (await this.post)?.runner.core;
    return core ? core.unsent + core.refused.length : 0;
  }

  /** Closing the page now would lose work, or leave it where the browser may evict it. */
  get wouldLose(): boolean {
    const { unwritten, unsent, keepsNothing } = this.standing;
    return unwritten > 0 || (unsent > 0 && (keepsNothing || !this.persisted));
  }

  /** The page is being hidden: what is due is kept now. */
  private flush(): void {
    void this.running?.shelf?.flush();
  }

  private async start(person: string, keeps: boolean): Promise<Post> {
    const serving = this.serving;
    const listener = {
      show: (layer: string, ids: readonly string[]) => this.shown(layer, ids),
      purge: (layer: string) => this.purged(layer),
      stand: () => this.look(),
    };
    const post = await Post.open(person, keeps, listener).catch(() => {
      // A broken or forbidden store: marks still go to the server, and the page says what is kept.
      this.standing = { ...this.standing, keepsNothing: true };
      return Post.open(person, false, listener);
    });
    if (serving !== this.serving) {
      post.stop();
      return post;
    }
    this.running = post;
    this.look();
    return post;
  }

  private apply(layer: string, edits: readonly Edit[]): void {
    const { running } = this;
    running?.runner.run(running.runner.core.edit(layer, edits));
    this.look();
  }

  private async whereMarksLie(post: Post, documentId: string): Promise<KnownLayer | undefined> {
    const kept = await post.shelf?.knownLayer(documentId);
    if (kept) return kept;
    try {
      const view = await api.get<DocumentView>(`/api/documents/${documentId}`);
      return view.my_layer ? { layer: view.my_layer, mayAnnotate: view.may_annotate } : undefined;
    } catch {
      return undefined;
    }
  }

  private async askToKeep(): Promise<void> {
    this.asked = true;
    this.persisted = await askToPersist();
  }

  private shown(layer: string, ids: readonly string[]): void {
    if (layer !== this.layer) return this.look();
    this.pages.changed(ids, (id) => this.get(id));
    this.revision += 1;
    this.look();
  }

  private purged(layer: string): void {
    this.undoStack.forget(layer);
    if (layer === this.layer) {
      this.layer = null;
      this.mayAnnotate = false;
    }
  }

  /** Brings the small reactive facts up to date. */
  private look(): void {
    const core = this.running?.runner.core;
    const next: Standing = {
      ...this.standing,
      unwritten: core?.unwritten ?? 0,
      unsent: core?.unsent ?? 0,
      online: this.running?.online ?? false,
    };
    const now = this.standing;
    if (
      next.unwritten !== now.unwritten ||
      next.unsent !== now.unsent ||
      next.online !== now.online
    ) {
      this.standing = next;
    }
    if (core && core.refused !== this.refused) this.refused = core.refused;
    this.canUndo = this.undoStack.canUndo;
    this.canRedo = this.undoStack.canRedo;
  }

  private clear(): void {
    this.layer = null;
    this.mayAnnotate = false;
    this.undoStack = new UndoStack();
    forgetInks();
    this.canUndo = this.canRedo = false;
    this.revision += 1;
    this.pages.reset();
  }

  private replica() {
    const { layer, running } = this;
    return layer === null ? undefined : running?.runner.core.replica(layer);
  }

  private lookIn(layer: string): (id: string) => Mark | undefined {
    return (id) => this.running?.runner.core.replica(layer)?.get(id);
  }
}

export const book = new Book();
