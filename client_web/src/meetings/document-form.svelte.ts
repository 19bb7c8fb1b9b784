/** What the secretary fills in about a document, and sending it. */
import { api, type DocumentCard, type DocumentPatch, type NewDocument } from '../wire';
import { titleOf } from './kinds';
import { sendFile } from './uploads.svelte';

export type Audience = 'keep' | 'all' | 'some';

export class DocumentForm {
  title = $state('');
  kind = $state('');
  number = $state('');
  itemId = $state('');
  audience = $state<Audience>('all');
  sharing = $state<DocumentCard['sharing']>('everyone');
  shownTo = $state.raw<readonly string[]>([]);
  file = $state.raw<File | null>(null);
  tried = $state(false);

  constructor(
    private readonly meetingId: string,
    private readonly document: DocumentCard | undefined,
    itemId: string | null,
  ) {
    this.title = document?.title ?? '';
    this.kind = document?.kind ?? '';
    this.number = document?.number_symbol ?? '';
    this.itemId = itemId ?? '';
    this.audience = document?.restricted === true ? 'keep' : 'all';
    this.sharing = document?.sharing ?? 'everyone';
  }

  readonly untitled = $derived(this.title.trim() === '');
  readonly shownToNobody = $derived(this.audience === 'some' && this.shownTo.length === 0);

  choose(file: File): void {
    this.file = file;
    if (this.title.trim() === '') this.title = titleOf(file.name);
  }

  toggle(personId: string): void {
    this.shownTo = this.shownTo.includes(personId)
      ? this.shownTo.filter((id) => id !== personId)
      : [...this.shownTo, personId];
  }

  get valid(): boolean {
    return !this.untitled && !this.shownToNobody;
  }

  /** Saves the words; the answer is the document whose file may follow. */
  async save(): Promise<string> {
    const words = {
      item_id: this.itemId === '' ? null : this.itemId,
      kind: this.kind,
      title: this.title.trim(),
      number_symbol: this.number.trim(),
      sharing: this.sharing,
    };
    if (this.document === undefined) {
      const body: NewDocument = {
        ...words,
        shown_to: this.audience === 'some' ? [...this.shownTo] : null,
      };
      const path = `/api/meetings/${this.meetingId}/documents`;
      return (await api.post<DocumentCard>(path, body)).id;
    }
    const body: DocumentPatch = words;
    if (this.audience === 'all' && this.document.restricted) body.shown_to = [];
    if (this.audience === 'some') body.shown_to = [...this.shownTo];
    await api.patch(`/api/documents/${this.document.id}`, body);
    return this.document.id;
  }

  /** Sends the chosen file; the row of the document shows how far it is. */
  async send(documentId: string): Promise<void> {
    if (this.file !== null) await sendFile(documentId, this.file);
  }
}
