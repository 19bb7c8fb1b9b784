// @vitest-environment happy-dom
import { mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { book } from './book.svelte';
import type { Mark } from './core';
import { privateLayer } from './layers/view';
import MarkList from './MarkList.svelte';

/** What is counted does not grow with them; the DOM of the tests takes seconds for thousands. */
const MARKS = 300;
const PATIENT_MS = 60_000;
const marks = new Map<string, Mark>();

function note(number: number, more: Partial<Mark> = {}): Mark {
  const id = `m${number}`;
  const mark: Mark = {
    id,
    version: 'v',
    page: number % 10,
    kind: 'note',
    rev: 1,
    seq: 1,
    author: 'lan',
    created: number,
    modified: 0,
    geometry: { point: [10, number] },
    style: { color: '#1b4fbf' },
    body: `Ý kiến ${number}`,
    ...more,
  };
  marks.set(id, mark);
  return mark;
}

let shown: ReturnType<typeof mount>;
let truths: ReturnType<typeof vi.spyOn>;
let listed: ReturnType<typeof vi.spyOn>;

/** The elements that came and went, and the texts and attributes that changed, while `work` ran. */
async function mutations(work: () => void): Promise<MutationRecord[]> {
  const seen: MutationRecord[] = [];
  const observer = new MutationObserver((records) => void seen.push(...records));
  const all = { childList: true, subtree: true, attributes: true, characterData: true };
  observer.observe(document.body, all);
  work();
  await tick();
  await new Promise((resolve) => setTimeout(resolve));
  seen.push(...observer.takeRecords());
  observer.disconnect();
  return seen;
}

/** What the book tells when the core shows something. */
function tell(ids: readonly string[]): void {
  book.revision += 1;
  book.marks.changed(ids, true);
}

const rows = () => document.querySelectorAll('[data-testid=mark-row]').length;

beforeEach(async () => {
  marks.clear();
  for (let number = 0; number < MARKS; number++) note(number);
  const layer = privateLayer('own', true);
  book.me = 'lan';
  listed = vi.spyOn(book, 'all').mockImplementation(() => [...marks.values()]);
  vi.spyOn(book, 'get').mockImplementation((id) => marks.get(id));
  vi.spyOn(book.layers, 'of').mockReturnValue(layer);
  truths = vi.spyOn(book, 'truth');
  shown = mount(MarkList, { target: document.body, props: { onjump: () => undefined } });
  await tick();
}, PATIENT_MS);
afterEach(async () => {
  await unmount(shown);
  vi.restoreAllMocks();
  document.body.replaceChildren();
  book.me = null;
});

test(
  'a stroke with a long list open adds its own line and touches no other',
  async () => {
    expect(rows()).toBe(MARKS);
    expect(listed).toHaveBeenCalledTimes(1);
    truths.mockClear();
    const first = document.querySelector('[data-testid=mark-row]');
    const came = await mutations(() => tell([note(MARKS).id]));
    expect(rows()).toBe(MARKS + 1);
    const added = came.flatMap(({ addedNodes }) => [...addedNodes]);
    const lines = added.filter((node) => (node as Element).matches?.('li'));
    expect(lines).toHaveLength(1);
    expect(came.length).toBeLessThan(10);
    expect(came.flatMap(({ removedNodes }) => [...removedNodes])).toEqual([]);
    expect(document.querySelector('[data-testid=mark-row]')).toBe(first);
    // Only the new line asks where its mark stands.
    expect(truths.mock.calls.length).toBeLessThan(5);

    // Acknowledged: it looks a little different, and it alone.
    truths.mockClear();
    const acked = await mutations(() => tell([note(MARKS, { rev: 2, seq: 9 }).id]));
    expect(acked.length).toBeLessThan(10);
    expect(truths.mock.calls.length).toBeLessThan(5);

    marks.delete(`m${MARKS}`);
    const went = await mutations(() => tell([`m${MARKS}`]));
    expect(rows()).toBe(MARKS);
    expect(went.length).toBeLessThan(10);
  },
  PATIENT_MS,
);
