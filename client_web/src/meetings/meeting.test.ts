import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connection, type MeetingView, type MyMeeting } from '../wire';
import { forgetMeetings } from './kept';
import { OpenMeeting } from './meeting.svelte';

const ID = '00000000-0000-4000-8000-0000000000aa';
const TOPIC = `meeting:${ID}`;

const viewOf = (title: string): MeetingView => ({
  meeting: {
    id: ID,
    kind: 'regular',
    title,
    organisation: 'UBND tỉnh',
    place: '',
    starts_at: '2026-11-22T01:00:00Z',
    ends_at: '2026-11-22T04:00:00Z',
    state: 'issued',
    chair_id: null,
    opened_at: null,
    closed_at: null,
    marks: { rule: 'keep', days: null, warn_at: null, purge_at: null, purged_at: null },
  },
  items: [],
  participants: [],
  documents: [],
});
const mineOf = (title: string): MyMeeting => ({
  view: viewOf(title),
  my_role: 'delegate',
  staff: false,
  topic: TOPIC,
});

/** The edge: a socket that the test speaks through, and the server's answers to reads. */
class Line {
  static last: Line;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    Line.last = this;
  }
  send(): void {}
  close(): void {}
  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let answer: () => Response;
let open: OpenMeeting;

function goLive(): void {
  connection.start();
  Line.last.onopen?.();
  Line.last.says({ t: 'welcome', server_time: new Date().toISOString(), heartbeat_s: 60 });
}

beforeEach(() => {
  vi.stubGlobal('WebSocket', Line);
  vi.stubGlobal('fetch', () => Promise.resolve().then(() => answer()));
  forgetMeetings();
  open = new OpenMeeting(ID);
});

afterEach(() => {
  open.stop();
  connection.stop();
  vi.unstubAllGlobals();
});

test('changes of the topic are shown as they come', async () => {
  answer = () => Response.json(mineOf('first'));
  goLive();
  open.start();
  await vi.waitFor(() => expect(open.view?.meeting.title).toBe('first'));
  Line.last.says({ t: 'snapshot', topic: TOPIC, seq: 3, data: viewOf('told') });
  const opened = { ...viewOf('told').meeting, state: 'in_session' };
  Line.last.says({
    t: 'change',
    topic: TOPIC,
    seq: 4,
    items: [{ kind: 'meeting', meeting: opened }],
  });
  expect(open.view?.meeting).toMatchObject({ title: 'told', state: 'in_session' });
});

test('an answer that was on its way does not undo what the topic told', async () => {
  answer = () => Response.json(mineOf('first'));
  goLive();
  open.start();
  await vi.waitFor(() => expect(open.view).not.toBeNull());
  Line.last.says({ t: 'snapshot', topic: TOPIC, seq: 3, data: viewOf('told') });
  answer = () => Response.json(mineOf('older'));
  await open.load();
  expect(open.view?.meeting.title).toBe('told');
});

test('rights that end take the meeting from the screen', async () => {
  answer = () => Response.json(mineOf('first'));
  goLive();
  open.start();
  await vi.waitFor(() => expect(open.view).not.toBeNull());
  answer = () => Response.json({ code: 'not_found', params: {} }, { status: 404 });
  Line.last.says({ t: 'closed', topic: TOPIC, code: 'not_found' });
  await vi.waitFor(() => expect(open.gone).toBe(true));
  expect(open.whole).toBeNull();
});

test('without a live connection a command is followed by a fresh read', async () => {
  answer = () => Response.json(mineOf('before'));
  open.start();
  await vi.waitFor(() => expect(open.view?.meeting.title).toBe('before'));
  answer = () => Response.json(mineOf('after'));
  expect(await open.act(() => Promise.resolve())).toBe(true);
  expect(open.view?.meeting.title).toBe('after');
});

test('coming back paints at once what was seen', async () => {
  answer = () => Response.json(mineOf('first'));
  open.start();
  await vi.waitFor(() => expect(open.view).not.toBeNull());
  open.stop();
  const again = new OpenMeeting(ID);
  again.start();
  expect(again.view?.meeting.title).toBe('first');
  again.stop();
});
