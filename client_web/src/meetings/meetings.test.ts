// @vitest-environment node
import { expect, test } from 'vitest';

import type {
  AgendaItem,
  DocumentCard,
  MeetingCard,
  MeetingView,
  Participant,
  ParticipantRole,
} from '../wire';
import { groupMeetings, moved, nextMeetingHour, plannedStarts } from './calendar';
import { agendaOf, changeMeeting, changeMine, type MeetingChange } from './changes';
import { nextStep, titleOf } from './kinds';
import { newsOf } from './news';
import { inOrder } from './seating';

const head = (id: string, state: MeetingCard['meeting']['state'], day: string) => ({
  id,
  kind: 'regular' as const,
  title: `Phiên họp ${id}`,
  organisation: 'UBND tỉnh',
  place: '',
  starts_at: `${day}T01:00:00Z`,
  ends_at: `${day}T04:30:00Z`,
  state,
  chair_id: null,
  opened_at: null,
  closed_at: null,
  marks: { rule: 'keep' as const, days: null, warn_at: null, purge_at: null, purged_at: null },
});
const card = (
  id: string,
  state: MeetingCard['meeting']['state'],
  day = '2026-11-22',
): MeetingCard => ({
  meeting: head(id, state, day),
  my_role: 'delegate',
  staff: false,
  chair_name: '',
  documents: 0,
});
const item = (id: string, position: number, minutes = 0): AgendaItem => ({
  id,
  position,
  number: String(position + 1),
  title: id,
  presenter: '',
  presenter_id: null,
  minutes,
  internal: false,
});
const doc = (id: string, item_id: string | null, position = 0, meeting_id = 'm'): DocumentCard => ({
  id,
  meeting_id,
  item_id,
  position,
  kind: 'Tờ trình',
  title: id,
  number_symbol: '',
  restricted: false,
  sharing: 'everyone',
  state: 'ready',
  refusal: null,
  version_id: null,
  pages: 1,
  pages_ready: 1,
  size: 1,
  newest: null,
});
const view = (): MeetingView => ({
  meeting: head('m', 'issued', '2026-11-22'),
  items: [item('b', 1), item('a', 0)],
  participants: [],
  documents: [doc('d2', 'a', 1), doc('d1', 'a', 0), doc('loose', null)],
});

test('my meetings fall into now, today, coming and past', () => {
  const now = Date.parse('2026-11-22T02:00:00Z');
  const groups = groupMeetings(
    [
      card('closed-today', 'closed'),
      card('tomorrow', 'issued', '2026-11-23'),
      card('next', 'draft', '2026-12-01'),
      card('now', 'in_session', '2026-11-21'),
      card('today', 'issued'),
      card('never-opened', 'issued', '2026-11-20'),
      card('long-ago', 'closed', '2026-10-01'),
    ],
    now,
  );
  const ids = Object.fromEntries(
    Object.entries(groups).map(([name, cards]) => [
      name,
      (cards as MeetingCard[]).map(({ meeting }) => meeting.id),
    ]),
  );
  expect(ids).toEqual({
    now: ['now'],
    today: ['today'],
    coming: ['tomorrow', 'next'],
    past: ['closed-today', 'never-opened', 'long-ago'],
  });
});

test('planned times run until a duration is missing', () => {
  const items = [item('a', 0, 30), item('b', 1, 0), item('c', 2, 15)];
  const starts = plannedStarts('2026-11-22T01:00:00Z', items);
  expect(starts[0]).toBe(Date.parse('2026-11-22T01:00:00Z'));
  expect(starts[1]).toBe(Date.parse('2026-11-22T01:30:00Z'));
  expect(starts[2]).toBeNull();
});

test('the agenda is in order, with its documents and those of my inbox', () => {
  const shown = [doc('secret', 'b'), doc('elsewhere', 'b', 0, 'other'), doc('d1', 'a')];
  const { lines, loose } = agendaOf(view(), shown, false);
  expect(lines.map((line) => [line.item.id, line.documents.map(({ id }) => id)])).toEqual([
    ['a', ['d1', 'd2']],
    ['b', ['secret']],
  ]);
  expect(loose.map(({ id }) => id)).toEqual(['loose']);
});

test('people are listed by their part, then by office, then by given name', () => {
  const one = (name: string, role: ParticipantRole, rank: number): Participant => ({
    ...{ person_id: name, form_of_address: '', position: '', organisation: '' },
    ...{ name, role, rank },
  });
  const people = [
    one('Lê An', 'secretary', 0),
    one('Hồ Bình', 'guest', 8),
    one('Lý Yến', 'delegate', 4),
    one('Lý Ánh', 'delegate', 4),
    one('Đoàn Tự', 'delegate', 1),
    one('Trịnh Hoàn', 'chair', 0),
  ];
  const byName = (a: Participant, b: Participant) => a.name.localeCompare(b.name, 'vi');
  const names = inOrder(people, byName).map(({ name }) => name);
  expect(names).toEqual(['Trịnh Hoàn', 'Đoàn Tự', 'Lý Ánh', 'Lý Yến', 'Hồ Bình', 'Lê An']);
});

