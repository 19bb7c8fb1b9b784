import { expect, test } from 'vitest';
import type {
  DocumentCard,
  MarkedDocument,
  MarkedMeeting,
  MarksPlan,
  MeetingHead,
  MyMark,
} from '../wire';
import { EVERYTHING, fits, queryOf } from './filter';
import { groupNotes, nameMore, NOTHING_NAMED } from './groups';
import { keptNotes } from './kept-notes';
import { notesHref } from './links';
import { goingSoon, stageOf } from './plan';

const row = (id: string, more: Partial<MyMark> = {}): MyMark => ({
  id,
  marks: 1,
  document_id: 'd1',
  version_id: 'v1',
  page: 0,
  label: '1',
  kind: 'note',
  shared: false,
  quote: '',
  body: '',
  stamp: '',
  color: '#ffd84d',
  sketch: null,
  at: '2026-11-22T01:00:00Z',
  x: 1,
  y: 2,
  stranded: false,
  ...more,
});
const document = (id: string, meeting_id: string): MarkedDocument => ({
  id,
  title: `Tài liệu ${id}`,
  number_symbol: '',
  meeting_id,
  withdrawn: false,
});
const meeting = (id: string): MarkedMeeting => ({
  id,
  title: `Họp ${id}`,
  starts_at: '2026-11-22T01:00:00Z',
});

test('a query names only what is asked for', () => {
  expect(queryOf(EVERYTHING)).toBe('');
  const filter = { ...EVERYTHING, kind: 'note' as const, sought: '  số liệu ' };
  expect(Object.fromEntries(new URLSearchParams(queryOf(filter, { after: 'x' })))).toEqual({
    kind: 'note',
    q: 'số liệu',
    after: 'x',
  });
});

test('rows stand under their meeting, document and page in the order they came', () => {
  const first = {
    documents: [document('d1', 'm1'), document('d2', 'm1')],
    meetings: [meeting('m1')],
  };
  const second = { documents: [document('d3', 'm2')], meetings: [meeting('m2')] };
  const named = [first, second].reduce(nameMore, NOTHING_NAMED);
  const rows = [
    row('a'),
    row('b'),
    row('c', { page: 4, label: 'iii' }),
    row('d', { document_id: 'd2' }),
    row('e', { document_id: 'd3' }),
    row('f', { document_id: 'unknown' }),
  ];
  const groups = groupNotes(rows, named);
  expect(groups.map((one) => [one.meeting.id, one.documents.length])).toEqual([
    ['m1', 2],
    ['m2', 1],
  ]);
  expect(groups[0]?.documents[0]?.pages.map((page) => [page.label, page.rows.length])).toEqual([
    ['1', 2],
    ['iii', 1],
  ]);
});

test.each([
  ['note', { kind: 'highlight', body: 'x' }, true],
  ['note', { kind: 'highlight' }, false],
  ['text', { kind: 'squiggly' }, true],
  ['drawing', { kind: 'arrow' }, true],
  ['drawing', { kind: 'free_text' }, false],
  ['stamp', { kind: 'stamp' }, true],
] as const)('%s takes what the server takes', (kind, mark, expected) => {
  expect(fits({ ...EVERYTHING, kind }, row('a', mark), 'm1')).toBe(expected);
});

test('words are sought without diacritics, in the body, the quote and the stamp', () => {
  const sought = (words: string, mark: Partial<MyMark>) =>
    fits({ ...EVERYTHING, sought: words }, row('a', mark), 'm1');
  expect(sought('duong', { body: 'Đường vành đai' })).toBe(true);
  expect(sought('VÀNH', { quote: 'Đường vành đai' })).toBe(true);
  expect(sought('can lam ro', { stamp: 'Cần làm rõ' })).toBe(true);
  expect(sought('cầu', { body: 'Đường' })).toBe(false);
});

test('what lies on the tablet stands as on the server: newest meeting first', () => {
  const head = (id: string, starts_at: string) => ({ id, title: id, starts_at }) as MeetingHead;
  const card = (id: string, meeting_id: string, position: number) =>
    ({ id, title: id, number_symbol: '', meeting_id, position }) as DocumentCard;
  const [past, now] = [head('m1', '2026-10-01T01:00:00Z'), head('m2', '2026-11-22T01:00:00Z')];
  const known = [
    { document: card('d1', 'm1', 0), meeting: past },
    { document: card('d3', 'm2', 1), meeting: now },
    { document: card('d2', 'm2', 0), meeting: now },
    { document: card('d4', 'm2', 2), meeting: now },
  ];
  const line = (id: string, body: string) => ({
    id,
    marks: 1,
    version: 'v',
    page: 2,
    kind: 'note' as const,
    quote: '',
    body,
    stamp: '',
    color: '',
    sketch: null,
    at: 0,
    x: 0,
    y: 0,
    stranded: false,
  });
  const marked = ['d1', 'd2', 'd3', 'gone'].map((documentId) => ({
    documentId,
    lines: documentId === 'd3' ? [] : [line(`in-${documentId}`, 'Đường')],
    label: (page: number) => `tr. ${page + 1}`,
  }));
  const found = keptNotes(marked, known, { ...EVERYTHING, sought: 'duong' });
  expect(found.rows.map(({ id, label }) => [id, label])).toEqual([
    ['in-d2', 'tr. 3'],
    ['in-d1', 'tr. 3'],
  ]);
  expect(found.meetings.map(({ id }) => id)).toEqual(['m2', 'm1']);
  expect(found.places?.map(({ id }) => id)).toEqual(['m2', 'm1']);
  expect(found.next).toBeNull();
  const one = keptNotes(marked, known, { ...EVERYTHING, meeting: 'm1' });
  expect(one.rows.map(({ id }) => id)).toEqual(['in-d1']);
});

test('the ways to the list', () => {
  expect(notesHref()).toBe('#/notes');
  expect(notesHref({ meetingId: 'm' })).toBe('#/notes/meetings/m');
  expect(notesHref({ documentId: 'd' })).toBe('#/notes/documents/d');
});

const plan = (more: Partial<MarksPlan> = {}): MarksPlan => ({
  rule: 'purge_after_days',
  days: 30,
  warn_at: null,
  purge_at: null,
  purged_at: null,
  ...more,
});
const [DAY_10, DAY_17, DAY_20] = [10, 17, 20].map((day) => `2026-12-${day}T02:00:00Z`);

test.each([
  [plan({ rule: 'keep', days: null }), 'none'],
  [plan(), 'rule'],
  [plan({ warn_at: DAY_17, purge_at: DAY_20 }), 'rule'],
  [plan({ warn_at: DAY_10, purge_at: DAY_17 }), 'soon'],
  [plan({ warn_at: DAY_10, purge_at: DAY_17, purged_at: DAY_17 }), 'gone'],
] as const)('what is said of the marks: %#', (given, stage) => {
  expect(stageOf(given, Date.parse('2026-12-12T00:00:00Z'))).toBe(stage);
});

test('of meetings whose marks go, the nearest is named first', () => {
  const head = (id: string, marks: MarksPlan) => ({ id, marks }) as MeetingHead;
  const found = goingSoon(
    [
      head('late', plan({ warn_at: DAY_10, purge_at: DAY_20 })),
      head('kept', plan({ rule: 'keep', days: null })),
      head('near', plan({ warn_at: DAY_10, purge_at: DAY_17 })),
    ],
    Date.parse('2026-12-12T00:00:00Z'),
  );
  expect(found.map(({ id }) => id)).toEqual(['near', 'late']);
});
