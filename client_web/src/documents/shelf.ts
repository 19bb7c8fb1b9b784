/**
 * Which documents stay on this device: the pure rules. The shelf holds what a person took along,
 * until that person lets it go, and the documents that were opened, within a bound: of those the
 * one read longest ago leaves first.
 */
import type { DocumentCard } from '../wire';

/** Half a gigabyte: some forty long reports, and well inside what tablets grant a site. */
export const SHELF_LIMIT_BYTES = 500 * 1024 * 1024;
/** One document may not push everything else out. */
export const DOCUMENT_SHARE = 0.5;
/** Measured in pages.md: a page image is 50–185 kB; used until real pages are known. */
export const ASSUMED_IMAGE_BYTES = 90_000;
/** The same for a page of a colour scan, the heaviest kind: what is said before must not be less
 * than what comes. */
const HEAVY_IMAGE_BYTES = 185_000;

export interface ShelfEntry {
  documentId: string;
  versionId: string;
  bytes: number;
  /** ms since 1970. */
  openedAt: number;
  /** Pages whose image lies here, or 'pdf' when the PDF does. */
  copy: 'pdf' | 'images';
  complete: boolean;
  /** What goes along with a document that is taken along lies here too: its marks. */
  marks?: boolean;
  /** ms since 1970 when a person asked to keep it; absent: it is here only because it was opened. */
  takenAt?: number;
  /** For the list of what is kept. */
  title?: string;
  meetingId?: string;
}

export type Shelf = ShelfEntry[];

/** A document as the agenda tells of it. */
export type TakenCard = Pick<DocumentCard, 'id' | 'title' | 'meeting_id' | 'version_id'>;

export interface CopyFacts {
  kind: 'born' | 'scan' | 'mixed';
  pdfBytes: number;
  pages: number;
  /** Mean of the images seen so far; undefined when none was. */
  imageBytes: number | undefined;
  mayDownload: boolean;
  restricted: boolean;
  /** Marks of the PDF itself stand in a layer: drawn from the PDF they would be seen twice. */
  hasOwnMarks: boolean;
}

/**
 * The lighter of the PDF and the page images. A restricted document, and one that may not be
 * downloaded, travels only as images (security.md, "Lessons": script through a PDF viewer).
 */
export function chooseCopy(facts: CopyFacts): 'pdf' | 'images' {
  if (!facts.mayDownload || facts.restricted || facts.hasOwnMarks) return 'images';
  if (facts.kind !== 'born') return 'images';
  const images = facts.pages * (facts.imageBytes ?? ASSUMED_IMAGE_BYTES);
  return facts.pdfBytes < images ? 'pdf' : 'images';
}

/** The words of a page with their boxes, for search and selection. */
const WORDS_BYTES = 15_000;

/** What taking a document along will cost at most, before its manifest is known, bytes. */
export function expectedBytes(card: { size: number; pages: number; restricted: boolean }): number {
  const images = card.pages * HEAVY_IMAGE_BYTES;
  // A restricted document never travels as its PDF; others as the lighter of the two.
  const copy = card.restricted ? images : Math.min(card.size, images);
  return copy + card.pages * WORDS_BYTES;
}

/** True when a copy of `bytes` may be kept at all. */
export function mayKeep(bytes: number, limit = SHELF_LIMIT_BYTES): boolean {
  return bytes <= limit * DOCUMENT_SHARE;
}

/** Who has to leave so that `documentId` may take `bytes`; longest unread first. What people took
 * along neither leaves nor counts. */
export function leaving(
  shelf: Shelf,
  documentId: string,
  bytes: number,
  limit = SHELF_LIMIT_BYTES,
): ShelfEntry[] {
  const others = shelf.filter(
    (entry) => entry.documentId !== documentId && entry.takenAt === undefined,
  );
  let total = bytes + others.reduce((sum, entry) => sum + entry.bytes, 0);
  const gone: ShelfEntry[] = [];
  for (const entry of [...others].sort((one, other) => one.openedAt - other.openedAt)) {
    if (total <= limit) break;
    total -= entry.bytes;
    gone.push(entry);
  }
  return gone;
}

/** What a person takes along stands on the shelf before its first byte is here, so that a closed
 * tab goes on with it later. */
export function taken(shelf: Shelf, cards: readonly TakenCard[], now: number): Shelf {
  const asked = new Map(cards.map((card) => [card.id, card]));
  const known = shelf.map((entry): ShelfEntry => {
    const card = asked.get(entry.documentId);
    if (!card) return entry;
    asked.delete(entry.documentId);
    return {
      ...entry,
      takenAt: entry.takenAt ?? now,
      title: card.title,
      meetingId: card.meeting_id,
    };
  });
  const fresh = [...asked.values()].map((card): ShelfEntry => ({
    documentId: card.id,
    versionId: card.version_id ?? '',
    bytes: 0,
    openedAt: now,
    copy: 'images',
    complete: false,
    takenAt: now,
    title: card.title,
    meetingId: card.meeting_id,
  }));
  return [...known, ...fresh];
}

/** The shelf with this entry at its newest; an older version of the same document is replaced. */
export function placed(shelf: Shelf, entry: ShelfEntry): Shelf {
  return [...shelf.filter((other) => other.documentId !== entry.documentId), entry];
}

/** What was taken along, by the meeting it belongs to, in the order it was given. */
export function byMeeting(entries: readonly ShelfEntry[]): { meetingId: string; entries: Shelf }[] {
  const groups = new Map<string, Shelf>();
  for (const entry of entries) {
    const id = entry.meetingId ?? '';
    groups.set(id, [...(groups.get(id) ?? []), entry]);
  }
  return [...groups].map(([meetingId, group]) => ({ meetingId, entries: group }));
}
