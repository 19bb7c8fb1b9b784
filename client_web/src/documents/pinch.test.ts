import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchPinch } from './pinch';

let told: string[];
let works: boolean;
let scroller: HTMLElement;
let pages: HTMLElement[];
let now: number;
let down: Map<number, { identifier: number; target: Element; clientX: number; clientY: number }>;
let stop: () => void;

beforeEach(() => {
  [told, works, now, down] = [[], false, 1000, new Map()];
  scroller = document.createElement('div');
  document.body.append(scroller);
  pages = [0, 1].map(() => document.createElement('article'));
  scroller.append(...pages);
  stop = watchPinch(scroller, {
    get works() {
      return works;
    },
    begin: () => told.push('begin'),
    move: (ratio) => told.push(`move ${ratio}`),
    end: () => told.push('end'),
    doubleTap: () => told.push('double tap'),
  });
});
afterEach(() => {
  stop();
  scroller.remove();
});

function say(type: string, id: number, target: Element, taken = false): Event {
  const event = new Event(type, { bubbles: true, cancelable: true });
  const touch = down.get(id) ?? { identifier: id, target, clientX: 0, clientY: 0 };
  Object.defineProperties(event, {
    touches: { value: [...down.values()] },
    changedTouches: { value: [touch] },
    timeStamp: { value: now },
  });
  if (taken) event.preventDefault();
  target.dispatchEvent(event);
  return event;
}

function come(id: number, target: Element, x = 0, taken = false): Event {
  down.set(id, { identifier: id, target, clientX: x, clientY: 0 });
  return say('touchstart', id, target, taken);
}
function move(id: number, x: number): Event {
  const touch = down.get(id);
  if (!touch) throw new Error('no such finger');
  touch.clientX = x;
  return say('touchmove', id, touch.target);
}
function lift(id: number): void {
  const target = down.get(id)?.target ?? scroller;
  down.delete(id);
  say('touchend', id, target);
}
/** A lift that nobody tells. */
const vanish = (id: number) => down.delete(id);
const page = (index: number) => pages[index] as HTMLElement;

test('two fingers on the pages zoom, also on two of them, and until one lifts', () => {
  come(1, page(0), 0);
  now += 5_000;
  come(2, page(1), 100);
  expect(move(2, 200).defaultPrevented).toBe(true);
  lift(1);
  expect(told).toEqual(['begin', 'move 2', 'end']);
  expect(move(2, 300).defaultPrevented).toBe(false);
});

test('a thumb that rests beside the pages zooms nothing, in whichever order they come', () => {
  come(1, scroller, 0);
  now += 1_000;
  come(2, page(0), 100);
  move(2, 200);
  lift(2);
  expect(told).toEqual([]);
  // Two fingers on the page do, though the thumb rests.
  come(3, page(0), 100);
  come(4, page(0), 200);
  move(4, 300);
  lift(3);
  expect(told).toEqual(['begin', 'move 2', 'end']);
});

test('two fingers that come together zoom, also beside a page', () => {
  come(1, scroller, 0);
  now += 80;
  come(2, page(0), 100);
  lift(2);
  expect(told).toEqual(['begin', 'end']);
});

test('nothing zooms or scrolls while a hand works on a page', () => {
  works = true;
  come(1, page(0), 0);
  come(2, scroller, 100);
  expect(move(2, 150).defaultPrevented).toBe(true);
  lift(2);
  lift(1);
  expect(told).toEqual([]);
});

test('what a page has taken for the pen beside it is no pinch', () => {
  come(1, page(0), 0, true);
  come(2, page(0), 100, true);
  move(2, 200);
  expect(told).toEqual([]);
});

test('a finger on a control outside is not counted', () => {
  come(1, document.body, 0);
  now += 50;
  come(2, page(0), 100);
  expect(told).toEqual([]);
});

test('a lift that nobody told ends the pinch with the next touch', () => {
  come(1, page(0), 0);
  come(2, page(0), 100);
  vanish(1);
  vanish(2);
  come(3, page(0), 0);
  expect(told).toEqual(['begin', 'end']);
  come(4, page(0), 100);
  expect(told).toEqual(['begin', 'end', 'begin']);
});

test('a page that is hidden or loses the focus ends the pinch', () => {
  for (const away of [
    () => window.dispatchEvent(new Event('blur')),
    () => document.dispatchEvent(new Event('visibilitychange')),
  ]) {
    told = [];
    come(1, page(0), 0);
    come(2, page(0), 100);
    away();
    expect(told).toEqual(['begin', 'end']);
    vanish(1);
    vanish(2);
  }
});

test('a pen whose lift was never heard keeps no finger from zooming', () => {
  page(0).dispatchEvent(new PointerEvent('pointerdown', { pointerType: 'pen', bubbles: true }));
  come(1, page(0), 0);
  come(2, page(0), 100);
  expect(told).toEqual(['begin']);
});

test('two taps of one finger are a double tap, also while a thumb rests beside the page', () => {
  come(9, scroller, 500);
  for (const wait of [1_000, 1_000]) {
    now += wait;
    come(1, page(0), 10);
    lift(1);
  }
  expect(told).toEqual([]);
  for (const wait of [100, 100]) {
    now += wait;
    come(1, page(0), 10);
    lift(1);
  }
  expect(told).toEqual(['double tap']);
});
