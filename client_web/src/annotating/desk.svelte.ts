/** What is on the desk: the marks chosen, the note being written; and what gestures may ask for. */
import type { PageViewport } from '../documents';
import { t } from '../i18n';
import { ask, toast } from '../ui';
import type { LayerView } from '../wire';
import { book } from './book.svelte';
import type { Edit, Geometry, Mark, Put, Spot, Style, Turn } from './core';
import { answerPut, isMovable, notePut, removals, restyles, spotOf, type Birth } from './edits';
import { measureIn } from './marks/measure';
import type { StampName } from './marks/stamps';
import { cornerOf, upright } from './marks/text-box';
import { pencase } from './pencase.svelte';
import { PALM_MS, type PointerDevice } from './pen/pointer-rules';
import { resizeText } from './shape-edits';
import type { Draft } from './thread/drafts';
import type { Desk } from './tools/place';
import type { StyledTool, ToolStyle } from './tools/tools';
import type { PointerPlace, WetPiece } from './wet/pieces';
import type { WetStream } from './wet/sender';
import { pointAt, wetStream } from './wet/wet.svelte';
import { Writing, type Words } from './writing';

/** A note being written: an existing mark, or a place for a new one. */
export interface OpenNote {
  mark: Mark | null;
  birth: Birth;
  point: { x: number; y: number };
  rotation: PageViewport['rotation'];
}

/** Text being written on a page. */
export interface OpenText {
  mark: Mark | null;
  birth: Birth;
  /** Upper left corner as it is read, and how the text is turned. */
  corner: Spot;
  rotate: Turn;
  size: number;
  color: string;
}

/** What the document's page knows of this person's part in the meeting. */
export interface DocumentRights {
  /** Whom marks may be shared with. */
  sharing: 'none' | 'people' | 'everyone';
  /** This person may show the document to the room. */
  mayPresent: boolean;
  /** The version that is read. */
  versionId: string;
  /** What its file brought along and is in no layer of marks. */
  fileMarks?: { left: number; over: number } | undefined;
}

/** An editor with words that are not all kept yet. */
export interface Editor {
  /** The page may go any moment. */
  leaving(): void;
  /** It is closed: its words are kept. A second time it does nothing. */
  finish(): void;
}

export const NO_DOCUMENT: DocumentRights = { sharing: 'none', mayPresent: false, versionId: '' };

/** For words of which nobody knows where they belong: the corner of the first page. */
const NO_PLACE: Spot = [36, 36];

class MarkDesk implements Desk {
  selection = $state.raw<ReadonlySet<string>>(new Set());
  note = $state.raw<OpenNote | null>(null);
  text = $state.raw<OpenText | null>(null);
  /** The mark that is being discussed, by its id. */
  thread = $state<string | null>(null);
  /** The sheet of a layer; without one, of a new one. */
  layerSheet = $state.raw<{ layer: LayerView | null } | null>(null);
  document = $state.raw<DocumentRights>(NO_DOCUMENT);
  /** A gesture is under way: what floats over the page waits. */
  working = $state(false);
  /** Finger strokes of the last moments: a palm's, if a pen comes down now. */
  private fingerStrokes: { id: string; from: number }[] = [];
  private readonly editors = new Set<Editor>();

  style(tool: StyledTool): ToolStyle {
    return pencase.styles[tool];
  }

  birth(viewport: PageViewport): Birth {
    return book.birth(viewport.versionId, viewport.pageIndex);
  }

  stream(about: Omit<WetPiece, 'at' | 'points'>): WetStream | null {
    return wetStream(about);
  }

  point(place: PointerPlace): void {
    pointAt(place);
  }

  put(put: Put, drawn?: { device: PointerDevice; from: number }, maker?: object): void {
    book.put(put, maker);
    if (drawn?.device !== 'touch') return;
    const fresh = (stroke: { from: number }) => drawn.from - stroke.from < 10 * PALM_MS;
    this.fingerStrokes = [...this.fingerStrokes.filter(fresh), { id: put.id, from: drawn.from }];
  }

  later(): (put: Put) => boolean {
    return book.later();
  }

  edit(...parts: (readonly Edit[])[]): void {
    book.edit(...parts);
  }

