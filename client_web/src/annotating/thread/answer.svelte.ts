/** The answer to a mark while it is written: a draft until its author sends it, and only then. */
import type { Mark } from '../core';
import type { Editor } from '../desk.svelte';
import { Pauses } from '../writing';
import { placeOf, type Drafts } from './drafts';

/** What an answer asks of the desk. */
export interface AnswerPlace {
  /** The mark, while it can be answered. */
  root: () => Mark | undefined;
  send: (mark: Mark, text: string) => void;
  /** Where the mark went away: false where nothing can be kept. */
  keepForOneself: (mark: Mark, text: string) => boolean;
}

export class Answer implements Editor {
  text = $state('');
  readonly blank = $derived(this.text.trim() === '');
  /** The mark as it was last seen. */
  private seen: Mark | undefined;
  private touched = false;
  private done = false;
  private readonly pauses = new Pauses(() => this.leaving());

  constructor(
    private readonly drafts: Drafts | undefined,
    private readonly document: string,
    private readonly mark: string,
    private readonly place: AnswerPlace,
  ) {
    this.look();
    void this.goOn();
  }

  /** What was written of it before, if something was. */
  private async goOn(): Promise<void> {
    const words = (await this.drafts?.find(this.document, this.mark)) ?? '';
    if (!this.touched && !this.done) this.text = words;
  }

  look(): void {
    this.seen = this.place.root() ?? this.seen;
  }

  typed(): void {
    this.touched = true;
    this.pauses.typed();
  }

  leaving(): void {
    const place = this.seen && placeOf(this.seen);
    if (this.touched) this.drafts?.keep(this.document, this.mark, this.text, place);
  }

  send(): void {
    const mark = this.place.root();
    if (!mark || this.blank) return;
    this.place.send(mark, this.text);
    this.empty();
  }

  /** Nothing can be said here any more: the words become a private note. */
  keepForOneself(): void {
    if (this.seen && this.place.keepForOneself(this.seen, this.text)) this.empty();
  }

  /** Closed: a draft stays one, and nobody reads it. */
  finish(): void {
    if (this.done) return;
    this.done = true;
    this.pauses.stop();
    if (!this.blank && !this.place.root()) this.keepForOneself();
    this.leaving();
  }

  private empty(): void {
    this.touched = true;
    this.pauses.stop();
    this.text = '';
    this.leaving();
  }
}
