import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { api, ApiProblem, type MyMark, type MyMarks } from '../wire';
import { Notes } from './notes.svelte';

const row = (id: string): MyMark => ({
  id,
  marks: 1,
  document_id: 'd',
  version_id: 'v',
  page: 0,
  label: '1',
  kind: 'ink',
  shared: false,
  quote: '',
  body: '',
  stamp: '',
  color: '',
  sketch: null,
  at: '2026-11-22T01:00:00Z',
  x: 0,
  y: 0,
  stranded: false,
});
const listed = (...ids: string[]): MyMarks => ({
  rows: ids.map(row),
  documents: [],
  meetings: [],
  places: [],
  next: null,
});

/** A tablet and a server: what each has, and how much is on its way from one to the other. */
let online: boolean;
let sent: string[];
let unsent: string[];
let asked: number;
let notes: Notes;
const shown = () => notes.rows.map(({ id }) => id);

function send(): void {
  sent = [...sent, ...unsent];
  unsent = [];
}

beforeEach(() => {
  vi.useFakeTimers();
  [online, sent, unsent, asked] = [true, ['a', 'b'], ['tunnel'], 0];
  vi.spyOn(api, 'get').mockImplementation(() => {
    asked += 1;
    if (!online) return Promise.reject(new ApiProblem('offline', 0));
    return Promise.resolve(listed(...sent) as never);
  });
  notes = new Notes({
    kept: () => Promise.resolve(listed(...sent, ...unsent)),
    waiting: () => Promise.resolve(unsent.length),
  });
});

afterEach(() => {
  notes.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('what was on its way when the list was asked for is in it once it has arrived', async () => {
  await notes.load();
  expect(shown()).toEqual(['a', 'b']);
  send();
  await vi.advanceTimersByTimeAsync(500);
  expect(shown()).toEqual(['a', 'b', 'tunnel']);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBe(2);
});

test('looking for something as the network comes back loses nothing that waits here', async () => {
  online = false;
  await notes.load();
  expect([notes.alone, shown()]).toEqual([true, ['a', 'b', 'tunnel']]);
  online = true;
  notes.show({ sought: '' });
  await vi.advanceTimersByTimeAsync(0);
  expect([notes.alone, shown()]).toEqual([true, ['a', 'b', 'tunnel']]);
  const back = notes.leaveAlone();
  send();
  await vi.advanceTimersByTimeAsync(500);
  await back;
  expect([notes.alone, shown(), notes.loading]).toEqual([false, ['a', 'b', 'tunnel'], null]);
});

test('work that does not leave keeps the whole list away for a while only', async () => {
  online = false;
  await notes.load();
  online = true;
  void notes.leaveAlone();
  await vi.advanceTimersByTimeAsync(20_000);
  expect([notes.alone, shown()]).toEqual([false, ['a', 'b']]);
  send();
  await vi.advanceTimersByTimeAsync(500);
  expect(shown()).toEqual(['a', 'b', 'tunnel']);
});

test('who leaves the list asks no more', async () => {
  await notes.load();
  notes.stop();
  send();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toBe(1);
});
