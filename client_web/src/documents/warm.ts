/**
 * A head start: the finger that goes down on a document's card already tells what will be opened.
 */
import { api, type DocumentView } from '../wire';
import { serverFiles } from './page_files';
import type { Bytes } from './source';

/** A head start older than this is not used: the manifest may have changed. */
const FRESH_MS = 10_000;

export interface Warm {
  view: Promise<DocumentView>;
  versionId: string | null;
  /** The image of the first page of that version. */
  firstPage: Promise<Bytes | undefined>;
}

const started = new Map<string, Warm & { at: number }>();

/** Starts fetching a document; call it on pointerdown of its card. */
export function warmDocument(documentId: string, versionId: string | null = null): void {
  const known = started.get(documentId);
  if (known && performance.now() - known.at < FRESH_MS) return;
  // What no tap followed must not stay in memory, page image and all.
  for (const [id, { at }] of started) {
    if (performance.now() - at >= FRESH_MS) started.delete(id);
  }
  const view = api.get<DocumentView>(`/api/documents/${documentId}`);
  view.catch(() => started.delete(documentId));
  const { signal } = new AbortController();
  const firstPage =
    versionId === null
      ? Promise.resolve(undefined)
      : serverFiles(documentId, versionId)
          .image(0, signal)
          .catch(() => undefined);
  started.set(documentId, { at: performance.now(), view, versionId, firstPage });
}

/** The tablet changes hands: what was fetched for one person opens nothing for the next. */
export function forgetWarm(): void {
  started.clear();
}

export function takeWarm(documentId: string): Warm | undefined {
  const known = started.get(documentId);
  started.delete(documentId);
  return known && performance.now() - known.at < FRESH_MS ? known : undefined;
}
