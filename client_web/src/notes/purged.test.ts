// @vitest-environment node
import { expect, test } from 'vitest';
import { Purged } from './purged';

function trial() {
  const forgotten: string[][] = [];
  const later: Array<() => void> = [];
  const trouble = { now: false };
  const purged = new Purged(
    (ids) => {
      if (trouble.now) return Promise.reject(new Error('locked'));
      forgotten.push([...ids]);
      return Promise.resolve();
    },
    (run) => later.push(run),
  );
  return { purged, forgotten, later, trouble };
}

test('each person’s copies on a shared tablet go, each once', async () => {
  const { purged, forgotten } = trial();
  await purged.see('lan', ['m1']);
  await purged.see('lan', ['m1']);
  await purged.see('binh', ['m1']);
  await purged.see('lan', ['m1', 'm2']);
  await purged.see(null, ['m3']);
  expect(forgotten).toEqual([['m1'], ['m1'], ['m2']]);
});

test('what failed is tried again, unless somebody else came', async () => {
  const { purged, forgotten, later, trouble } = trial();
  trouble.now = true;
  await purged.see('lan', ['m1']);
  expect([forgotten, later.length]).toEqual([[], 1]);
  trouble.now = false;
  later.shift()?.();
  await Promise.resolve();
  expect(forgotten).toEqual([['m1']]);
  trouble.now = true;
  await purged.see('lan', ['m2']);
  trouble.now = false;
  await purged.see('binh', []);
  later.shift()?.();
  await Promise.resolve();
  expect(forgotten).toEqual([['m1']]);
});

test('what is seen while others go is followed too', async () => {
  const forgotten: string[][] = [];
  const waiting: Array<() => void> = [];
  const purged = new Purged((ids) => {
    forgotten.push([...ids]);
    return new Promise((done) => waiting.push(done));
  });
  const first = purged.see('lan', ['m1']);
  await purged.see('lan', ['m1', 'm2']);
  expect(forgotten).toEqual([['m1']]);
  waiting.shift()?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(forgotten).toEqual([['m1'], ['m2']]);
  waiting.shift()?.();
  await first;
});