  /** Only what lies on the layer in the hand: nothing on another one goes by accident. */
  mayErase(mark: Mark): boolean {
    const { layers } = book;
    return layers.of(mark.id)?.id === layers.writingId && book.mayChange(mark);
  }

  mayMove(mark: Mark): boolean {
    return isMovable(mark) && book.mayChange(mark);
  }

  /** What fingers drew since `since` was the palm of the hand that holds the pen. */
  palm(since: number): void {
    const palms = this.fingerStrokes.filter((stroke) => stroke.from >= since);
    this.fingerStrokes = [];
    book.takeBack(palms.map((stroke) => stroke.id));
  }

  selected(): ReadonlySet<string> {
    return this.selection;
  }

  select(ids: ReadonlySet<string>): void {
    this.selection = ids;
  }

  choose(mark: Mark | null): void {
    this.select(new Set(mark ? [mark.id] : []));
  }

  /** The chosen marks as they are now. */
  chosen(): Mark[] {
    return [...this.selection].map((id) => book.get(id)).filter((mark) => mark !== undefined);
  }

  /** Of the chosen marks those that this person may change. */
  private own(): Mark[] {
    return this.chosen().filter((mark) => book.mayChange(mark));
  }

  restyle(change: Style): void {
    book.edit(restyles(this.own(), change));
  }

  /** Another width; of written text, another size of its letters, with lines that fit the page. */
  resize(width: number, page: PageViewport): void {
    const own = this.own();
    const measure = measureIn(page.element);
    const texts = own.filter((mark) => mark.kind === 'free_text');
    const others = own.filter((mark) => mark.kind !== 'free_text');
    book.edit([
      ...texts.flatMap((mark) => resizeText(mark, width, page, measure)),
      ...restyles(others, { width }),
    ]);
  }

  /** Takes the chosen marks away as one gesture: all of them or, where the person is not sure about
   * those that were answered, none. */
  remove(): void {
    const ids = this.chosen()
      .filter((mark) => book.mayRemove(mark))
      .map((mark) => mark.id);
    void this.sureAbout(ids).then((sure) => {
      if (!sure) return;
      this.select(new Set());
      this.wipe(ids);
    });
  }

  isAnswered(mark: Mark): boolean {
    return book.layers.answers(mark.id).length > 0;
  }

  /** What the eraser met goes at once; what was answered only when the person is sure. */
  takeAway(ids: readonly string[]): void {
    const answers = book.layers.answersTo(ids);
    const answered = ids.filter((id) => answers.has(id));
    this.wipe(ids.filter((id) => !answers.has(id)));
    if (answered.length === 0) return;
    void this.sureAbout(answered).then((sure) => {
      if (sure) this.wipe(answered);
    });
  }

  private async sureAbout(ids: readonly string[]): Promise<boolean> {
    const count = [...book.layers.answersTo(ids).values()].flat().length;
    if (count === 0) return true;
    return ask({
      title: t('marks.answered.sure'),
      body: t('marks.answered.body', { count }),
      confirm: t('marks.delete'),
      danger: true,
    });
  }

  /** Those of them that are still there. */
  private wipe(ids: readonly string[]): void {
    const there = ids.filter((id) => book.get(id));
    if (there.length > 0) book.edit(removals([...withOwnAnswers(there)]));
  }

  openNote(viewport: PageViewport, point: { x: number; y: number }): void {
    const { rotation } = viewport;
    this.note = { mark: null, birth: this.birth(viewport), point, rotation };
  }

  stamp(): StampName {
    return pencase.stamp;
  }

  writing(): boolean {
    return this.text !== null;
  }

  closeText(): void {
    this.text = null;
  }

  openText(viewport: PageViewport, { x, y }: { x: number; y: number }): void {
    const { color, width: size } = this.style('text');
    const rotate = upright(viewport.rotation);
    const birth = this.birth(viewport);
    this.text = { mark: null, birth, corner: [x, y], rotate, size, color };
  }

  /** Begins to write the words of a mark, or of a new one. */
  write({ mark, birth }: Pick<OpenNote, 'mark' | 'birth'>, words: Words): Writing {
    const writing = new Writing(book, words, birth, mark, (key) => this.say(key));
    this.editors.add(writing);
    return writing;
  }

