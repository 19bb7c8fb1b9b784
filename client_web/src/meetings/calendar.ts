/** When meetings are: the groups of "my meetings", and the planned times of an agenda. */
import { dayNumber } from '../i18n';
import type { AgendaItem, MeetingCard } from '../wire';

export interface Groups {
  now: MeetingCard[];
  today: MeetingCard[];
  coming: MeetingCard[];
  past: MeetingCard[];
}

const start = (card: MeetingCard) => Date.parse(card.meeting.starts_at);

/**
 * In session is now, whatever the clock says. A meeting of today that has not been closed stays
 * under today; one of an earlier day that was never opened is past.
 */
export function groupMeetings(cards: readonly MeetingCard[], now: number): Groups {
  const groups: Groups = { now: [], today: [], coming: [], past: [] };
  const today = dayNumber(now);
  for (const card of [...cards].sort((a, b) => start(a) - start(b))) {
    const { state, starts_at, ends_at } = card.meeting;
    if (state === 'in_session') groups.now.push(card);
    else if (state === 'closed') groups.past.push(card);
    else if (dayNumber(starts_at) > today) groups.coming.push(card);
    else if (dayNumber(ends_at) >= today) groups.today.push(card);
    else groups.past.push(card);
  }
  groups.past.reverse();
  return groups;
}

/**
 * When each item is planned to begin (ms since 1970), as far as the durations before it are
 * known: after an item without a duration nobody can say.
 */
export function plannedStarts(startsAt: string, items: readonly AgendaItem[]): (number | null)[] {
  let at: number | null = Date.parse(startsAt);
  return items.map(({ minutes }) => {
    const begins = at;
    at = at === null || minutes === 0 ? null : at + minutes * 60_000;
    return begins;
  });
}

/** Moves one entry of a list to another place. */
export function moved<Entry>(list: readonly Entry[], from: number, to: number): Entry[] {
  const next = [...list];
  const [entry] = next.splice(from, 1);
  if (entry !== undefined) next.splice(to, 0, entry);
  return next;
}

const HOUR_MS = 3_600_000;
const ZONE_HOURS = 7;
const MORNING = 8;
/** A meeting that begins later would run into the evening: the next morning is meant. */
const LAST_START = 16;

/** Where a new meeting's form starts: a full hour, an hour ahead at least, in office hours. */
export function nextMeetingHour(now: number): number {
  const start = Math.ceil((now + HOUR_MS) / HOUR_MS);
  const hour = (start + ZONE_HOURS) % 24;
  if (hour >= 7 && hour <= LAST_START) return start * HOUR_MS;
  const untilMorning = (MORNING - hour + 24) % 24;
  return (start + untilMorning) * HOUR_MS;
}
