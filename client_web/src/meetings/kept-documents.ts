/** Documents this tablet knows by name: those of the meetings that were opened on it. */
import type { DocumentCard, MeetingHead, MyMeeting, MyMeetings } from '../wire';
import { kept } from './kept';

export interface KeptDocument {
  document: DocumentCard;
  meeting: MeetingHead;
}

export async function keptDocuments(): Promise<KeptDocument[]> {
  const mine = await kept<MyMeetings>('mine');
  if (mine === null) return [];
  const found = new Map<string, KeptDocument>();
  for (const { meeting } of mine.meetings) {
    const whole = await kept<MyMeeting>(`meeting:${meeting.id}`);
    for (const document of whole?.view.documents ?? []) {
      found.set(document.id, { document, meeting });
    }
    for (const document of mine.documents) {
      if (document.meeting_id === meeting.id) found.set(document.id, { document, meeting });
    }
  }
  return [...found.values()];
}
