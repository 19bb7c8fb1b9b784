/** Keeps an opened document on this device, sealed, while the reader reads. */
import type { DocumentView, VersionView } from '../wire';
import { compare } from './fingerprint';
import { names, quietly, type Store } from './page_files';
import {
  chooseCopy,
  leaving,
  mayKeep,
  placed,
  SHELF_LIMIT_BYTES,
  type Shelf,
  type ShelfEntry,
} from './shelf';
import type { Bytes, PageFiles } from './source';

export interface KeepProgress {
  /** Pages (or 1 of 1 for a PDF) that lie here. */
  done: number;
  total: number;
  complete: boolean;
}

export interface KeeperParts {
  store: Store;
  server: PageFiles;
  /** An image in memory already, so that it is not fetched twice. */
  held: (page: number) => Promise<Bytes | undefined>;
  /** Mean bytes of the images seen so far. */
  imageBytes: () => number | undefined;
  /** Resolves when the reader needs nothing, so that keeping never delays a page. */
  idle: (signal: AbortSignal) => Promise<void>;
  now: () => number;
  onProgress: (progress: KeepProgress) => void;
  limit?: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export async function readShelf(store: Store): Promise<Shelf> {
  const bytes = await quietly(store.get(names.shelf));
  return bytes ? (JSON.parse(decoder.decode(bytes)) as Shelf) : [];
}

/** The manifest as it was when the document was last open here. */
export async function keptView(
  store: Store,
  documentId: string,
): Promise<DocumentView | undefined> {
  const bytes = await quietly(store.get(names.document(documentId)));
  return bytes && (JSON.parse(decoder.decode(bytes)) as DocumentView);
}

async function writeShelf(store: Store, shelf: Shelf): Promise<void> {
  await store.put(names.shelf, encoder.encode(JSON.stringify(shelf)));
}

async function drop(store: Store, versionId: string): Promise<void> {
  for (const key of await store.keys(names.version(versionId))) await store.delete(key);
}

/** Takes a document off this device: it was withdrawn, or is no longer this person's. */
export async function forget(store: Store, documentId: string): Promise<void> {
  const shelf = await readShelf(store);
  for (const entry of shelf.filter((other) => other.documentId === documentId)) {
    await drop(store, entry.versionId);
  }
  await store.delete(names.document(documentId));
  await writeShelf(
    store,
    shelf.filter((other) => other.documentId !== documentId),
  );
}

/** Copies what is missing. Rejects with the signal's reason, `ApiProblem` or `SealedLocked`. */
export async function keep(
  view: DocumentView,
  parts: KeeperParts,
  signal: AbortSignal,
): Promise<void> {
  const { version } = view;
  if (version?.state !== 'ready') return;
  const { store } = parts;
  const limit = parts.limit ?? SHELF_LIMIT_BYTES;
  const facts = {
    kind: version.kind,
    pdfBytes: version.size,
    pages: version.page_count,
    imageBytes: parts.imageBytes(),
    mayDownload: view.may_download,
    restricted: view.card.restricted,
  };
  const before = await readShelf(store);
  const known = before.find((entry) => entry.versionId === version.id);
  const entry: ShelfEntry = known
    ? { ...known, openedAt: parts.now() }
    : {
        documentId: view.card.id,
        versionId: version.id,
        bytes: 0,
        openedAt: parts.now(),
        copy: chooseCopy(facts),
        complete: false,
      };
  const stale = before.find(
    (other) => other.documentId === entry.documentId && other.versionId !== version.id,
  );
  if (stale) await drop(store, stale.versionId);
  await store.put(names.document(view.card.id), encoder.encode(JSON.stringify(view)));
  const shelf = new Shelving(parts, entry, before, limit);
  await shelf.note();
  if (!entry.complete) {
    try {
      await parts.idle(signal);
      const words = names.words(version.id);
      if (!(await store.get(words))) await shelf.take(words, await parts.server.allWords(signal));
      await (entry.copy === 'pdf' ? keepPdf : keepImages)(version, parts, shelf, signal);
    } finally {
      // Also when broken off: the next time goes on from here with the right count of bytes.
      await shelf.note();
    }
  }
  const total = entry.copy === 'pdf' ? 1 : version.page_count;
  parts.onProgress({ done: entry.complete ? total : 0, total, complete: entry.complete });
}

/** One document finding its place: counts bytes and sends the longest unread away. */
class Shelving {
  constructor(
    readonly parts: KeeperParts,
    readonly entry: ShelfEntry,
    private shelf: Shelf,
    private readonly limit: number,
  ) {}

  /** False when the document is too large to be kept. */
  async take(key: string, bytes: Bytes | undefined): Promise<boolean> {
    if (!bytes) return true;
    const { store } = this.parts;
    const total = this.entry.bytes + bytes.byteLength;
    if (!mayKeep(total, this.limit)) return false;
    for (const gone of leaving(this.shelf, this.entry.documentId, total, this.limit)) {
      await drop(store, gone.versionId);
      await store.delete(names.document(gone.documentId));
      this.shelf = this.shelf.filter((other) => other !== gone);
    }
    await store.put(key, bytes);
    this.entry.bytes = total;
    return true;
  }

  async note(): Promise<void> {
    this.shelf = placed(this.shelf, this.entry);
    await writeShelf(this.parts.store, this.shelf);
  }
}

async function keepPdf(
  version: VersionView,
  parts: KeeperParts,
  shelf: Shelving,
  signal: AbortSignal,
): Promise<void> {
  await parts.idle(signal);
  const pdf = await parts.server.pdf(signal);
  if (!pdf || (await compare(pdf, version.sha256)) === 'differs') return;
  shelf.entry.complete = await shelf.take(names.pdf(version.id), pdf);
}

async function keepImages(
  version: VersionView,
  parts: KeeperParts,
  shelf: Shelving,
  signal: AbortSignal,
): Promise<void> {
  const total = version.page_count;
  const here = new Set(await parts.store.keys(names.version(version.id)));
  let done = 0;
  for (const page of version.pages) {
    const key = names.image(version.id, page.index);
    if (!here.has(key)) {
      await parts.idle(signal);
      const near = await parts.held(page.index);
      const bytes = near ?? (await parts.server.image(page.index, signal));
      if (!bytes || (await compare(bytes, page.image_sha)) === 'differs') continue;
      if (!(await shelf.take(key, bytes))) return;
    }
    done += 1;
    parts.onProgress({ done, total, complete: false });
  }
  shelf.entry.complete = done === total;
}
