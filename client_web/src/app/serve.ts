/** Brings the features to life for the person at this device, and to rest when they leave. */
import { forgetMeetings, keptDocuments, mine } from '../meetings';
import { forgetNotes } from '../notes';
import { session } from '../people';

let served: string | null = null;

export function serve(person: string | null, keeps: boolean): void {
  if (served !== null && served !== person) {
    forgetNotes();
    void import('../documents').then(({ forgetWarm }) => forgetWarm());
  }
  served = person;
  if (person === null) {
    mine.stop();
    forgetMeetings();
  } else {
    mine.follow(person);
  }
  void serveMarks(person, keeps);
}

let asked = 0;

/** The marks' code is loaded after the first page has been painted. */
async function serveMarks(person: string | null, keeps: boolean): Promise<void> {
  const mine = (asked += 1);
  const [{ annotating }, { keeping, keptHeights }] = await Promise.all([
    import('../annotating'),
    import('../documents'),
  ]);
  if (mine !== asked) return;
  session.unsentWork = () => annotating.unsentWork();
  session.endWork = () => annotating.endWork();
  annotating.nameBy(async (documentId) => {
    const found = (await keptDocuments()).find(({ document }) => document.id === documentId);
    return found && { document: found.document.title, meeting: found.meeting.title };
  });
  annotating.measureBy(keptHeights);
  annotating.serve(person, keeps);
  keeping.joined(annotating.takeAlong);
}
