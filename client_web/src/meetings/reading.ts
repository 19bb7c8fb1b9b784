/** The way from a card to its document: what can be done before the page of the document is there. */
import type * as DocumentsRoom from '../documents';
import type { DocumentCard } from '../wire';

type Documents = typeof DocumentsRoom;

/** The list of a meeting is painted before the code of the page view is fetched, ms. */
const READY_AFTER_MS = 300;

let documents: Documents | undefined;
let asked = false;

async function bring(): Promise<Documents> {
  documents ??= await import('../documents');
  return documents;
}

/** Somebody looks at cards and will open one: the code and the painter are there before the tap. */
export function makeReady(): void {
  if (asked) return;
  asked = true;
  setTimeout(() => {
    bring().then(
      ({ startPainter }) => startPainter(),
      () => (asked = false), // without a network; the next list tries again
    );
  }, READY_AFTER_MS);
}

/** The finger that goes down already tells what will be opened. */
export function warm({ id, version_id }: DocumentCard): void {
  const begin = ({ warmDocument }: Documents) => warmDocument(id, version_id);
  if (documents) begin(documents);
  else bring().then(begin, () => undefined);
}
