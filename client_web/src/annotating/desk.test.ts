import { expect, test } from 'vitest';
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
