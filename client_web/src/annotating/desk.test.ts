import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { question } from '../ui';
import { book } from './book.svelte';
import type { Mark } from './core';
import { desk, type Editor } from './desk.svelte';
import { privateLayer } from './layers/view';

test('a cleared desk keeps what was being written once, and shows nothing of anybody', () => {
  const said: string[] = [];
  const editor = (name: string): Editor => ({
    leaving: () => void said.push(`${name} leaving`),
    finish: () => void said.push(`${name} finish`),
  });
  const [note, answer] = [editor('note'), editor('answer')];
  desk.opened(note);
  desk.opened(answer);
  desk.leaving();
  desk.done(answer);
  const birth = { id: 'm', version: 'v', page: 0, created: 1 };
  desk.note = { mark: null, birth, point: { x: 0, y: 0 }, rotation: 0 };
  desk.text = { mark: null, birth, corner: [0, 0], rotate: 0, size: 12, color: '#000000' };
  desk.thread = 'm';
  desk.layerSheet = { layer: privateLayer('own', true) };
  desk.select(new Set(['m']));
  desk.clear();
  desk.clear();
  expect(said).toEqual(['note leaving', 'answer leaving', 'answer finish', 'note finish']);
  const { text, thread, layerSheet, selection } = desk;
  expect([desk.note, text, thread, layerSheet, selection.size]).toEqual([
    null,
    null,
    null,
    null,
    0,
  ]);
});

describe('taking marks away', () => {
  const mark = (id: string) => ({ id, author: 'lan' }) as Mark;
  let there: Map<string, Mark>;
  let gone: string[][];
  let asked: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    there = new Map(['a', 'b', 'answered'].map((id) => [id, mark(id)]));
    gone = [];
    vi.spyOn(book, 'get').mockImplementation((id) => there.get(id));
    vi.spyOn(book, 'mayRemove').mockReturnValue(true);
    asked = vi.spyOn(book.layers, 'answersTo').mockImplementation((ids) => {
      const answered = [...ids].filter((id) => id === 'answered');
      return new Map(answered.map((id) => [id, [mark('answer')]]));
    });
    vi.spyOn(book, 'edit').mockImplementation((...parts) => {
      const ids = parts.flat().map((edit) => edit.id);
      for (const id of ids) there.delete(id);
      gone.push(ids);
    });
    desk.select(new Set(there.keys()));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    desk.clear();
  });

  const rest = () => new Promise((done) => setTimeout(done));

  test('“cancel” takes nothing of a choice, and the choice stays', async () => {
    desk.remove();
    await rest();
    question()?.answer(false);
    await rest();
    expect(gone).toEqual([]);
    expect([...desk.selection]).toEqual(['a', 'b', 'answered']);
    desk.remove();
    await rest();
    question()?.answer(true);
    await rest();
    expect(gone).toEqual([['a', 'b', 'answered']]);
    expect(desk.selection.size).toBe(0);
  });

  test('however many go, their answers are looked for a few times and not for each', async () => {
    const many = Array.from({ length: 2_000 }, (_, at) => `m${at}`);
    for (const id of [...many, 'answer']) there.set(id, mark(id));
    book.me = 'lan';
    desk.select(new Set([...many, 'answered']));
    desk.remove();
    await rest();
    question()?.answer(true);
    await rest();
    desk.takeAway(['a', 'b']);
    book.me = null;
    expect(gone).toEqual([
      [...many, 'answer', 'answered'],
      ['a', 'b'],
    ]);
    expect(asked.mock.calls.length).toBeLessThan(6);
  });

  test('what the eraser met goes at once, and what was answered only by a yes', async () => {
    desk.takeAway(['a', 'answered', 'b']);
    expect(gone).toEqual([['a', 'b']]);
    await rest();
    question()?.answer(false);
    await rest();
    expect(gone).toEqual([['a', 'b']]);
    desk.takeAway(['answered']);
    await rest();
    question()?.answer(true);
    await rest();
    expect(gone).toEqual([['a', 'b'], ['answered']]);
  });
});
