/** Where the list comes from: the server, or the sealed copies on this tablet. */
import { keptDocuments } from '../meetings';
import type { MyMarks } from '../wire';
import type { Filter } from './filter';
import { keptNotes, type KeptMarks } from './kept-notes';

/** The marks' code and the reader's are large; without a network they are in the cache. */
export async function notesOnThisTablet(filter: Filter): Promise<MyMarks> {
  const [{ annotating }, { keptLabels }] = await Promise.all([
    import('../annotating'),
    import('../documents'),
  ]);
  const kept = await annotating.kept();
  const marked: KeptMarks[] = await Promise.all(
    kept.map(async (one) => ({ ...one, label: await keptLabels(one.documentId) })),
  );
  return keptNotes(marked, await keptDocuments(), filter);
}

/** Marks that the server's list would lack: they have not reached it yet. */
export async function countWaiting(): Promise<number> {
  try {
    return await (await import('../annotating')).annotating.countWaiting();
  } catch {
    return 0; // this browser keeps nothing, so that nothing can wait
  }
}
