/** Marks that were deleted by their meeting's rule leave this tablet too, opened or not. */
import { keptDocuments, mine } from '../meetings';

/** Handled in this tab already. */
let done: readonly string[] = [];

async function forget(meetingIds: readonly string[]): Promise<void> {
  const documents = (await keptDocuments())
    .filter(({ meeting }) => meetingIds.includes(meeting.id))
    .map(({ document }) => document.id);
  const { annotating } = await import('../annotating');
  await annotating.forget(documents);
}

/** Looks whenever the list of meetings changes; the answer stops it. */
export function watchPurged(): () => void {
  return $effect.root(() => {
    $effect(() => {
      const gone = (mine.data?.meetings ?? [])
        .filter(({ meeting }) => meeting.marks.purged_at !== null && !done.includes(meeting.id))
        .map(({ meeting }) => meeting.id);
      if (gone.length === 0) return;
      done = [...done, ...gone];
      void forget(gone).catch(() => undefined);
    });
  });
}
