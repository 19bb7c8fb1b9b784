/**
 * Which documents stay on this device: the pure rules. The shelf holds the documents that were
 * opened, within a bound; the one read longest ago leaves first.
 */

/** Half a gigabyte: some forty long reports, and well inside what tablets grant a site. */
export const SHELF_LIMIT_BYTES = 500 * 1024 * 1024;
/** One document may not push everything else out. */
export const DOCUMENT_SHARE = 0.5;
/** Measured in pages.md: a page image is 50–185 kB; used until real pages are known. */
export const ASSUMED_IMAGE_BYTES = 90_000;

export interface ShelfEntry {
  documentId: string;
  versionId: string;
  bytes: number;
  /** ms since 1970. */
  openedAt: number;
  /** Pages whose image lies here, or 'pdf' when the PDF does. */
  copy: 'pdf' | 'images';
  complete: boolean;
}

export type Shelf = ShelfEntry[];

export interface CopyFacts {
  kind: 'born' | 'scan' | 'mixed';
  pdfBytes: number;
  pages: number;
  /** Mean of the images seen so far; undefined when none was. */
  imageBytes: number | undefined;
  mayDownload: boolean;
  restricted: boolean;
}

/**
 * The lighter of the PDF and the page images. A restricted document, and one that may not be
 * downloaded, travels only as images (security.md, "Lessons": script through a PDF viewer).
 */
export function chooseCopy(facts: CopyFacts): 'pdf' | 'images' {
  if (!facts.mayDownload || facts.restricted || facts.kind !== 'born') return 'images';
  const images = facts.pages * (facts.imageBytes ?? ASSUMED_IMAGE_BYTES);
  return facts.pdfBytes < images ? 'pdf' : 'images';
}

/** True when a copy of `bytes` may be kept at all. */
export function mayKeep(bytes: number, limit = SHELF_LIMIT_BYTES): boolean {
  return bytes <= limit * DOCUMENT_SHARE;
}

/** Who has to leave so that `documentId` may take `bytes`; longest unread first. */
export function leaving(
  shelf: Shelf,
  documentId: string,
  bytes: number,
  limit = SHELF_LIMIT_BYTES,
): ShelfEntry[] {
  const others = shelf.filter((entry) => entry.documentId !== documentId);
  let total = bytes + others.reduce((sum, entry) => sum + entry.bytes, 0);
  const gone: ShelfEntry[] = [];
  for (const entry of [...others].sort((one, other) => one.openedAt - other.openedAt)) {
    if (total <= limit) break;
    total -= entry.bytes;
    gone.push(entry);
  }
  return gone;
}

/** The shelf with this entry at its newest; an older version of the same document is replaced. */
export function placed(shelf: Shelf, entry: ShelfEntry): Shelf {
  return [...shelf.filter((other) => other.documentId !== entry.documentId), entry];
}
