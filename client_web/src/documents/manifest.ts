/** The approved manifest of a document as the page view needs it. */
import type { DocumentView, PageEntry, VersionView } from '../wire';
import { displayedSize, type Size } from './space';

/** A4 in points: the size of a page that nobody has measured yet. */
const A4: Size = { width: 595.3, height: 841.9 };

/**
 * The pages of a version, as many as it will have: those that the server has not reached yet
 * stand in with the size of the last known page, so that nothing jumps when they arrive.
 */
export function pagesOf(version: VersionView): PageEntry[] {
  const known = [...version.pages].sort((one, other) => one.index - other.index);
  const last = known.at(-1);
  for (let index = known.length; index < version.page_count; index += 1) {
    known.push({
      index,
      label: String(index + 1),
      width: last?.width ?? A4.width,
      height: last?.height ?? A4.height,
      rotation: last?.rotation ?? 0,
      image_w: last?.image_w ?? 1240,
      image_h: last?.image_h ?? 1754,
      image_sha: null,
      words_sha: null,
    });
  }
  return known;
}

export function sizesOf(pages: PageEntry[]): Size[] {
  return pages.map((page) => displayedSize(page, page.rotation));
}

export function isReady(page: PageEntry | undefined): boolean {
  return page?.image_sha != null;
}

/** The label that is printed on the page, or its number where the document has no labels. */
export function labelOf(page: PageEntry | undefined): string {
  if (!page) return '';
  return page.label.trim() === '' ? String(page.index + 1) : page.label;
}

/** True when a printed label says something else than the plain number of some page. */
export function hasOwnLabels(pages: PageEntry[]): boolean {
  return pages.some((page) => labelOf(page) !== String(page.index + 1));
}

/**
 * The page a reader means by what they typed: its printed label first ("iv", "12"), then, where no
 * label is like that, the plain number. undefined: there is no such page.
 */
export function pageByLabel(pages: PageEntry[], typed: string): number | undefined {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return undefined;
  const labelled = pages.findIndex((page) => labelOf(page).toLowerCase() === wanted);
  if (labelled !== -1) return labelled;
  if (!/^\d+$/.test(wanted)) return undefined;
  const index = Number(wanted) - 1;
  return index >= 0 && index < pages.length ? index : undefined;
}

/** The entry of the outline that the reader is in: the last that starts on or before `page`. */
export function outlineAt(view: DocumentView, page: number): number {
  const outline = view.version?.outline ?? [];
  let found = -1;
  outline.forEach((entry, index) => {
    if (entry.page <= page) found = index;
  });
  return found;
}
