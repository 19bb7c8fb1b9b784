// @vitest-environment node
import { beforeEach, describe, expect, test } from 'vitest';
import type { PenPoint } from '../pen/stroke';
import { pieceOf, pointerOf, type WetGone, type WetPiece } from './pieces';
import { GIVEN_UP_MS, RemoteStroke, SPREAD_MS } from './remote-stroke';
import { POINTER_STAYS_MS, WetRoom } from './room';
import { AGAIN_POINTS, PointerStream, SEND_EVERY_MS, STILL_EVERY_MS, WetStream } from './sender';

const ABOUT = {
  id: 'm',
  page: 2,
  version: 'v',
  kind: 'ink' as const,
  style: { color: '#1b4fbf', width: 1.6, opacity: 1 },
};
const at = (x: number, pressure: number | null = 0.5): PenPoint => ({ x, y: 1, pressure, at: x });

/** A clock, the timers on it, and what left for the line. */
class Line {
  now = 0;
  sent: { kind: string; data: WetPiece & Partial<WetGone>; at: number }[] = [];
  private timers: { at: number; run: () => void }[] = [];

  readonly parts = {
    send: (kind: string, data: object) =>
      void this.sent.push({ kind, data: data as WetPiece, at: this.now }),
    later: (ms: number, run: () => void) => {
      const timer = { at: this.now + ms, run };
      this.timers.push(timer);
      return () => void (this.timers = this.timers.filter((other) => other !== timer));
    },
  };

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  get points(): number[] {
    return this.sent.flatMap(({ data }) => data.points.map(([x]) => x));
  }
}

let line: Line;
beforeEach(() => (line = new Line()));

