// @vitest-environment node
import { expect, test } from 'vitest';
import { dangerOf, LOW_ROOM_BYTES, type RoomFacts } from './room';

const safe: RoomFacts = { ipad: false, installed: false, persisted: true, left: 1e10 };

test('a browser that promises to keep things, with room, is no danger', () => {
  expect(dangerOf(safe)).toBeNull();
  expect(dangerOf({ ...safe, left: undefined }, 1e12)).toBeNull();
});

test('an iPad forgets a site that is not on its home screen, whatever it promises', () => {
  expect(dangerOf({ ...safe, ipad: true })).toBe('home_screen');
  expect(dangerOf({ ...safe, ipad: true, installed: true })).toBeNull();
});

test('without a promise the browser may evict', () => {
  expect(dangerOf({ ...safe, persisted: false })).toBe('may_evict');
});

test('what does not fit is said before anything else', () => {
  const facts = { ...safe, persisted: false, left: LOW_ROOM_BYTES + 100 };
  expect(dangerOf(facts, 50)).toBe('may_evict');
  expect(dangerOf(facts, 101)).toBe('low');
  expect(dangerOf(facts, LOW_ROOM_BYTES + 101)).toBe('full');
});
