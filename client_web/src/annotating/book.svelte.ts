/**
 * The book of marks: which document is open, what its marks are, how safe the work is.
 * Marks live in the core's plain maps; only small facts are reactive here.
 */
import { askToPersist } from '../sealed';
import { api, connection, type DocumentView, type LayerView } from '../wire';
import {
  UndoStack,
  uuid7,
  type Edit,
  type LayerEdits,
  type Mark,
  type Put,
  type Refused,
  type Truth,
} from './core';
import { removals, type Birth } from './edits';
import { OpenLayers } from './layers/open-layers.svelte';
import { byLayer, mayChange, mayRemove, privateLayer, type KnownLayers } from './layers/view';
import { forgetInks } from './marks/mark-shape';
import { MarkListeners } from './mark-listeners';
import { PageListeners, type PageListener } from './page-listeners';
import { Post, type Ephemeral } from './post';
import type { Drafts } from './thread/drafts';
import { unlessSilent, unsentWork, type UnsentWork } from './unsent-work';
import { knownMarks } from './xfdf/known-marks';
import type { KnownMark } from './xfdf/refused-papers';
import type { HeightOf } from './xfdf/write';

export interface Standing {
  /** Batches only in this tab's memory. */
  unwritten: number;
  /** Batches on this device that the server has not got. */
  unsent: number;
  online: boolean;
  /** This browser keeps nothing: what is not sent is lost with the tab. */
  keepsNothing: boolean;
}

/** What the document's page knows already: the layer of one's own marks. */
export interface OwnLayer {
  layer: string;
  mayAnnotate: boolean;
}

/** Where refused work was made, in words, as far as this tablet knows. */
export interface Place {
  documentId: string;
  document?: string;
  meeting?: string;
}

/** Something about layers that a person should hear of. */
export type LayerNews = {
  news: 'gained' | 'lost' | 'lost_writing' | 'read_only';
  layer: LayerView;
};

const NOTHING: Standing = { unwritten: 0, unsent: 0, online: false, keepsNothing: false };
const RANDOM_BYTES = 10;

export class Book {
  documentId = $state<string | null>(null);
  standing = $state.raw<Standing>(NOTHING);
  refused = $state.raw<readonly Refused[]>([]);
  canUndo = $state(false);
  canRedo = $state(false);
  /** Grows with every change of the open layers: lists that read marks depend on it. */
  revision = $state(0);
  /** Changes on this device that do not open any more: its key was replaced. */
  unopened = $state(0);
  /** Layers of this document whose answers cannot be taken: what is shown may be old. */
  unread = $state(false);
  /** All marks of the open document are here: what is not there is gone. */
  settled = $state(false);
  /** Who works at this device. */
  me = $state<string | null>(null);
  /** Of the standing; the signs of thousands of marks ask for it. */
  private readonly keepsNothing = $derived(this.standing.keepsNothing);
  readonly layers = new OpenLayers({
    changed: () => this.everythingChanged(),
    gained: (layer) => this.onNews({ news: 'gained', layer }),
    lost: (layer, written) => {
      this.undoStack.forget(layer.id);
      this.onNews({ news: written ? 'lost_writing' : 'lost', layer });
    },
    closed: (layer) => {
      this.undoStack.forget(layer.id);
      this.look();
      this.onNews({ news: 'read_only', layer });
    },
  });
  /** Marks can be made on the layer in the hand. */
  readonly mayAnnotate = $derived(this.layers.writing?.may_write ?? false);
  onNews: (news: LayerNews) => void = () => undefined;
  onEphemeral: (message: Ephemeral) => void = () => undefined;
  /** Something of a gesture could not be undone or done again: it was changed elsewhere. */
  onStays: (way: 'undo' | 'redo') => void = () => undefined;
  /** What a document and its meeting are called; the app joins what it keeps of both here. */
  nameOf: (documentId: string) => Promise<Omit<Place, 'documentId'> | undefined> = () =>
    Promise.resolve(undefined);
  /** Heights of a version's pages, points; the app joins what it keeps of documents here. */
  heightsOf: (documentId: string, versionId: string) => Promise<HeightOf | undefined> = () =>
    Promise.resolve(undefined);
  /** The disk takes no more. */
  onUnkept: () => void = () => undefined;
  /** Something drawn or written has no layer that it could go to. */
  onHomeless: () => void = () => undefined;
  /** What is being written is kept now: the page may go any moment. */
  onLeaving: () => void = () => undefined;
  /** The document is about to be closed, or the person to go: its layers still take what is under
   * the pen, and nothing of theirs stays open. */
  onClosing: () => void = () => undefined;

