// @vitest-environment node
import { expect, test } from 'vitest';
import { keyAction, type KeyPress } from './keys';

const press = (key: string, more: Partial<KeyPress> = {}) =>
  keyAction({ key, ctrl: false, shift: false, alt: false, typing: false, ...more });

test('one hand on the keyboard reads the whole document', () => {
  expect(press('ArrowRight')).toBe('next');
  expect(press('ArrowLeft')).toBe('previous');
  expect(press('Home')).toBe('first');
  expect(press('End')).toBe('last');
  expect(press('f', { ctrl: true })).toBe('search');
  expect(press('F3', { shift: true })).toBe('previous_hit');
  expect(press('g')).toBe('go_to');
});

test('scrolling stays with the browser', () => {
  for (const key of ['ArrowDown', 'ArrowUp', ' ', 'PageDown', 'PageUp', 'Tab', 'Enter']) {
    expect(press(key)).toBeUndefined();
  }
});

test('what is typed into a field is not a command, but leaving and searching are', () => {
  for (const key of ['g', '0', '+', '/', 'ArrowLeft', 'Home']) {
    expect(press(key, { typing: true })).toBeUndefined();
  }
  expect(press('Escape', { typing: true })).toBe('leave');
  expect(press('F', { typing: true, ctrl: true })).toBe('search');
});
