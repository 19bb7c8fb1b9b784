// @vitest-environment node
import { expect, test } from 'vitest';
import { shortcut, type Press } from './shortcuts';

const press = (part: Partial<Press>): Press => ({
  key: '',
  ctrl: false,
  shift: false,
  alt: false,
  typing: false,
  hasTool: false,
  hasSelection: false,
  ...part,
});

test('letters take tools, unless one is typing', () => {
  expect(shortcut(press({ key: 'P' }))).toEqual({ do: 'take', tool: 'pen' });
  expect(shortcut(press({ key: 'e' }))).toEqual({ do: 'take', tool: 'eraser' });
  expect(shortcut(press({ key: 'p', typing: true }))).toBeNull();
  expect(shortcut(press({ key: 'p', alt: true }))).toBeNull();
  expect(shortcut(press({ key: 'q' }))).toBeNull();
});

test('undo and redo by the usual keys; a browser shortcut stays the browser’s', () => {
  expect(shortcut(press({ key: 'z', ctrl: true }))).toEqual({ do: 'undo' });
  expect(shortcut(press({ key: 'Z', ctrl: true, shift: true }))).toEqual({ do: 'redo' });
  expect(shortcut(press({ key: 'y', ctrl: true }))).toEqual({ do: 'redo' });
  expect(shortcut(press({ key: 'p', ctrl: true }))).toBeNull();
});

test('Escape and Delete only where there is something to put down or delete', () => {
  expect(shortcut(press({ key: 'Escape' }))).toBeNull();
  expect(shortcut(press({ key: 'Escape', hasTool: true }))).toEqual({ do: 'put_down' });
  expect(shortcut(press({ key: 'Delete' }))).toBeNull();
  expect(shortcut(press({ key: 'Backspace', hasSelection: true }))).toEqual({ do: 'delete' });
});
