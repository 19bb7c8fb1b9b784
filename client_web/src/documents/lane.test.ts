// @vitest-environment node
import { expect, test } from 'vitest';
import { Lane } from './lane';

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const forever = () => new AbortController().signal;

test('one at a time, and the most wanted at the moment a place is free', async () => {
  const lane = new Lane(1);
  const order: string[] = [];
  const first = gate();
  let current = 0;
  const page = (name: string, at: number) =>
    lane.run({ priority: () => Math.abs(at - current), signal: forever() }, async () => {
      order.push(name);
      await Promise.resolve();
    });
  const blocker = lane.run({ priority: () => 0, signal: forever() }, () => first.opened);
  const rest = [page('near the start', 1), page('far', 50), page('farther', 90)];
  current = 88; // the reader jumped while the first was still being decoded
  first.open();
  await Promise.all([blocker, ...rest]);
  expect(order).toEqual(['farther', 'far', 'near the start']);
  expect(lane.idle).toBe(true);
});

test('a page that leaves is never decoded, and the next one gets its place', async () => {
  const lane = new Lane(1);
  const first = gate();
  const ran: string[] = [];
  const blocker = lane.run({ priority: () => 0, signal: forever() }, () => first.opened);
  const leaving = new AbortController();
  const gone = lane.run({ priority: () => 1, signal: leaving.signal }, async () => {
    ran.push('gone');
  });
  const stays = lane.run({ priority: () => 2, signal: forever() }, async () => {
    ran.push('stays');
  });
  leaving.abort(new Error('left the window'));
  await expect(gone).rejects.toThrow('left the window');
  first.open();
  await Promise.all([blocker, stays]);
  expect(ran).toEqual(['stays']);
});

test('a failed task frees its place', async () => {
  const lane = new Lane(1);
  const failed = lane.run({ priority: () => 0, signal: forever() }, () =>
    Promise.reject(new Error('no image')),
  );
  await expect(failed).rejects.toThrow('no image');
  await expect(
    lane.run({ priority: () => 0, signal: forever() }, () => Promise.resolve('next')),
  ).resolves.toBe('next');
});

test('a wide lane runs several, but no more', async () => {
  const lane = new Lane(2);
  let running = 0;
  let most = 0;
  const tasks = Array.from({ length: 7 }, () =>
    lane.run({ priority: () => 0, signal: forever() }, async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      await Promise.resolve();
      running -= 1;
    }),
  );
  await Promise.all(tasks);
  expect(most).toBe(2);
});

test('what was called off before it began does not begin', async () => {
  const lane = new Lane(1);
  const stop = new AbortController();
  stop.abort(new Error('closed'));
  await expect(
    lane.run({ priority: () => 0, signal: stop.signal }, () => Promise.resolve(1)),
  ).rejects.toThrow('closed');
});
