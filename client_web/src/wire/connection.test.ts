// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { BACKOFF_MOST_MS, backoff } from './backoff';
import { Connection, type Socket } from './connection';

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  says(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(): void {
    this.onclose?.({ code: 1006 });
  }
}

const TOPIC = 'meeting:00000000-0000-4000-8000-000000000001';
let sockets: FakeSocket[];
let timers: { at: number; run: () => void }[];
let now: number;
let connection: Connection;

function pass(ms: number): void {
  const until = now + ms;
  for (;;) {
    timers.sort((a, b) => a.at - b.at);
    const next = timers[0];
    if (next === undefined || next.at > until) break;
    timers.shift();
    now = next.at;
    next.run();
  }
  now = until;
}

function latest(): FakeSocket {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('nothing was dialled');
  return socket;
}

function goLive(): FakeSocket {
  const socket = latest();
  socket.onopen?.();
  socket.says({ t: 'welcome', server_time: new Date(now + 5000).toISOString(), heartbeat_s: 10 });
  return socket;
}

function recorder() {
  const seen: unknown[] = [];
  return {
    seen,
    snapshot: (data: unknown, seq: number) => void seen.push(['snapshot', data, seq]),
    change: (items: unknown[], seq: number) => void seen.push(['change', items, seq]),
    closed: (code: string) => void seen.push(['closed', code]),
  };
}

beforeEach(() => {
  sockets = [];
  timers = [];
  now = 1_000_000;
  connection = new Connection({
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    device: () => 'd',
    random: () => 1,
    now: () => now,
    later: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  });
});

test('says hello, follows its topics after the welcome, and knows the server time', () => {
  const follower = recorder();
  connection.subscribe(TOPIC, follower);
  connection.start();
  expect(connection.state()).toBe('connecting');
  const socket = goLive();
  expect(connection.state()).toBe('live');
  expect(connection.serverNow()).toBe(now + 5000);
  expect(socket.sent).toEqual([
    { t: 'hello', protocol: 1, device: 'd', cursors: {} },
    { t: 'sub', topic: TOPIC, cursor: null },
  ]);
  socket.says({ t: 'snapshot', topic: TOPIC, seq: 4, data: 'all' });
  socket.says({ t: 'change', topic: TOPIC, seq: 5, items: ['a'] });
  socket.says({ t: 'change', topic: TOPIC, seq: 5, items: ['a'] });
  expect(follower.seen).toEqual([
    ['snapshot', 'all', 4],
    ['change', ['a'], 5],
  ]);
});

test('after a break it resumes from its cursor', () => {
  connection.start();
  const follower = recorder();
  const first = goLive();
  connection.subscribe(TOPIC, follower);
  first.says({ t: 'snapshot', topic: TOPIC, seq: 4, data: 'all' });
  first.breaks();
  expect(connection.state()).toBe('offline');
  pass(500);
  const second = goLive();
  expect(second).not.toBe(first);
  expect(second.sent.at(-1)).toEqual({ t: 'sub', topic: TOPIC, cursor: 4 });
  second.says({ t: 'change', topic: TOPIC, seq: 5, items: ['b'] });
  second.says({ t: 'caught_up', topic: TOPIC, seq: 5 });
  expect(follower.seen.at(-1)).toEqual(['change', ['b'], 5]);
});

test('a gap makes it ask again instead of guessing', () => {
  connection.start();
  const follower = recorder();
  const socket = goLive();
  connection.subscribe(TOPIC, follower);
  socket.says({ t: 'snapshot', topic: TOPIC, seq: 4, data: 'all' });
  socket.says({ t: 'change', topic: TOPIC, seq: 7, items: ['late'] });
  expect(follower.seen).toHaveLength(1);
  expect(socket.sent.slice(-2)).toEqual([
    { t: 'unsub', topic: TOPIC },
    { t: 'sub', topic: TOPIC, cursor: 4 },
  ]);
});

test('a second follower makes both start from a snapshot', () => {
  connection.start();
  const socket = goLive();
  const one = recorder();
  const two = recorder();
  connection.subscribe(TOPIC, one);
  socket.says({ t: 'snapshot', topic: TOPIC, seq: 1, data: 'x' });
  const leave = connection.subscribe(TOPIC, two);
  socket.says({ t: 'change', topic: TOPIC, seq: 2, items: [1] });
  expect(two.seen).toEqual([]);
  socket.says({ t: 'snapshot', topic: TOPIC, seq: 2, data: 'y' });
  expect(two.seen).toEqual([['snapshot', 'y', 2]]);
  expect(one.seen.at(-1)).toEqual(['snapshot', 'y', 2]);
  leave();
  expect(socket.sent.at(-1)).toEqual({ t: 'sub', topic: TOPIC, cursor: null });
});

test('rights that end close the topic and are not asked for again', () => {
  connection.start();
  const socket = goLive();
  const follower = recorder();
  connection.subscribe(TOPIC, follower);
  socket.says({ t: 'closed', topic: TOPIC, code: 'not_a_participant' });
  expect(follower.seen).toEqual([['closed', 'not_a_participant']]);
  socket.breaks();
  pass(500);
  expect(goLive().sent).toHaveLength(1);
});

test('silence for two heartbeats means the network is gone', () => {
  connection.start();
  const socket = goLive();
  pass(10_000);
  expect(socket.sent.at(-1)).toEqual({ t: 'ping' });
  socket.says({ t: 'pong' });
  pass(10_000);
  expect(connection.state()).toBe('live');
  pass(20_000);
  expect(socket.closed).toBe(true);
  expect(connection.state()).not.toBe('live');
});

