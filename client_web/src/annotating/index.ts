/** The delegate's marks on documents: pens, the marks over each page, their list and their safety. */
import type { DocumentView } from '../wire';
import { t } from '../i18n';
import { toast } from '../ui';
import { book } from './book.svelte';
import { desk } from './desk.svelte';
import { linesOf } from './kept-lines';
import { tellNews } from './layers/news.svelte';
import { pencase } from './pencase.svelte';
import { wetRoom } from './wet/wet.svelte';

export { default as MarkList } from './MarkList.svelte';
export { default as MarkOverlay } from './MarkOverlay.svelte';
export { default as MarkStatus } from './MarkStatus.svelte';
export { default as TakeLayers } from './layers/TakeLayers.svelte';
export { default as LayerList } from './layers/LayerList.svelte';
export { default as MarkToolbar } from './MarkToolbar.svelte';
export { default as UnsentBar } from './UnsentBar.svelte';
export { type DocumentRights } from './desk.svelte';

export { type KeptLine } from './kept-lines';

book.onNews = tellNews;
// What the pen has drawn and what is being written is kept before its layers go.
book.onClosing = () => {
  pencase.grip.lose();
  desk.clear();
  wetRoom.clear();
};
book.onStays = (way) => toast(t(`marks.${way}.stays`));
book.onLeaving = () => desk.leaving();
book.onHomeless = () => toast(t('marks.words.nowhere'), 'bad');
book.onUnkept = () => toast(t('marks.unkept'));
book.onEphemeral = (message) => wetRoom.receive(message);

export const annotating = {
  /** Follows who works at this device: begins to send what waits, or ends. */
  serve: (person: string | null, keeps: boolean) => book.serve(person, keeps),
  /** The list of layers of a document, or what one may do on them, has changed. */
  layersChanged: (documentId: string) => {
    if (documentId === book.documentId) void book.layers.refresh();
  },
  /** Opens a document's marks; `known` spares asking the server where they lie. */
  open: (documentId: string, known?: { layer: string; mayAnnotate: boolean }) =>
    book.open(documentId, known),
  /** How a document and its meeting are called, for what is told away from them. */
  nameBy: (nameOf: typeof book.nameOf) => void (book.nameOf = nameOf),
  /** How high the pages of a document's version are, for files that are written here. */
  measureBy: (heightsOf: typeof book.heightsOf) => void (book.heightsOf = heightsOf),
  /** A document whose layer is known is being opened. */
  expect: (layer: string) => void book.expect(layer),
  /** Brings a document's marks onto this tablet, for opening it without a network. */
  takeAlong: (view: DocumentView, signal: AbortSignal): Promise<void> =>
    view.my_layer === null
      ? Promise.resolve()
      : book.takeAlong(
          view.card.id,
          { layer: view.my_layer, mayAnnotate: view.may_annotate },
          signal,
        ),
  close: () => book.close(),
  /** The hand that writes. */
  hand: () => pencase.hand,
  /** Whether something is drawn on a page of the open document. */
  hasMarks: (page: number) => book.hasMarks(page),
  /** The marks of these documents were deleted on the server: nothing of them stays here. */
  forget: (documentIds: readonly string[]) => book.forget(documentIds),
  /** What lies on this tablet, as lines of a list. */
  kept: async () =>
    (await book.kept()).map(({ documentId, marks }) => ({ documentId, lines: linesOf(marks) })),
  /** Batches of this person that the server has not got, in all documents. */
  countUnsent: () => book.countUnsent(),
  /** Before somebody goes: what waits once everything is written, and what this device lacks. */
  unsentWork: () => book.unsentWork(),
  /** Somebody goes for certain: what is open is closed, and kept as far as it has come. */
  endWork: () => book.onClosing(),
  /** Of these, those that are on their way: what was refused is not. */
  countWaiting: () => book.countWaiting(),
};
