/** What changed among my meetings that a person should hear of wherever they are in the app. */
import type { MeetingCard } from '../wire';

export interface News {
  /** The key of the words. */
  words: 'meetings.opened' | 'meetings.issued';
  title: string;
}

export function newsOf(before: readonly MeetingCard[], after: readonly MeetingCard[]): News[] {
  const known = new Map(before.map((card) => [card.meeting.id, card.meeting.state]));
  return after.flatMap(({ meeting, staff }): News[] => {
    const was = known.get(meeting.id);
    if (was === meeting.state || staff) return []; // who did it has been told already
    if (meeting.state === 'in_session') return [{ words: 'meetings.opened', title: meeting.title }];
    if (meeting.state === 'issued') return [{ words: 'meetings.issued', title: meeting.title }];
    return [];
  });
}
