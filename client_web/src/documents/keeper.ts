/** Keeps an opened document on this device, sealed, while the reader reads. */
import type { DocumentView, VersionView } from '../wire';
import { alone } from './alone';
import { compare } from './fingerprint';
import { giveBack } from './give_back';
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
  /** A copy of an image in memory already, so that it is not fetched twice. */
  held: (page: number) => Promise<Bytes | undefined>;
  /** Mean bytes of the images seen so far. */
  imageBytes: () => number | undefined;
  /** Resolves when the reader needs nothing, so that keeping never delays a page. */
  idle: (signal: AbortSignal) => Promise<void>;
  now: () => number;
  onProgress: (progress: KeepProgress) => void;
  /** A person asked for it: it stays until let go, whatever its size. */
  taken?: boolean;
  limit?: number;
}

/** How often the count of bytes is written down while a document comes in. */
const NOTE_EVERY_BYTES = 2_000_000;

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

/** One change of the shelf at a time, over all tabs: two documents may be kept side by side. */
export async function changeShelf(
  store: Store,
  change: (shelf: Shelf) => Shelf | Promise<Shelf>,
): Promise<Shelf> {
  return alone('phonghop-shelf', async () => {
    const shelf = await change(await readShelf(store));
    await store.put(names.shelf, encoder.encode(JSON.stringify(shelf)));
    return shelf;
  });
}

async function drop(store: Store, versionId: string): Promise<void> {
  for (const key of await store.keys(names.version(versionId))) await store.delete(key);
}

/** Takes a document off this device: it was withdrawn, or is no longer this person's. */
export async function forget(store: Store, documentId: string): Promise<void> {
  await changeShelf(store, async (shelf) => {
    for (const entry of shelf.filter((other) => other.documentId === documentId)) {
      await drop(store, entry.versionId);
    }
    await store.delete(names.document(documentId));
    return shelf.filter((other) => other.documentId !== documentId);
  });
}

/** Copies what is missing. Rejects with the signal's reason, `ApiProblem` or `SealedLocked`. */
export async function keep(
  view: DocumentView,
  parts: KeeperParts,
  signal: AbortSignal,
): Promise<void> {
  const { version } = view;
  if (version?.state !== 'ready') return;
  await alone(`phonghop-keep-${view.card.id}`, () => keepVersion(view, version, parts, signal));
}

async function keepVersion(
  view: DocumentView,
  version: VersionView,
  parts: KeeperParts,
  signal: AbortSignal,
): Promise<void> {
  const { store } = parts;
  const shelving = await Shelving.begin(view, version, parts);
  const { entry } = shelving;
  await store.put(names.document(view.card.id), encoder.encode(JSON.stringify(view)));
  if (!entry.complete) {
    try {
      await parts.idle(signal);
      const words = names.words(version.id);
      if (!(await store.get(words)))
        await shelving.take(words, await parts.server.allWords(signal));
      await (entry.copy === 'pdf' ? keepPdf : keepImages)(version, parts, shelving, signal);
    } finally {
      // Also when broken off: the next time goes on from here with the right count of bytes.
      await shelving.note();
    }
  }
  const total = entry.copy === 'pdf' ? 1 : version.page_count;
  parts.onProgress({ done: entry.complete ? total : 0, total, complete: entry.complete });
}

/** One document finding its place: counts bytes and sends the longest unread away. */
class Shelving {
  private noted = 0;

  private constructor(
    readonly parts: KeeperParts,
    readonly entry: ShelfEntry,
    private readonly limit: number,
  ) {}

  static async begin(
    view: DocumentView,
    version: VersionView,
    parts: KeeperParts,
  ): Promise<Shelving> {
    const { store } = parts;
    const facts = {
      kind: version.kind,
      pdfBytes: version.size,
      pages: version.page_count,
      imageBytes: parts.imageBytes(),
      mayDownload: view.may_download,
      restricted: view.card.restricted,
      hasOwnMarks: version.file_marks.read > 0,
    };
    let entry: ShelfEntry = {
      documentId: view.card.id,
      versionId: version.id,
      bytes: 0,
      openedAt: parts.now(),
      copy: chooseCopy(facts),
      complete: false,
      title: view.card.title,
      meetingId: view.card.meeting_id,
    };
    await changeShelf(store, async (shelf) => {
      const before = shelf.find((other) => other.documentId === view.card.id);
      // What was taken along stays taken when a new version comes in its place.
      if (before?.takenAt !== undefined) entry.takenAt = before.takenAt;
      else if (parts.taken) entry.takenAt = parts.now();
      if (before?.versionId === version.id) entry = { ...before, ...entry, ...reached(before) };
      else if (before) await drop(store, before.versionId);
      return placed(shelf, entry);
    });
    return new Shelving(parts, entry, parts.limit ?? SHELF_LIMIT_BYTES);
  }

  /** Takes the bytes over: they are empty afterwards. False: the document is too large to keep. */
  async take(key: string, bytes: Bytes | undefined): Promise<boolean> {
    if (!bytes) return true;
    const { entry } = this;
    const total = entry.bytes + bytes.byteLength;
    if (entry.takenAt === undefined) {
      if (!mayKeep(total, this.limit)) return false;
      await this.makeRoom(total);
    }
    await this.parts.store.put(key, bytes);
    giveBack(bytes);
    entry.bytes = total;
    if (total - this.noted >= NOTE_EVERY_BYTES) await this.note();
    return true;
  }

  /** Writes down how far it is. The person may have taken it along, or let it go, meanwhile. */
  async note(): Promise<void> {
    this.noted = this.entry.bytes;
    await changeShelf(this.parts.store, (shelf) => {
      const now = shelf.find((other) => other.documentId === this.entry.documentId);
      if (now?.takenAt === undefined) delete this.entry.takenAt;
      else this.entry.takenAt = now.takenAt;
      return placed(shelf, this.entry);
    });
  }

  private async makeRoom(total: number): Promise<void> {
    const { store } = this.parts;
    const { documentId } = this.entry;
    const full = (shelf: Shelf) => leaving(shelf, documentId, total, this.limit);
    if (full(await readShelf(store)).length === 0) return;
    await changeShelf(store, async (shelf) => {
      const gone = full(shelf);
      for (const one of gone) {
        await drop(store, one.versionId);
        await store.delete(names.document(one.documentId));
      }
      return shelf.filter((other) => !gone.includes(other));
    });
  }
}

/** What a copy begun before has reached. */
function reached({ bytes, copy, complete }: ShelfEntry): Partial<ShelfEntry> {
  return bytes > 0 ? { bytes, copy, complete } : {};
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