  private post: Promise<Post> | null = null;
  private running: Post | null = null;
  /** Who wants to know when marks change. */
  readonly marks = new MarkListeners();
  private readonly pages = new PageListeners();
  private undoStack = new UndoStack();
  private opening = 0;
  /** Lets go of what was asked for ahead. */
  private expected: (() => void) | null = null;
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
    const { documentId } = this;
    this.close();
    this.running?.stop();
    this.running = null;
    this.me = person;
    this.standing = { ...NOTHING, keepsNothing: !keeps };
    this.refused = [];
    this.unopened = 0;
    this.post = person === null ? null : this.start(person, keeps);
    if (documentId !== null && person !== null) void this.open(documentId);
  }

  /**
   * A document is about to be opened: one's own marks are asked for while the page is made ready,
   * so that they are here when it is shown. `open` or `close` follows.
   */
  async expect(layer: string): Promise<void> {
    const opening = this.opening;
    const post = await this.post;
    if (!post || post !== this.running || opening !== this.opening || this.expected) return;
    this.expected = () => post.following.close(layer);
    void post.following.open(layer, true);
  }

  /** Opens the layers of a document; offline from what this device keeps. */
  async open(documentId: string, own?: OwnLayer): Promise<void> {
    if (documentId === this.documentId && this.layers.list.length > 0) {
      return this.layers.refresh();
    }
    const { expected } = this;
    this.expected = null;
    this.close();
    this.documentId = documentId;
    const opening = this.opening;
    const post = await this.post;
    if (!post || post !== this.running || opening !== this.opening) return expected?.();
    // One's own marks are on their way while it is looked up which other layers there are.
    const early = own?.layer;
    if (early !== undefined) void post.following.open(early, true);
    try {
      const known = await this.knownLayers(post, documentId, own);
      if (!known || opening !== this.opening) return;
      await this.layers.open(post, documentId, known);
    } finally {
      if (early !== undefined) post.following.close(early);
      expected?.();
    }
    this.look();
    if (opening === this.opening) await this.layers.refresh();
  }

  /** Brings a document's marks onto this tablet without opening it. */
  async takeAlong(documentId: string, own: OwnLayer, signal: AbortSignal): Promise<void> {
    const post = await this.post;
    if (!post?.shelf || post !== this.running) throw new Error('nobody is at this device');
    const { following, shelf } = post;
    const layers = await api.get<LayerView[]>(`/api/documents/${documentId}/layers`, { signal });
    if (layers.length === 0) layers.push(privateLayer(own.layer, own.mayAnnotate));
    const authors = (await shelf.knownLayers(documentId))?.authors ?? [];
    await shelf.noteLayers(documentId, { layers, authors });
    for (const { id } of layers) {
      void following.open(id);
      try {
        await following.whole(id, signal);
      } finally {
        following.close(id);
      }
    }
  }

  /** Marks that are no more leave this tablet; work on them that was never sent is set aside. */
  async forget(documentIds: readonly string[]): Promise<void> {
    const post = await this.post;
    if (!post) throw new Error('nobody is at this device');
    if (!post.shelf) return;
    for (const documentId of documentIds) {
      await post.shelf.forgetMarks(documentId, (layer) =>
        post.runner.run(post.runner.core.drop(layer)),
      );
      await post.drafts.forget(documentId);
    }
  }

  /** One's own marks that lie on this tablet, by document: what a list shows without a network. */
  async kept(): Promise<Array<{ documentId: string; marks: Mark[] }>> {
    const post = await this.post;
    if (!post?.shelf) return [];
    const { core } = post.runner;
    const found = [];
    for (const [documentId, { layers }] of await post.shelf.documents()) {
      const own = layers.find(({ kind }) => kind === 'private');
      if (!own) continue;
      await post.following.kept(own.id);
      const replica = core.replica(own.id) ?? core.peek(own.id, await post.shelf.load(own.id));
      found.push({ documentId, marks: [...replica.marks()] });
    }
    return found;
  }

  close(): void {
    this.onClosing();
    this.opening += 1;
    this.expected?.();
    this.expected = null;
    this.layers.close();
    this.documentId = null;
    this.undoStack = new UndoStack();
    forgetInks();
    this.canUndo = this.canRedo = false;
    this.everythingChanged();
  }

  /** The marks of a page that are seen, in the order they are painted. */
  marksOn(page: number): Iterable<Mark> {
    return this.layers.onPage(page);
  }

  hasMarks(page: number): boolean {
    return this.layers.onPage(page).next().done !== true;
  }

  all(): Mark[] {
    return [...this.layers.all()];
  }

  get(id: string): Mark | undefined {
    return this.layers.get(id);
  }

  /** This person's answers whose mark is gone: nobody else reads them. */
  stranded(): Mark[] {
    return this.layers.stranded();
  }

  /** Answers that this person has begun and not sent. */
  get drafts(): Drafts | undefined {
    return this.running?.drafts;
  }

  /** Whether this person may change a mark's words, look and place. */
  mayChange(mark: Mark): boolean {
    return mayChange(this.layers.of(mark.id), mark, this.me ?? '');
  }

  mayRemove(mark: Mark): boolean {
    return mayRemove(this.layers.of(mark.id), mark, this.me ?? '');
  }

  /** Where a mark stands: drawn → on this device → on the server. */
  truth(id: string): Truth {
    const truth = this.running?.runner.core.truth(id) ?? 'drawn';
    return truth === 'device' && this.keepsNothing ? 'drawn' : truth;
  }

  /** Told after every change on a page. */
  watch(page: number, listener: PageListener, box?: Element): () => void {
    return this.pages.watch(page, listener, box);
  }

  /** Dated by the server's clock as this device knows it: the server does not believe a date in its
   * future, and a list made here must join strokes as the server's does. */
  birth(version: string, page: number): Birth {
    const created = Math.floor(connection.serverNow());
    const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
    return { id: uuid7(created, random), version, page, created };
  }

  /** @param maker all marks of one, that come one after the other, are undone as one. */
  put(put: Put, maker?: object): void {
    this.place([[put]], maker);
  }

  /** For a gesture whose mark is known only later: puts it on the layer that is in the hand now. It
   * says no once that document was left, or its person: nothing lands on what is open then. */
  later(): (put: Put) => boolean {
    const { opening } = this;
    const layer = this.layers.writingId;
    return (put) => {
      if (opening !== this.opening || layer === null || !this.running) return false;
      this.make([{ layer, edits: [put] }]);
      return true;
    };
  }

  /** One gesture: it is undone as one, on however many layers it was and however much it took. */
  edit(...parts: (readonly Edit[])[]): void {
    this.place(parts);
  }

  /** Takes away what was never meant: undo does not bring it back. */
  takeBack(ids: readonly string[]): void {
    const there = ids.filter((id) => this.get(id));
    this.undoStack.forgetMarks(there);
    const nowhere = () => undefined;
    this.apply(byLayer(removals(there), (edit) => this.layerOf(edit), nowhere));
  }

  private place(parts: readonly (readonly Edit[])[], maker?: object): void {
    const homeless: Edit[] = [];
    const layerOf = (edit: Edit) => (this.running ? this.layerOf(edit) : null);
    const lost = (edit: Edit) => void homeless.push(edit);
    this.make(
      parts.flatMap((edits) => byLayer(edits, layerOf, lost)),
      maker,
    );
    if (homeless.some((edit) => edit.op === 'put')) this.onHomeless();
  }

  /** Words on a layer, which may be closed meanwhile: then the server refuses them and they are
   * listed. However often one `writer` keeps them, undo takes them back as one. */
  write(layer: string, edits: readonly Edit[], writer: object): void {
    this.make([{ layer, edits }], writer);
  }

  undo(): void {
    this.reverse('undo');
  }

  redo(): void {
    this.reverse('redo');
  }

  private reverse(way: 'undo' | 'redo'): void {
    const answered = (id: string) => this.layers.answers(id).length > 0;
    const reversal = this.undoStack[way]((layer) => this.lookIn(layer), answered);
    this.apply(reversal?.parts ?? []);
    if (reversal?.stays) this.onStays(way);
  }

  /** Says something to who follows a layer now; nobody keeps it. */
  whisper(layer: string, kind: string, data: object): void {
    this.running?.whisper(layer, kind, data);
  }

  /** Sends refused work again, as it was or as the person changed it. */
  retry(key: string, as?: Pick<Refused, 'layer' | 'ops'>): void {
    const { running } = this;
    running?.runner.run(running.runner.core.retry(key, as));
    this.look();
  }

  discard(key: string): void {
    const { running } = this;
    running?.runner.run(running.runner.core.discard(key));
    this.look();
  }

  async placeOf(layer: string): Promise<Place | undefined> {
    const documentId = await this.running?.shelf?.placeOf(layer);
    if (documentId === undefined) return undefined;
    return { ...(await this.nameOf(documentId).catch(() => undefined)), documentId };
  }

  /** What is known here of the marks on these layers. */
  knownMarks(layers: readonly string[]): Promise<KnownMark> {
    return knownMarks(this.running, layers);
  }

  /** Asks once more for what could not be taken. */
  readAgain(): void {
    const { running } = this;
    for (const layer of running?.runner.core.failed ?? []) {
      running?.runner.run(running.runner.core.open(layer));
    }
    this.look();
  }

  /** Batches of this person, in all documents, that the server has not got or has refused. */
  async countUnsent(): Promise<number> {
    const core = (await this.post)?.runner.core;
    return core ? core.unsent + core.refused.length : 0;
  }

  /** The same once what is being written is written: before somebody goes. */
  async unsentWork(): Promise<UnsentWork> {
    this.onLeaving();
    const post = this.post && (await unlessSilent(this.post));
    if (!post) return { unsent: 0, unkept: 0, drafts: 0 };
    const keepsNothing = () => this.standing.keepsNothing;
    const work = await unsentWork(post.runner, post.drafts, keepsNothing);
    return { ...work, unsent: work.unsent + post.unopened };
  }

  /** The owner lets go of what does not open any more. */
  async forgetUnopened(): Promise<void> {
    await this.running?.forgetUnopened();
    this.unopened = this.running?.unopened ?? 0;
  }

  /** Batches of this person, in all documents, that are on their way to the server. */
  async countWaiting(): Promise<number> {
    return (await this.post)?.runner.core.unsent ?? 0;
  }

  /** Closing the page now would lose work, or leave it where the browser may evict it. */
  get wouldLose(): boolean {
    const { unwritten, unsent, keepsNothing } = this.standing;
    return unwritten > 0 || (unsent > 0 && (keepsNothing || !this.persisted));
  }

  /** The page is being hidden: what is due is kept now. */
  private flush(): void {
    this.onLeaving();
    void this.running?.shelf?.flush();
  }

  private async start(person: string, keeps: boolean): Promise<Post> {
    const serving = this.serving;
    const listener = {
      show: (layer: string, ids: readonly string[]) => this.shown(layer, ids),
      purge: (layer: string) => this.layers.revoked(layer),
      stand: () => this.look(),
      ephemeral: (message: Ephemeral) => this.onEphemeral(message),
      page: () => this.pages.inView(),
      allKept: () => this.holdsAll(),
      unkept: () => {
        if (serving !== this.serving) return;
        this.standing = { ...this.standing, keepsNothing: true };
        this.onUnkept();
      },
    };
    const post = await Post.open(person, keeps, listener).catch(() => {
      // A broken or forbidden store: marks still go to the server, and the page says what is kept.
      if (serving === this.serving) this.standing = { ...this.standing, keepsNothing: true };
      return Post.open(person, false, listener);
    });
    if (serving !== this.serving) {
      post.stop();
      return post;
    }
    this.running = post;
    this.unopened = post.unopened;
    this.look();
    return post;
  }

  /** New marks go to the layer in the hand, answers to where the question is, all else stays. */
  private layerOf(edit: Edit): string | null {
    const about = edit.op === 'put' ? edit.reply_to : edit.id;
    const there = about === undefined ? undefined : this.layers.of(about);
    return there?.id ?? this.layers.writingId;
  }

  private make(gesture: readonly LayerEdits[], writer?: object): void {
    this.undoStack.note(gesture, (layer) => this.lookIn(layer), writer);
    this.apply(gesture);
    if (!this.asked && gesture.length > 0) void this.askToKeep();
  }

  private apply(gesture: readonly LayerEdits[]): void {
    const { running } = this;
    for (const { layer, edits } of gesture) {
      running?.runner.run(running.runner.core.edit(layer, edits));
    }
    this.look();
  }

  private async knownLayers(
    post: Post,
    documentId: string,
    own: OwnLayer | undefined,
  ): Promise<KnownLayers | undefined> {
    const kept = await post.shelf?.knownLayers(documentId);
    if (kept) return kept;
    const layer = own ?? (await this.askForOwn(documentId));
    return layer && { layers: [privateLayer(layer.layer, layer.mayAnnotate)], authors: [] };
  }

  private async askForOwn(documentId: string): Promise<OwnLayer | undefined> {
    const path = `/api/documents/${documentId}`;
    const view = await api.get<DocumentView>(path).catch(() => undefined);
    if (!view?.my_layer) return undefined;
    return { layer: view.my_layer, mayAnnotate: view.may_annotate };
  }

  private async askToKeep(): Promise<void> {
    this.asked = true;
    this.persisted = await askToPersist();
  }

  private shown(layer: string, ids: readonly string[]): void {
    const seen = this.layers.isSeen(layer);
    this.marks.changed(ids, seen);
    if (seen) {
      this.pages.changed(ids, (id) => this.get(id));
      this.revision += 1;
      void this.layers.meetAuthors(layer, ids);
    }
    this.look();
  }

  private everythingChanged(): void {
    this.revision += 1;
    this.pages.reset();
    this.marks.reset();
  }

  private holdsAll(): boolean {
    return !this.running?.runner.unwritten && !this.standing.keepsNothing;
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
    if (this.holdsAll()) this.running?.drafts.letGo();
    if (core && core.refused !== this.refused) this.refused = core.refused;
    this.settled = this.layers.whole;
    this.unread = (core?.failed.length ?? 0) > 0;
    this.canUndo = this.undoStack.canUndo;
    this.canRedo = this.undoStack.canRedo;
  }

  private lookIn(layer: string): (id: string) => Mark | undefined {
    return (id) => this.running?.runner.core.replica(layer)?.get(id);
  }
}

export const book = new Book();