describe('a stroke on its way', () => {
  test('the first point leaves at once, each point once, at most thirty times a second', () => {
    const stream = new WetStream(line.parts, ABOUT);
    for (let x = 0; x < 240; x++) {
      stream.add([at(x)]);
      line.pass(1000 / 240);
    }
    stream.end();
    expect(line.sent[0]?.at).toBe(0);
    expect(line.sent.length).toBeLessThanOrEqual(31);
    expect(line.points).toEqual(Array.from({ length: 240 }, (_, x) => x));
    const gaps = line.sent.slice(1, -1).map((one, i) => one.at - (line.sent[i]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SEND_EVERY_MS);
    let count = 0;
    for (const { data } of line.sent) {
      expect(data.at).toBe(count);
      count += data.points.length;
    }
  });

  test('a pen that rests says its stroke again now and then, and goes on at once', () => {
    const stream = new WetStream(line.parts, ABOUT);
    stream.add([at(0)]);
    line.pass(SEND_EVERY_MS + 2 * STILL_EVERY_MS);
    expect(line.sent.map(({ data }) => data.points.length)).toEqual([1, 1, 1]);
    expect(line.sent.map(({ data }) => data.again)).toEqual([undefined, true, true]);
    stream.add([at(5)]);
    expect(line.sent.at(-1)?.data).toMatchObject({ at: 1, points: [[5, 1, 0.5]] });
    stream.end();
    line.pass(10 * STILL_EVERY_MS);
    expect(line.sent).toHaveLength(4);
  });

  test('a long stroke is said again in pieces that the line takes', () => {
    const stream = new WetStream(line.parts, ABOUT);
    stream.add(Array.from({ length: 700 }, (_, x) => at(x)));
    line.sent = [];
    line.pass(SEND_EVERY_MS + STILL_EVERY_MS + 3 * SEND_EVERY_MS);
    expect(line.sent.map(({ data }) => [data.at, data.points.length])).toEqual([
      [0, AGAIN_POINTS],
      [AGAIN_POINTS, AGAIN_POINTS],
      [2 * AGAIN_POINTS, 200],
    ]);
    const widest = at(14_400.55, 0.55);
    const heavy = { ...ABOUT, points: Array.from({ length: AGAIN_POINTS }, () => widest) };
    const bytes = JSON.stringify(heavy.points.map(({ x, pressure }) => [x, x, pressure])).length;
    expect(bytes).toBeLessThan(8_192 - 400);
    stream.end();
  });

  test('a line that became straight begins anew, without pressure', () => {
    const stream = new WetStream(line.parts, ABOUT);
    stream.add([at(0), at(1), at(2)]);
    line.pass(SEND_EVERY_MS);
    stream.restart([at(0), at(9)]);
    expect(line.sent.at(-1)?.data).toMatchObject({
      at: 0,
      points: [
        [0, 1],
        [9, 1],
      ],
    });
  });

  test('what was no stroke after all is taken back', () => {
    const stream = new WetStream(line.parts, ABOUT);
    stream.add([at(0)]);
    stream.drop();
    expect(line.sent.at(-1)?.data).toEqual({ id: 'm', gone: true });
  });

  test('a pointer sends its newest place, no older one', () => {
    const stream = new PointerStream(line.parts);
    for (let x = 0; x <= 10; x++) stream.point({ page: 0, version: 'v', x, y: 0 });
    line.pass(SEND_EVERY_MS);
    const places = line.sent.map(({ data }) => (data as unknown as { x: number }).x);
    expect(places).toEqual([0, 10]);
  });
});

describe('what comes from elsewhere', () => {
  const piece = (more: object) => ({ ...ABOUT, at: 0, points: [[1, 2, 0.5]], ...more });

  test('is taken only when it is what it claims to be', () => {
    expect(pieceOf(piece({}))).toEqual(piece({}));
    expect(pieceOf({ id: 'm', gone: true, more: 1 })).toEqual({ id: 'm', gone: true });
    for (const wrong of [
      { id: 5 },
      { page: -1 },
      { page: 1.5 },
      { version: 7 },
      { kind: 'note' },
      { at: -1 },
      { at: 1e9 },
      { points: 'x' },
      { points: [[1]] },
      { points: [[1, NaN]] },
      { points: [[1, 1e9]] },
      { points: [[1, 2, 3]] },
      { points: Array.from({ length: 401 }, () => [1, 2]) },
      { style: null },
      { style: { color: 'red', width: 1, opacity: 1 } },
      { style: { color: '#1b4fbf', width: 1e6, opacity: 1 } },
      { style: { color: '#1b4fbf', width: 1, opacity: 2 } },
    ]) {
      expect(pieceOf(piece(wrong)), JSON.stringify(wrong)).toBeUndefined();
    }
    expect(pointerOf({ page: 1, version: 'v', x: 3, y: 4 })).toBeDefined();
    expect(pointerOf({ page: 1, version: 'v', x: Infinity, y: 4 })).toBeUndefined();
  });
});

describe('a stroke of somebody else', () => {
  const piece = (from: number, xs: number[]): WetPiece => ({
    ...ABOUT,
    at: from,
    points: xs.map((x) => [x, 1, 0.5]),
  });

  test('its points appear one after the other, and all within the time they took', () => {
    const stroke = new RemoteStroke(piece(0, [0]), 'L', 1000);
    expect(stroke.shown(1000)).toBe(1);
    stroke.take(piece(1, [1, 2, 3, 4]), 1034);
    expect(stroke.shown(1034)).toBe(1);
    expect(stroke.shown(1034 + SPREAD_MS / 2)).toBe(3);
    expect(stroke.shown(1034 + SPREAD_MS)).toBe(5);
    // The next piece follows on the one before, and never falls far behind.
    for (let i = 0; i < 50; i++) stroke.take(piece(5 + i, [5 + i]), 1050);
    expect(stroke.shown(1050 + 2 * SPREAD_MS)).toBe(55);
  });

  test('what came twice is drawn once, a lost piece leaves a gap, a new beginning is one', () => {
    const stroke = new RemoteStroke(piece(0, [0, 1, 2]), 'L', 0);
    stroke.take(piece(1, [1, 2, 3]), 10);
    expect(stroke.xs).toEqual([0, 1, 2, 3]);
    stroke.take(piece(9, [9]), 20);
    expect(stroke.xs).toEqual([0, 1, 2, 3, 9]);
    const { life } = stroke;
    stroke.take(piece(0, [0, 50]), 30);
    expect([stroke.xs, stroke.life]).toEqual([[0, 50], life + 1]);
  });

  test('said again, it is there for who came late or missed a piece, and the same for others', () => {
    const again = (from: number, xs: number[]): WetPiece => ({ ...piece(from, xs), again: true });
    const whole = new RemoteStroke(piece(0, [0, 1, 2]), 'L', 0);
    whole.take(again(0, [0, 1, 2]), 10);
    expect([whole.xs, whole.life]).toEqual([[0, 1, 2], 0]);
    const late = new RemoteStroke(piece(2, [2]), 'L', 0);
    late.take(again(0, [0, 1]), 10);
    late.take(again(2, [2, 3]), 20);
    expect(late.xs).toEqual([0, 1, 2, 3]);
    expect(late.shown(20)).toBe(4);
    const unlucky = new RemoteStroke(piece(0, [0]), 'L', 0);
    unlucky.take(piece(2, [2]), 10);
    unlucky.take(again(1, [1, 2]), 20);
    expect(unlucky.xs).toEqual([0, 2]);
    unlucky.take(again(0, [0, 1, 2]), 30);
    unlucky.take(piece(3, [3]), 40);
    expect(unlucky.xs).toEqual([0, 1, 2, 3]);
  });

  test('without a word for long it is given up', () => {
    const stroke = new RemoteStroke(piece(0, [0]), 'L', 0);
    stroke.take(piece(1, []), 3000);
    expect(stroke.isGivenUp(3000 + GIVEN_UP_MS)).toBe(false);
    expect(stroke.isGivenUp(3001 + GIVEN_UP_MS)).toBe(true);
  });
});

describe('the room', () => {
  const make = () => {
    const seen = new Set(['L']);
    const here = new Set<string>();
    const clock = { now: 0 };
    const room = new WetRoom({
      now: () => clock.now,
      isSeen: (layer) => seen.has(layer),
      isHere: (id) => here.has(id),
    });
    let told = 0;
    room.watch(() => (told += 1));
    const ink = (id: string, layer = 'L') =>
      room.receive({ layer, kind: 'wet', data: { ...ABOUT, id, at: 0, points: [[1, 2]] } });
    return { room, ink, seen, here, clock, told: () => told };
  };

  test('shows strokes of seen layers until the mark itself is here', () => {
    const { room, ink, told } = make();
    ink('a');
    ink('b', 'hidden');
    expect([...room.strokes.keys()]).toEqual(['a']);
    const before = told();
    room.settle(['x']);
    expect(told()).toBe(before);
    room.settle(['a']);
    expect([room.strokes.size, told()]).toEqual([0, before + 1]);
  });

  test('a piece that comes after its mark is too late', () => {
    const { room, ink, here } = make();
    here.add('a');
    ink('a');
    expect(room.strokes.size).toBe(0);
  });

  test('what was taken back, given up or is no longer seen goes', () => {
    const { room, ink, clock, seen } = make();
    ink('a');
    room.receive({ layer: 'L', kind: 'wet', data: { id: 'a', gone: true } });
    expect(room.strokes.size).toBe(0);
    ink('b');
    clock.now = GIVEN_UP_MS + 1;
    expect(room.tidy()).toBe(false);
    ink('c');
    seen.clear();
    expect(room.tidy()).toBe(false);
    expect(room.strokes.size).toBe(0);
  });

  test('only a few strokes are under way at once', () => {
    const { room, ink } = make();
    for (let i = 0; i < 20; i++) ink(`m${i}`);
    expect(room.strokes.size).toBe(8);
    expect(room.strokes.has('m19')).toBe(true);
  });

  test('a pointer stays for a moment after its last word', () => {
    const { room, clock } = make();
    room.receive({ layer: 'L', kind: 'pointer', data: { page: 1, version: 'v', x: 1, y: 2 } });
    room.receive({ layer: 'L', kind: 'pointer', data: { page: 1, version: 'v', x: 'no', y: 2 } });
    room.receive({ layer: 'L', kind: 'dance', data: {} });
    clock.now = POINTER_STAYS_MS;
    expect(room.tidy()).toBe(true);
    clock.now += 1;
    expect(room.tidy()).toBe(false);
    expect(room.pointer).toBeNull();
  });
});
