// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { IdleClock } from './idle';

let now: number;
let locks: number;
let limit: number | null;
const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
};
const clock = () =>
  new IdleClock({ limitMs: () => limit, lock: () => (locks += 1), now: () => now, storage });

beforeEach(() => {
  now = 1_000_000;
  locks = 0;
  limit = 900_000;
  kept.clear();
});

test('an untouched tablet locks when its time is over, not before', () => {
  const tab = clock();
  now += 899_999;
  tab.look();
  expect(locks).toBe(0);
  now += 1;
  tab.look();
  expect(locks).toBe(1);
});

test('a touch in another tab counts', () => {
  const [one, two] = [clock(), clock()];
  now += 800_000;
  two.touched();
  now += 800_000;
  one.look();
  expect(locks).toBe(0);
  now += 100_000;
  one.look();
  expect(locks).toBe(1);
});

test('nobody signed in: nothing to lock, and the clock starts with the next person', () => {
  limit = null;
  const tab = clock();
  now += 9_000_000;
  tab.look();
  limit = 900_000;
  tab.look();
  expect(locks).toBe(0);
});

test('a touch from the future does not keep it open', () => {
  const tab = clock();
  kept.set('phonghop.touched', String(now + 10_000_000));
  now += 900_000;
  tab.look();
  expect(locks).toBe(1);
});
