/** What is printed on the pages of a document that was opened on this device. */
import { sealed } from '../sealed';
import { keptView } from './keeper';
import { labelOf } from './manifest';

export async function keptLabels(documentId: string): Promise<(page: number) => string> {
  const view = await keptView(sealed.store('pages'), documentId);
  const pages = new Map(view?.version?.pages.map((page) => [page.index, labelOf(page)]));
  return (page) => pages.get(page) ?? String(page + 1);
}
