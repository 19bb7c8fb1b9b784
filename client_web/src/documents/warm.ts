/**
 * A head start: the finger that goes down on a document's card already tells what will be opened.
 */
import { api, type DocumentView } from '../wire';
import { columnWidth } from './layout';
import { imagePath } from './page_files';
import { bringAhead, forgetAfar, type Arrived } from './painter';

/** A head start older than this is not used: the manifest may have changed. */
const FRESH_MS = 10_000;
/** What the server makes of an upright page, px; the manifest that knows it is still under way. */
const IMAGE_WIDTH = 1240;

export interface Warm {
  view: Promise<DocumentView>;
  versionId: string | null;
  /** The first page of that version lies with the painter; undefined: it does not. */
  firstPage: Promise<Arrived | undefined>;
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
  const firstPage =
    versionId === null
      ? Promise.resolve(undefined)
      : bringAhead(imagePath(documentId, versionId, 0), {
          image: IMAGE_WIDTH,
          box: Math.round(columnWidth(innerWidth) * devicePixelRatio),
        });
  const view = api.get<DocumentView>(`/api/documents/${documentId}`);
  view.catch(() => started.delete(documentId));
  started.set(documentId, { at: performance.now(), view, versionId, firstPage });
}

/** The tablet changes hands: what was fetched for one person opens nothing for the next. */
export function forgetWarm(): void {
  started.clear();
  forgetAfar();
}

export function takeWarm(documentId: string): Warm | undefined {
  const known = started.get(documentId);
  started.delete(documentId);
  return known && performance.now() - known.at < FRESH_MS ? known : undefined;
}