test('a socket that never says welcome is given up, and tells why it might be', () => {
  let turnedAway = 0;
  connection.onTurnedAway = () => (turnedAway += 1);
  connection.start();
  pass(10_000);
  expect(turnedAway).toBe(1);
  expect(latest().closed).toBe(true);
  pass(500);
  expect(sockets).toHaveLength(2);
});

test('a planned restart is waited for as long as the server asks', () => {
  connection.start();
  goLive().says({ t: 'leaving', retry_after: 3 });
  pass(5_999);
  expect(sockets).toHaveLength(1);
  pass(1);
  expect(sockets).toHaveLength(2);
});

test('how far the clock is off is known after a start without a network', () => {
  let kept = 0;
  const parts = {
    open: () => sockets[sockets.push(new FakeSocket()) - 1] as FakeSocket,
    device: () => 'device',
    random: () => 1,
    now: () => now,
    later: () => () => undefined,
    clock: { read: () => kept, keep: (offset: number) => void (kept = offset) },
  };
  const before = new Connection(parts);
  before.start();
  goLive();
  expect(before.serverNow()).toBe(now + 5000);
  expect(new Connection(parts).serverNow()).toBe(now + 5000);
});

/** Out of the net for so long that the next attempt by itself is far away. */
function tunnel(): void {
  connection.start();
  for (let tries = 0; tries < 8; tries++) {
    latest().breaks();
    pass(BACKOFF_MOST_MS);
  }
  latest().breaks();
  pass(1_000);
}

test('out of the tunnel a nudge tries at once, whatever the pause had grown to', () => {
  tunnel();
  const before = sockets.length;
  connection.nudge();
  expect(sockets).toHaveLength(before + 1);
  goLive();
  expect(connection.state()).toBe('live');
  connection.nudge();
  expect(sockets).toHaveLength(before + 1);
});

test('who taps on and on makes one attempt a second', () => {
  tunnel();
  const before = sockets.length;
  for (let taps = 0; taps < 50; taps++) {
    connection.nudge();
    if (connection.state() === 'connecting') latest().breaks();
    pass(100);
  }
  expect(sockets.length - before).toBeLessThanOrEqual(6);
  expect(sockets.length - before).toBeGreaterThanOrEqual(5);
});

test('no tap breaks off an attempt that may still be answered', () => {
  tunnel();
  connection.nudge();
  const socket = latest();
  pass(3_000);
  connection.nudge();
  expect(latest()).toBe(socket);
  pass(2_000);
  connection.nudge();
  expect(socket.closed).toBe(true);
  expect(latest()).not.toBe(socket);
});

test('a tap after a failed nudge starts the patience anew', () => {
  tunnel();
  connection.nudge();
  const before = sockets.length;
  latest().breaks();
  pass(500);
  expect(sockets).toHaveLength(before + 1);
});

test('a clock that was set back does not hold an attempt up', () => {
  tunnel();
  const before = sockets.length;
  now -= 3_600_000;
  connection.nudge();
  expect(sockets).toHaveLength(before + 1);
});

test('a touch tries after a pause of the hand, not with every stroke', () => {
  tunnel();
  const before = sockets.length;
  connection.touched();
  expect(sockets).toHaveLength(before + 1);
  latest().breaks();
  pass(500); // by itself
  latest().breaks();
  const now_ = sockets.length;
  connection.touched();
  pass(400);
  connection.touched();
  expect(sockets).toHaveLength(now_);
  pass(60_000);
  latest().breaks();
  pass(1_000);
  connection.touched();
  expect(sockets.length).toBeGreaterThan(now_);
  expect(connection.state()).toBe('connecting');
});

test('a planned restart is not cut short by hands at work, but by who asks', () => {
  connection.start();
  goLive().says({ t: 'leaving', retry_after: 30 });
  pass(10_000);
  connection.touched();
  expect(sockets).toHaveLength(1);
  connection.nudge();
  expect(sockets).toHaveLength(2);
});

test('a nudge ends the waiting; stop ends everything', () => {
  connection.start();
  latest().breaks();
  pass(999);
  connection.nudge();
  pass(1);
  expect(sockets).toHaveLength(2);
  connection.stop();
  pass(60_000);
  expect(sockets).toHaveLength(2);
  expect(connection.state()).toBe('offline');
});

test('a command waits to see its change, but not for ever', async () => {
  connection.start();
  const socket = goLive();
  connection.subscribe(TOPIC, recorder());
  socket.says({ t: 'snapshot', topic: TOPIC, seq: 1, data: 'x' });
  let done = 0;
  const seen = connection.reached({ [TOPIC]: 2, 'inbox:other': 9 }).then(() => (done += 1));
  await Promise.resolve();
  expect(done).toBe(0);
  socket.says({ t: 'change', topic: TOPIC, seq: 2, items: [] });
  await seen;
  expect(done).toBe(1);
  const late = connection.reached({ [TOPIC]: 3 });
  pass(2_000);
  await late;
});

test('other frames go to those who asked for their type', () => {
  connection.start();
  const socket = goLive();
  const seen: unknown[] = [];
  const stop = connection.on('ann.acked', (frame) => seen.push(frame['op']));
  socket.says({ t: 'ann.acked', op: 1 });
  stop();
  socket.says({ t: 'ann.acked', op: 2 });
  expect(seen).toEqual([1]);
  expect(connection.send({ t: 'ann.push' })).toBe(true);
  socket.breaks();
  expect(connection.send({ t: 'ann.push' })).toBe(false);
});

test('the pause before coming back is random up to a bound that doubles', () => {
  expect(backoff(0, () => 1)).toBe(500);
  expect(backoff(3, () => 1)).toBe(4000);
  expect(backoff(30, () => 1)).toBe(BACKOFF_MOST_MS);
  expect(backoff(5, () => 0)).toBe(0);
});
