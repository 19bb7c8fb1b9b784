// @vitest-environment node
import { expect, test } from 'vitest';
import { FAILING_AFTER_MS, isPassing, standState } from './standing';

const facts = { unwritten: 0, unsent: 0, online: true, keepsNothing: false };

test('each state has its word', () => {
  expect(standState(facts, 0)).toBe('server');
  expect(standState({ ...facts, online: false }, 0)).toBe('offline');
  expect(standState({ ...facts, unsent: 2 }, 0)).toBe('sending');
  expect(standState({ ...facts, unsent: 2, online: false }, 0)).toBe('device');
  expect(standState({ ...facts, unsent: 1, unwritten: 1 }, 0)).toBe('writing');
  expect(standState({ ...facts, unsent: 1, unwritten: 1 }, FAILING_AFTER_MS)).toBe('failing');
  expect(standState({ ...facts, unsent: 1, keepsNothing: true, online: false }, 0)).toBe('fragile');
  expect(isPassing('sending') && isPassing('writing')).toBe(true);
  expect(isPassing('device') || isPassing('failing')).toBe(false);
});
