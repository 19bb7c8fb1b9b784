/** What is known of the pages of a document that was opened on this device. */
import { sealed } from '../sealed';
import { keptView } from './keeper';
import { labelOf } from './manifest';

/** What is printed on them. */
export async function keptLabels(documentId: string): Promise<(page: number) => string> {
  const view = await keptView(sealed.store('pages'), documentId);
  const pages = new Map(view?.version?.pages.map((page) => [page.index, labelOf(page)]));
  return (page) => pages.get(page) ?? String(page + 1);
}

/** How high the unrotated pages of a version are, points; undefined where another one lies here. */
export async function keptHeights(
  documentId: string,
  versionId: string,
): Promise<((page: number) => number | undefined) | undefined> {
  const view = await keptView(sealed.store('pages'), documentId);
  if (view?.version?.id !== versionId) return undefined;
  const heights = new Map(view.version.pages.map(({ index, height }) => [index, height]));
  return (page) => heights.get(page);
}
