/**
 * Words under somebody's hands: when they are kept, and on top of what. Pure but for its timers.
 *
 * An editor that was only looked at writes nothing. What somebody else wrote meanwhile is never
 * written over: the server is told on which words these were written and refuses them, so that
 * both texts end in the list of what is to be looked at. Words whose mark or layer went away
 * become a mark of one's own.
 */
import type { LayerView } from '../wire';
import type { Edit, Mark, Put, Truth } from './core';
import type { Birth } from './edits';

/** What an editor makes of the words in it. */
export interface Words {
  /** As the mark holds them. */
  body(typed: string): string;
  put(birth: Birth, typed: string): Put;
  rewrite(mark: Mark, typed: string): Edit[];
  /** What becomes of a mark whose words were taken away. */
  emptied(mark: Mark): Edit[];
}

/** What is asked of the book of marks. */
export interface Paper {
  get(id: string): Mark | undefined;
  truth(id: string): Truth;
  birth(version: string, page: number): Birth;
  readonly layers: {
    of(id: string): LayerView | undefined;
    /** The layer in the hand, and the person's own. */
    readonly writing: LayerView | undefined;
    readonly own: LayerView | undefined;
  };
  /** All edits with one `as` are one step of undo. */
  write(layer: string, edits: readonly Edit[], as: object): void;
}

/** Why words are kept: a pause in the typing, the page may go any moment, or they are done. */
type When = 'pause' | 'leaving' | 'done';

/** Kept when nothing was typed for so long, ms … */
export const KEEP_AFTER_MS = 1_200;
/** … and after so long whatever is typed: a tab that dies takes at most these words along. */
export const KEEP_WITHIN_MS = 3_000;

/** Calls back in the pauses of the typing, and often enough where there are none. */
export class Pauses {
  private pause: ReturnType<typeof setTimeout> | undefined;
  private most: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly due: () => void) {}

  typed(): void {
    const ring = () => {
      this.stop();
      this.due();
    };
    clearTimeout(this.pause);
    this.pause = setTimeout(ring, KEEP_AFTER_MS);
    this.most ??= setTimeout(ring, KEEP_WITHIN_MS);
  }

  stop(): void {
    clearTimeout(this.pause);
    clearTimeout(this.most);
    this.pause = this.most = undefined;
  }
}

export class Writing {
  private readonly pauses = new Pauses(() => this.save('pause'));
  /** The words that the typed ones were written on, and the state of the mark that had them. */
  private body: string;
  private rev: number;
  /** As they stand in the editor, and as they were last kept. */
  private text: string;
  private kept: string;
  /** The layer that the mark lies on, or was to lie on. */
  private layer: LayerView | undefined;
  /** There never was a mark. */
  private isNew: boolean;
  private touched = false;
  /** Somebody else has changed the words: these are sent once, when they are done. */
  private parted = false;
  private done = false;

  /** @param say tells the person what became of the words, by a key of `words`. */
  constructor(
    private readonly paper: Paper,
    private readonly words: Words,
    private birth: Birth,
    mark: Mark | null,
    private readonly say: (key: string) => void,
  ) {
    const newest = paper.get(birth.id) ?? mark;
    this.isNew = newest === null;
    this.body = this.text = this.kept = newest?.body ?? '';
    this.rev = newest?.rev ?? 0;
    this.layer = newest ? paper.layers.of(birth.id) : paper.layers.writing;
  }

  /** What the editor begins with. */
  get begin(): string {
    return this.body;
  }

  /** The mark that holds the words: another one where the first went away. */
  get id(): string {
    return this.birth.id;
  }

  /** Others would read the words while they are being written: they wait until they are done. */
  get waits(): boolean {
    const { layers } = this.paper;
    return (
      (this.isNew ? layers.writing : (layers.of(this.birth.id) ?? this.layer))?.kind !== 'private'
    );
  }

  typed(text: string): void {
    this.touched = true;
    this.text = text;
    if (!this.done && !this.waits) this.pauses.typed();
  }

  /** Newer words of somebody else, to go on with: as long as nothing was typed here. */
  follow(): string | null {
    const mark = this.paper.get(this.birth.id);
    if (!mark || this.touched || this.done || (mark.body ?? '') === this.body) return null;
    this.rev = mark.rev;
    return (this.body = this.text = this.kept = mark.body ?? '');
  }

  /** The page may go any moment. */
  leaving(): void {
    if (!this.done) this.save('leaving');
  }

  finish(): void {
    if (this.done) return;
    this.save('done');
    this.done = true;
  }

  /** The mark is taken away: there is nothing to keep. */
  drop(): void {
    this.done = true;
    this.pauses.stop();
  }

  private save(when: When): void {
    this.pauses.stop();
    if (this.text === this.kept) return;
    const { layers } = this.paper;
    const layer = layers.of(this.birth.id);
    const mark = layer?.may_write ? this.paper.get(this.birth.id) : undefined;
    if (layer && mark) {
      this.layer = layer;
      this.rewrite(mark, when);
    } else if (this.words.body(this.text).trim() !== '') {
      if (this.isNew) this.put(layers.writing ?? this.layer);
      else this.rescue();
    }
  }

  private rewrite(mark: Mark, when: When): void {
    const body = this.words.body(this.text);
    const empty = body.trim() === '';
    const changed = (mark.body ?? '') !== this.body;
    if (!changed && !this.parted && isSettled(this.paper.truth(mark.id))) this.rev = mark.rev;
    if (when !== 'done' && (empty || (changed && when === 'pause'))) return;
    this.kept = this.text;
    if (changed && body !== mark.body) {
      this.parted = true;
      this.say(empty ? 'marks.words.stay' : 'marks.words.changed');
      if (empty) return;
    }
    this.body = body;
    const edits = empty ? this.words.emptied(mark) : this.words.rewrite(mark, this.text);
    if (edits.length > 0)
      this.paper.write(
        this.layerId,
        edits.map((edit) => this.based(edit)),
        this,
      );
  }

  /** On the words that were seen: the server refuses what was not written on its newest ones. */
  private based(edit: Edit): Edit {
    return edit.op === 'patch' && edit.body !== undefined ? { ...edit, base_rev: this.rev } : edit;
  }

  private get layerId(): string {
    return this.layer?.id ?? '';
  }

  private put(layer: LayerView | undefined): void {
    if (!layer) return this.say('marks.words.nowhere');
    this.layer = layer;
    this.isNew = false;
    this.kept = this.text;
    this.body = this.words.body(this.text);
    this.paper.write(layer.id, [this.words.put(this.birth, this.text)], this);
  }

  /** The mark or its layer is gone: the words become one's own, or wait among the refused work. */
  private rescue(): void {
    const { own } = this.paper.layers;
    this.birth = this.paper.birth(this.birth.version, this.birth.page);
    this.rev = 0;
    this.parted = false;
    this.put(own?.may_write ? own : this.layer);
    if (this.layer) this.say(own?.may_write ? 'marks.words.own' : 'marks.words.refused');
  }
}

/** Nothing of one's own is on its way: the state of the mark is the state of its words. */
function isSettled(truth: Truth): boolean {
  return truth === 'server' || truth === 'refused';
}
