/** What the secretary fills in about a meeting, new or not. */
import { fromFields, toFields } from '../i18n';
import type { MeetingHead, MeetingKind, NewMeeting, PersonCard } from '../wire';
import { nextMeetingHour } from './calendar';

const USUAL_LENGTH_MS = 3 * 3_600_000;

type Chair = Pick<PersonCard, 'id' | 'name' | 'form_of_address'>;

export class MeetingForm {
  kind = $state<MeetingKind>('regular');
  title = $state('');
  place = $state('');
  day = $state('');
  from = $state('');
  to = $state('');
  chair = $state.raw<Chair | null>(null);
  tried = $state(false);

  readonly startsAt = $derived(fromFields(this.day, this.from));
  readonly endsAt = $derived(fromFields(this.day, this.to));
  readonly untitled = $derived(this.title.trim() === '');
  readonly wrongTimes = $derived(
    this.startsAt === null ||
      this.endsAt === null ||
      Date.parse(this.endsAt) <= Date.parse(this.startsAt),
  );

  constructor(now: number, head?: MeetingHead, chair?: Chair) {
    const start = head?.starts_at ?? nextMeetingHour(now);
    const end = head?.ends_at ?? nextMeetingHour(now) + USUAL_LENGTH_MS;
    this.kind = head?.kind ?? 'regular';
    this.title = head?.title ?? '';
    this.place = head?.place ?? '';
    this.chair = chair ?? null;
    ({ day: this.day, time: this.from } = toFields(start));
    this.to = toFields(end).time;
  }

  get valid(): boolean {
    return !this.untitled && !this.wrongTimes;
  }

  body(): NewMeeting {
    return {
      kind: this.kind,
      title: this.title.trim(),
      place: this.place.trim(),
      starts_at: this.startsAt ?? '',
      ends_at: this.endsAt ?? '',
      chair_id: this.chair?.id ?? null,
    };
  }
}