test('every change of a meeting is put in its place', () => {
  const participant = {
    person_id: 'p',
    role: 'delegate' as const,
    name: 'A',
    form_of_address: '',
    position: '',
    organisation: 'B',
    rank: 0,
  };
  const changes: MeetingChange[] = [
    { kind: 'meeting', meeting: head('m', 'in_session', '2026-11-22') },
    { kind: 'item', item: { ...item('a', 0), title: 'new' } },
    { kind: 'item', item: item('c', 2) },
    { kind: 'participant', participant },
    { kind: 'participant', participant: { ...participant, role: 'chair' } },
    { kind: 'document', document: { ...doc('d1', 'a'), pages_ready: 9 } },
    { kind: 'document_gone', document_id: 'd2' },
  ];
  const after = changes.reduce(changeMeeting, view());
  expect(after.meeting.state).toBe('in_session');
  expect(after.items.map(({ title }) => title)).toEqual(['b', 'new', 'c']);
  expect(after.participants.map(({ role }) => role)).toEqual(['chair']);
  expect(after.documents.map(({ id, pages_ready }) => [id, pages_ready])).toEqual([
    ['d1', 9],
    ['loose', 1],
  ]);
  const gone = changeMeeting(after, { kind: 'participant_gone', person_id: 'p' });
  expect(gone.participants).toEqual([]);
});

test('documents of a deleted item stay, without an item', () => {
  const after = changeMeeting(view(), { kind: 'item_deleted', item_id: 'a' });
  expect(agendaOf(after, [], true).loose.map(({ id }) => id)).toEqual(['d1', 'loose', 'd2']);
});

test('a change of a newer server leaves the page as it is', () => {
  const before = view();
  expect(changeMeeting(before, { kind: 'seat' } as unknown as MeetingChange)).toBe(before);
});

test('my inbox takes cards and restricted documents', () => {
  const start = { meetings: [card('m', 'draft')], documents: [doc('secret', null)] };
  const issued = changeMine(start, { kind: 'card', card: card('m', 'issued') });
  expect(issued.meetings.map(({ meeting }) => meeting.state)).toEqual(['issued']);
  const added = changeMine(issued, { kind: 'document', document: doc('two', null) });
  expect(added.documents).toHaveLength(2);
  expect(changeMine(added, { kind: 'document_gone', document_id: 'two' }).documents).toHaveLength(
    1,
  );
  expect(changeMine(added, { kind: 'card_gone', meeting_id: 'm' })).toEqual({
    meetings: [],
    documents: [],
  });
});

test('small things of the secretary', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(titleOf('01_Tờ-trình số 5.PDF')).toBe('Tờ-trình số 5');
  expect(titleOf('2026 ke hoach.pdf')).toBe('2026 ke hoach');
  expect(nextStep('draft')).toBe('issue');
  expect(nextStep('closed')).toBeNull();
  expect(nextMeetingHour(Date.parse('2026-11-22T01:10:00Z'))).toBe(
    Date.parse('2026-11-22T03:00:00Z'),
  );
  // 19:10 in Viet Nam: the next morning, not a meeting that ends at midnight.
  expect(nextMeetingHour(Date.parse('2026-11-22T12:10:00Z'))).toBe(
    Date.parse('2026-11-23T01:00:00Z'),
  );
  expect(nextMeetingHour(Date.parse('2026-11-22T18:10:00Z'))).toBe(
    Date.parse('2026-11-23T01:00:00Z'),
  );
});

test('a delegate hears of a meeting that is issued or opened, its staff knows', () => {
  const issued = card('m', 'issued');
  const open = card('m', 'in_session');
  expect(newsOf([], [issued])).toEqual([{ words: 'meetings.issued', title: 'Phiên họp m' }]);
  expect(newsOf([issued], [open])).toEqual([{ words: 'meetings.opened', title: 'Phiên họp m' }]);
  expect(newsOf([open], [open])).toEqual([]);
  expect(newsOf([issued], [{ ...open, staff: true }])).toEqual([]);
  expect(newsOf([open], [card('m', 'closed')])).toEqual([]);
});

test('delegates see documents that can be read, staff all of them', () => {
  const empty = { ...doc('no-file', 'a'), state: 'empty' as const, pages_ready: 0 };
  const before = { ...view(), documents: [empty] };
  expect(agendaOf(before, [], false).lines[0]?.documents).toEqual([]);
  expect(agendaOf(before, [], true).lines[0]?.documents).toEqual([empty]);
});
