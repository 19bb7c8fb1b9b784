/**
 * The layers of the open document: which there are, which are seen, on which one the person
 * writes. All of them are followed, so that what is shown again is there at once.
 */
import { api, type LayerView, type PersonCard } from '../../wire';
import type { LayerReplica, Mark } from '../core';
import type { Post } from '../post';
import { strandedAnswers } from '../thread/stranded';
import { hide, readHidden } from './hidden';
import {
  answersOnLayers,
  depthsOf,
  inDepth,
  newlyShared,
  NOBODYS_ID,
  peopleOf,
  tonesOf,
  without,
  type KnownLayers,
} from './view';

export interface LayersListener {
  /** Everything on the pages may look different. */
  changed: () => void;
  /** A shared layer has come to a list that was known. */
  gained: (layer: LayerView) => void;
  /** A layer is no longer this person's. `written`: it was the one written on. */
  lost: (layer: LayerView, written: boolean) => void;
  /** The layer in the hand takes nothing any more, but is still read. */
  closed: (layer: LayerView) => void;
}

const NOBODY = peopleOf({ layers: [], authors: [] });

export class OpenLayers {
  list = $state.raw<readonly LayerView[]>([]);
  hidden = $state.raw<ReadonlySet<string>>(readHidden());
  /** The layer that new marks go to. */
  writingId = $state<string | null>(null);
  /** People whose names are known here. */
  people = $state.raw(NOBODY);
  readonly writing = $derived(this.list.find((layer) => layer.id === this.writingId));
  readonly own = $derived(this.list.find(({ kind }) => kind === 'private'));
  readonly tones = $derived(tonesOf(this.list));
  private readonly depths = $derived(depthsOf(this.list));

  private post: Post | null = null;
  private documentId = '';
  private authors: readonly PersonCard[] = [];
  /** Authors whose names were asked for: nobody is asked for twice. */
  private sought: readonly string[] = [];
  /** The server's list has been seen since the document was opened. */
  private told = false;
  /** What this tablet knew when the document was opened, until a list has been taken. */
  private known: KnownLayers | null = null;
  /** Counts documents and lists: an answer to an older question is not heard. */
  private turn = 0;
  /** The newest question to the server. */
  private asking = Promise.resolve();

  constructor(private readonly listener: LayersListener) {}

  /** Opens what is known already; `refresh` then asks the server. */
  async open(post: Post, documentId: string, known: KnownLayers): Promise<void> {
    this.close();
    this.post = post;
    this.documentId = documentId;
    this.known = known;
    await this.take(known, (this.turn += 1));
  }

  close(): void {
    this.turn += 1;
    for (const { id } of this.list) this.post?.following.close(id);
    this.post = null;
    this.documentId = '';
    this.told = false;
    this.known = null;
    this.sought = [];
    this.list = [];
    this.authors = [];
    this.people = NOBODY;
    this.writingId = null;
  }

  /**
   * Asks the server which layers there are now; without it, what is known stays. Resolves when the
   * newest answer is there: a live word may ask again meanwhile, and then this answer is not heard.
   */
  async refresh(): Promise<void> {
    const { post } = this;
    if (!post) return;
    let asked;
    this.asking = this.ask();
    do {
      asked = this.asking;
      await asked;
    } while (asked !== this.asking && post === this.post);
  }

  private async ask(): Promise<void> {
    const { documentId } = this;
    const turn = (this.turn += 1);
    const layers = await api
      .get<LayerView[]>(`/api/documents/${documentId}/layers`)
      .catch(() => undefined);
    if (turn !== this.turn) return;
    if (!layers) {
      // This question outran the opening: what is known is still to be shown.
      if (this.known) await this.take(this.known, turn);
      return;
    }
    const before = this.list;
    await this.take({ layers, authors: this.authors }, turn);
    if (turn !== this.turn) return;
    if (this.told) for (const layer of newlyShared(before, this.list)) this.listener.gained(layer);
    this.told = true;
    void this.remember();
    await this.learnAuthors();
  }

  /** The server's newest word on whether this document takes marks of one's own. */
  allow(mayWrite: boolean): void {
    const own = this.list.find(({ kind }) => kind === 'private');
    if (!own || own.may_write === mayWrite) return;
    this.list = this.list.map((layer) => (layer === own ? { ...own, may_write: mayWrite } : layer));
    void this.remember();
  }

  writeOn(id: string): void {
    if (this.list.find((layer) => layer.id === id)?.may_write !== true) return;
    this.writingId = id;
    if (this.hidden.has(id)) this.show(id, true);
  }

  /** Shows or hides a layer, for this device. What is written on is always seen. */
  show(id: string, yes: boolean): void {
    if (!yes && id === this.writingId) return;
    this.hidden = hide(this.hidden, id, !yes);
    this.listener.changed();
  }

  isSeen(id: string): boolean {
    return this.list.some((layer) => layer.id === id) && !this.hidden.has(id);
  }

  /** The server took the layer away; nothing of it stays. */
  revoked(id: string): void {
    const gone = this.list.find((layer) => layer.id === id);
    if (gone) this.drop([gone]);
  }

  replica(id: string): LayerReplica | undefined {
    return this.post?.runner.core.replica(id);
  }

  /** The marks of a page as they are painted: seen layers only, one's own on top. */
  *onPage(page: number): Generator<Mark> {
    for (const replica of this.seen()) yield* replica.onPage(page);
  }

