/**
 * A head start: the finger that goes down on a document's card already tells what will be opened.
 */
import { api, type DocumentView } from '../wire';

/** A head start older than this is not used: the manifest may have changed. */
const FRESH_MS = 10_000;

const started = new Map<string, { at: number; view: Promise<DocumentView> }>();

/** Starts fetching a document's manifest; call it on pointerdown or hover of its card. */
export function warmDocument(documentId: string): void {
  const known = started.get(documentId);
  if (known && performance.now() - known.at < FRESH_MS) return;
  const view = api.get<DocumentView>(`/api/documents/${documentId}`);
  view.catch(() => started.delete(documentId));
  started.set(documentId, { at: performance.now(), view });
}

export function takeWarm(documentId: string): Promise<DocumentView> | undefined {
  const known = started.get(documentId);
  started.delete(documentId);
  return known && performance.now() - known.at < FRESH_MS ? known.view : undefined;
}
