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

/** A look at the outbox, ms; and so many looks before the list is loaded all the same. */
const LOOK_MS = 250;
const LOOKS = 40;

/** Until what was marked without a network has reached the server, whose list would lack it. */
export async function untilSent(): Promise<void> {
  const { annotating } = await import('../annotating');
  for (let look = 0; look < LOOKS; look++) {
    if ((await annotating.countUnsent().catch(() => 0)) === 0) return;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}