  *all(): Generator<Mark> {
    for (const replica of this.seen()) yield* replica.marks();
  }

  get(id: string): Mark | undefined {
    for (const layer of this.list) {
      const mark = this.replica(layer.id)?.get(id);
      if (mark) return mark;
    }
    return undefined;
  }

  /** The layer on which a mark lies. */
  of(id: string): LayerView | undefined {
    return this.list.find((layer) => this.replica(layer.id)?.get(id) !== undefined);
  }

  /** How deep a mark lies: one's own are on top. */
  depthOf(id: string): number {
    return this.depths.get(this.of(id)?.id ?? '') ?? 0;
  }

  answers(id: string): readonly Mark[] {
    return this.answersTo([id]).get(id) ?? [];
  }

  /** The answers to those of these marks that have any; however many, a layer is walked once. */
  answersTo(ids: Iterable<string>): ReadonlyMap<string, readonly Mark[]> {
    const marks = ({ id }: LayerView) => this.replica(id)?.marks() ?? [];
    return answersOnLayers(ids, (id) => this.of(id), marks);
  }

  /** All marks of all layers are here: what is not there is gone. */
  get whole(): boolean {
    const core = this.post?.runner.core;
    if (!core || this.list.length === 0) return false;
    const live = this.list.some(({ id }) => core.isCurrent(id));
    return (this.told || !live) && this.list.every(({ id }) => core.isWhole(id));
  }

  /** This person's answers whose mark is gone. */
  stranded(): Mark[] {
    const me = this.post?.person ?? '';
    return this.list.flatMap(({ id, kind }) => {
      const answered = kind === 'shared' || kind === 'presenter';
      const whole = answered && this.post?.runner.core.isWhole(id) === true;
      return whole ? strandedAnswers(this.replica(id)?.marks() ?? [], me) : [];
    });
  }

  private *seen(): Generator<LayerReplica> {
    for (const { id } of inDepth(this.list)) {
      const replica = this.hidden.has(id) ? undefined : this.replica(id);
      if (replica) yield replica;
    }
  }

  private async take(known: KnownLayers, turn: number): Promise<void> {
    const { post } = this;
    if (!post) return;
    const fresh = without(known.layers, this.list);
    await Promise.all(fresh.map((layer) => post.following.open(layer.id)));
    if (turn !== this.turn) {
      for (const { id } of fresh) post.following.close(id);
      return;
    }
    this.known = null;
    this.drop(without(this.list, known.layers));
    this.list = known.layers;
    this.authors = known.authors;
    this.people = peopleOf(known);
    const { writing } = this;
    this.backToOwn();
    if (writing && writing.id !== this.writingId) this.listener.closed(writing);
    this.listener.changed();
  }

  /** Who may no longer write on the layer in the hand writes for themselves again. */
  private backToOwn(): void {
    if (this.writing?.may_write) return;
    this.writingId = this.list.find(({ kind }) => kind === 'private')?.id ?? null;
  }

  private drop(gone: readonly LayerView[]): void {
    if (gone.length === 0) return;
    for (const layer of gone) {
      const written = layer.id === this.writingId;
      this.post?.following.close(layer.id);
      void this.post?.shelf?.purge(layer.id).catch(() => undefined);
      this.list = this.list.filter((other) => other.id !== layer.id);
      this.backToOwn();
      this.listener.lost(layer, written);
    }
    this.listener.changed();
    void this.remember();
  }

  private async remember(): Promise<void> {
    const { list, authors, documentId } = this;
    await this.post?.shelf?.noteLayers(documentId, { layers: list, authors });
  }

  /** Names of those who wrote and are not named by any layer. */
  private async learnAuthors(): Promise<void> {
    const { turn } = this;
    for (const { id, kind } of this.list) {
      if (kind === 'private' || kind === 'imported' || !this.hasStranger(id)) continue;
      const authors = await api.get<PersonCard[]>(`/api/layers/${id}/authors`).catch(() => []);
      if (turn !== this.turn) return;
      this.meet(authors);
    }
  }

  /** These marks have come or changed: one may be of somebody whose name is not known yet. */
  async meetAuthors(id: string, marks: readonly string[]): Promise<void> {
    const replica = this.replica(id);
    const strangers = marks
      .map((mark) => replica?.get(mark)?.author ?? '')
      .filter((author) => author !== '' && this.isStranger(author))
      .filter((author) => !this.sought.includes(author));
    if (!this.told || strangers.length === 0) return;
    this.sought = [...this.sought, ...strangers];
    const { turn } = this;
    const authors = await api.get<PersonCard[]>(`/api/layers/${id}/authors`).catch(() => []);
    if (turn === this.turn) this.meet(authors);
  }

  private meet(people: readonly PersonCard[]): void {
    const fresh = people.filter((person) => !this.people.has(person.id));
    if (fresh.length === 0) return;
    this.authors = [...this.authors, ...fresh];
    this.people = peopleOf({ layers: this.list, authors: this.authors });
    void this.remember();
  }

  private hasStranger(id: string): boolean {
    for (const { author } of this.replica(id)?.marks() ?? []) {
      if (this.isStranger(author)) return true;
    }
    return false;
  }

  private isStranger(author: string): boolean {
    return author !== this.post?.person && author !== NOBODYS_ID && !this.people.has(author);
  }
}