  /** An editor is on the screen, until it is `done`. */
  opened(editor: Editor): void {
    this.editors.add(editor);
  }

  done(editor: Editor): void {
    editor.finish();
    this.editors.delete(editor);
  }

  /** What is being written is kept as far as it has come. */
  leaving(): void {
    for (const editor of this.editors) editor.leaving();
  }

  /** Keeps what is being written and clears the desk: the document is closed, or the person goes.
   * Nothing of it may lie open over the next paper or before the next person. */
  clear(): void {
    for (const editor of [...this.editors]) this.done(editor);
    this.note = this.text = this.thread = this.layerSheet = null;
    this.select(new Set());
    this.working = false;
    this.fingerStrokes = [];
  }

  private openWords(mark: Mark, birth: Birth): void {
    const { rect = [0, 0, 0, 0], rotate = 0 } = mark.geometry;
    const { font_size: size = 12, color = '#1d2733' } = mark.style;
    this.select(new Set());
    this.text = { mark, birth, corner: cornerOf(rect, rotate), rotate, size, color };
  }

  openMark(mark: Mark): void {
    const [x, y] = spotOf(mark.geometry);
    const birth = { id: mark.id, version: mark.version, page: mark.page, created: mark.created };
    const alone = book.layers.of(mark.id)?.kind === 'private';
    if (mark.kind === 'free_text' && (alone || book.mayChange(mark))) {
      return this.openWords(mark, birth);
    }
    if (!alone) return this.discuss(mark);
    this.note = { mark, birth, point: { x, y }, rotation: 0 };
  }

  /** Opens what people say about a mark of a layer that they share. */
  discuss(mark: Mark): void {
    this.select(new Set());
    this.thread = mark.reply_to ?? mark.id;
  }

  answer(mark: Mark, body: string): void {
    const text = body.trim();
    if (text !== '') book.put(answerPut(this.birthOf(mark), mark, text));
  }

  resolve(mark: Mark, resolved: boolean): void {
    book.edit([{ op: 'patch', id: mark.id, resolved }]);
  }

  private birthOf({ version, page }: Mark): Birth {
    return book.birth(version, page);
  }

  /** Words that nobody else is to read, where the mark that they are about is gone. */
  keepForOneself(
    { version, page, geometry }: Pick<Mark, 'version' | 'page' | 'geometry'>,
    body: string,
  ): boolean {
    const { own } = book.layers;
    const text = body.trim();
    if (text === '' || !own?.may_write) return false;
    const [x, y] = spotOf(geometry);
    const put = notePut(book.birth(version, page), { x, y }, 0, text, this.style('note'));
    book.write(own.id, [put], put);
    this.say('marks.words.own');
    return true;
  }

  /** An answer whose mark is gone becomes a private note in its place, in one step of undo. */
  takeHome(answer: Mark): void {
    const { own } = book.layers;
    const there = book.layers.of(answer.id);
    if (!own?.may_write) return;
    const [x, y] = spotOf(answer.geometry);
    const { version, page, body = '' } = answer;
    const put = notePut(book.birth(version, page), { x, y }, 0, body, this.style('note'));
    book.write(own.id, [put], put);
    if (there && book.mayRemove(answer)) book.write(there.id, removals([answer.id]), put);
    this.say('stranded.taken');
  }

  /** Words that were begun about a mark that is gone become a private note in its place. */
  draftHome({ mark, words, place }: Draft): void {
    const page = place?.page ?? 0;
    const version = place?.version ?? this.document.versionId;
    const geometry: Geometry = { point: place?.point ?? NO_PLACE };
    if (this.keepForOneself({ version, page, geometry }, words)) {
      book.drafts?.keep(book.documentId ?? '', mark, '');
    }
  }

  say(key: string): void {
    toast(t(key));
  }
}

/** Who takes marks away withdraws what they answered to them too; others' answers are theirs. */
function withOwnAnswers(ids: readonly string[]): Set<string> {
  const answers = book.layers.answersTo(ids);
  const own = (id: string) => (answers.get(id) ?? []).filter(({ author }) => author === book.me);
  return new Set(ids.flatMap((id) => [...own(id).map((answer) => answer.id), id]));
}

export const desk = new MarkDesk();
