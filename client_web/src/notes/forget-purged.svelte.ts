/** Marks that were deleted by their meeting's rule leave this tablet too, opened or not. */
import { keptDocuments, mine } from '../meetings';
import { Purged } from './purged';

async function forget(meetingIds: readonly string[]): Promise<void> {
  const documents = (await keptDocuments())
    .filter(({ meeting }) => meetingIds.includes(meeting.id))
    .map(({ document }) => document.id);
  const { annotating } = await import('../annotating');
  await annotating.forget(documents);
}

/** Looks whenever the list of meetings changes; the answer stops it. */
export function watchPurged(): () => void {
  const purged = new Purged(forget);
  return $effect.root(() => {
    $effect(() => {
      const gone = (mine.data?.meetings ?? [])
        .filter(({ meeting }) => meeting.marks.purged_at !== null)
        .map(({ meeting }) => meeting.id);
      void purged.see(mine.whose, gone);
    });
  });
}
