import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PageViewport } from '../../documents';
import type { Tool } from '../tools/tools';
import { Grip } from './grip';
import { PALM_AFTER_MS, PEN_SILENT_MS } from './pointer-rules';
import { watchPointers, type Work } from './surface';

/** What became of each work, in the order in which they began. */
let works: Array<'under way' | 'end' | 'cancel'>;
/** Something is under way, as each page has told. */
let under: boolean[];
let told: string[];
let grip: Grip;
let ready: boolean;
let tool: Tool | null;
let draws: boolean;
let around: HTMLElement;
let pages: HTMLElement[];
let endings: Array<() => void>;
/** The pages hold whatever is down; the end of a work throws; when the next event happens. */
let held: boolean;
let fails: boolean;
let now: number | undefined;

beforeEach(() => {
  [works, under, told, endings] = [[], [], [], []];
  [ready, tool, draws] = [true, 'pen', true];
  [held, fails, now] = [true, false, undefined];
  around = document.createElement('div');
  document.body.append(around);
  grip = new Grip(around);
  pages = [0, 1].map((index) => {
    const page = document.createElement('div');
    page.setPointerCapture = () => undefined;
    page.hasPointerCapture = () => held;
    around.append(page);
    under.push(false);
    const begin = (): Work => {
      const at = works.push('under way') - 1;
      return {
        draws,
        move: () => undefined,
        end: () => {
          if (fails) throw new Error('no 2d canvas');
          works[at] = 'end';
        },
        cancel: () => (works[at] = 'cancel'),
      };
    };
    endings.push(
      watchPointers(page, {
        grip,
        viewport: () => ({ toPage: (x: number, y: number) => ({ x, y }) }) as PageViewport,
        ready: () => ready,
        tool: () => tool,
        begin,
        onFirstPen: () => told.push('first pen'),
        onPalm: () => told.push('palm'),
        onScrolledInstead: () => told.push('scrolled'),
        onWork: (yes) => (under[index] = yes),
        onTap: () => told.push('tap'),
      }),
    );
    return page;
  });
});
afterEach(() => {
  for (const end of endings) end();
  around.remove();
});

type Device = 'pen' | 'touch' | 'mouse';

function say(
  type: string,
  on: Element,
  device: Device,
  id: number,
  x = 0,
  buttons = 1,
  more: PointerEventInit = {},
): Event {
  const event = new PointerEvent(type, {
    ...more,
    pointerId: id,
    pointerType: device,
    clientX: x,
    clientY: 0,
    buttons,
    bubbles: true,
    cancelable: true,
  });
  if (now !== undefined) Object.defineProperty(event, 'timeStamp', { value: now });
  on.dispatchEvent(event);
  return event;
}
const page = (index: number) => pages[index] as HTMLElement;
const down = (index: number, device: Device, id: number) =>
  say('pointerdown', page(index), device, id);
const drag = (index: number, device: Device, id: number, x: number) =>
  say('pointermove', page(index), device, id, x);
const up = (index: number, device: Device, id: number) => say('pointerup', page(index), device, id);

test("a second finger on another page takes the first one's stroke back", () => {
  down(0, 'touch', 1);
  drag(0, 'touch', 1, 40);
  down(1, 'touch', 2);
  expect(works).toEqual(['cancel']);
  expect([under, grip.works]).toEqual([[false, false], false]);
  drag(0, 'touch', 1, 80);
  up(0, 'touch', 1);
  up(1, 'touch', 2);
  down(0, 'touch', 3);
  up(0, 'touch', 3);
  expect(works).toEqual(['cancel', 'end']);
});

test('a finger beside all pages is nobody, whether it comes before the one that draws or after', () => {
  say('pointerdown', around, 'touch', 9);
  down(0, 'touch', 1);
  say('pointerdown', around, 'touch', 3);
  drag(0, 'touch', 1, 40);
  up(0, 'touch', 1);
  expect(works).toEqual(['end']);
  // It still lies there: two on the pages are two all the same.
  down(0, 'touch', 4);
  down(1, 'touch', 5);
  expect(works).toEqual(['end', 'cancel']);
  for (const id of [3, 4, 5, 9]) say('pointerup', around, 'touch', id);
  expect(under).toEqual([false, false]);
});

test('a touch on a page that is drawn on is held, whatever else lies on the screen', () => {
  const touch = () => {
    const event = new Event('touchstart', { bubbles: true, cancelable: true });
    Object.defineProperty(event, 'touches', { value: [1, 2] });
    page(0).dispatchEvent(event);
    return event.defaultPrevented;
  };
  say('pointerdown', around, 'touch', 9);
  down(0, 'touch', 1);
  expect(touch()).toBe(true);
  up(0, 'touch', 1);
  expect(touch()).toBe(false);
});

test('what throws at its end holds neither page nor bars', () => {
  draws = true;
  down(0, 'pen', 1);
  fails = true;
  const failed: unknown[] = [];
  const note = (event: ErrorEvent) => (event.preventDefault(), failed.push(event.error));
  window.addEventListener('error', note);
  try {
    up(0, 'pen', 1);
  } catch (error) {
    failed.push(error);
  }
  window.removeEventListener('error', note);
  expect(failed).toHaveLength(1);
  expect([under, grip.works]).toEqual([[false, false], false]);
});

describe('a lift that is never heard', () => {
  /** The first finger on the screen, as the browser says. */
  const first = (id: number) => say('pointerdown', page(0), 'touch', id, 0, 1, { isPrimary: true });

  test('of a finger: the next first finger draws, and what was drawn far is kept', () => {
    down(0, 'touch', 1);
    drag(0, 'touch', 1, 60);
    down(1, 'touch', 2);
    expect(works).toEqual(['cancel']);
    // Neither lift was told: without a word of the browser the next finger is one of three.
    down(0, 'touch', 3);
    expect(works).toEqual(['cancel']);
    first(4);
    drag(0, 'touch', 4, 60);
    expect(works).toEqual(['cancel', 'under way']);
    say('pointerdown', around, 'touch', 5, 0, 1, { isPrimary: true });
    expect(works).toEqual(['cancel', 'end']);
    expect([under, grip.works]).toEqual([[false, false], false]);
  });

  test('of a pen: a first finger finds it silent for two seconds', () => {
    const at = down(0, 'pen', 1).timeStamp;
    now = at + PEN_SILENT_MS - 1;
    first(2);
    expect([works, grip.rules.penNear(now)]).toEqual([['under way'], true]);
    say('pointerup', around, 'touch', 2);
    now = at + PEN_SILENT_MS + 1; // a time of day with a fraction: the sum may be a hair short
    first(3);
    expect([works, grip.rules.penNear(now), under]).toEqual([['end'], false, [false, false]]);
  });

  test('of a pen that draws on, none is missed', () => {
    const at = down(0, 'pen', 1).timeStamp;
    now = at + PEN_SILENT_MS - 1;
    drag(0, 'pen', 1, 20);
    now = at + PEN_SILENT_MS + 100;
    first(2);
    expect(works).toEqual(['under way']);
  });

  test.each(['pen', 'mouse'] as const)('of a %s: it moves and presses nothing', (device) => {
    down(0, device, 1);
    say('pointermove', page(0), device, 1, 30, 0);
    expect([works, under, grip.works]).toEqual([['end'], [false, false], false]);
    expect(grip.rules.works(1)).toBe(false);
  });

  test.each(['blur', 'visibilitychange'])('where the system turns elsewhere: %s', (type) => {
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    for (const [at, device] of [
      [10_000, 'touch'],
      [20_000, 'pen'],
    ] as const) {
      works = [];
      now = at;
      down(0, device, 1);
      drag(0, device, 1, 60);
      around.dispatchEvent(new Event(type));
      expect([works, under, grip.works]).toEqual([['end'], [false, false], false]);
      expect(grip.rules.penNear(at + PALM_AFTER_MS)).toBe(false);
    }
    hidden.mockRestore();
    grip.rules.letFingersDraw(true);
    // No finger counts any more either: this one is alone.
    works = [];
    down(0, 'touch', 7);
    expect(works).toEqual(['under way']);
  });

  test('of a page that has gone: the window hears that nobody holds the contact', () => {
    down(0, 'pen', 1);
    held = true;
    say('lostpointercapture', around, 'pen', 1);
    expect(works).toEqual(['under way']);
    held = false;
    say('lostpointercapture', around, 'pen', 1);
    expect([works, under, grip.rules.penNear(1e9)]).toEqual([['end'], [false, false], false]);
  });
});

test('a pen on one page ends what the palm drew on the other', () => {
  down(0, 'touch', 1);
  drag(0, 'touch', 1, 60);
  down(1, 'pen', 2);
  expect(works).toEqual(['cancel', 'under way']);
  expect([under, told]).toEqual([
    [false, true],
    ['palm', 'first pen'],
  ]);
  up(1, 'pen', 2);
  expect([works, under]).toEqual([
    ['cancel', 'end'],
    [false, false],
  ]);
});

test('a pen whose lift was never heard keeps its stroke when the next contact comes', () => {
  down(0, 'pen', 1);
  down(1, 'pen', 2);
  expect([works, under]).toEqual([
    ['end', 'under way'],
    [false, true],
  ]);
});

test('a stroke is kept when its page goes, when the pen is lost, and when another hears the lift', () => {
  down(0, 'pen', 1);
  endings[0]?.();
  expect([works, under]).toEqual([['end'], [false, false]]);
  down(1, 'pen', 2);
  say('lostpointercapture', page(1), 'pen', 2);
  expect([works, under]).toEqual([
    ['end', 'end'],
    [false, false],
  ]);
  down(1, 'mouse', 3);
  say('pointerup', around, 'mouse', 3);
  expect(works).toEqual(['end', 'end', 'end']);
  expect(grip.rules.works(3)).toBe(false);
});

test('what draws nothing by its movement is given up instead', () => {
  draws = false;
  down(0, 'pen', 1);
  endings[0]?.();
  expect([works, under]).toEqual([['cancel'], [false, false]]);
});

test('a finger that the system takes away has drawn if it came far', () => {
  down(0, 'touch', 1);
  drag(0, 'touch', 1, 10);
  say('pointercancel', page(0), 'touch', 1);
  down(0, 'touch', 2);
  drag(0, 'touch', 2, 40);
  say('pointercancel', page(0), 'touch', 2);
  expect([works, under]).toEqual([
    ['cancel', 'end'],
    [false, false],
  ]);
});

test('where nothing can be drawn a pen belongs to the page, and nothing is learnt from it', () => {
  ready = false;
  tool = null;
  expect(down(0, 'pen', 1).defaultPrevented).toBe(false);
  up(0, 'pen', 1);
  expect([works, told, under, grip.rules.penMode]).toEqual([[], [], [false, false], false]);
  drag(0, 'pen', 1, 5);
  expect(page(0).classList.contains('pen-near')).toBe(false);
  [ready, tool] = [true, 'pen'];
  down(0, 'touch', 2);
  up(0, 'touch', 2);
  expect(works).toEqual(['end']);
  down(0, 'pen', 3);
  expect(told).toContain('first pen');
});

test('a finger that scrolls with a tool in the hand is told of, a tap is not', () => {
  grip.rules.penMode = true;
  down(0, 'touch', 1);
  up(0, 'touch', 1);
  expect(told).toEqual([]);
  down(0, 'touch', 2);
  say('pointercancel', page(0), 'touch', 2);
  down(0, 'touch', 3);
  drag(0, 'touch', 3, 30);
  expect([told, works]).toEqual([['scrolled', 'scrolled'], []]);
});

test('the end of the pen and its button erase, on whatever page', () => {
  const tools: Tool[] = [];
  const erasing = document.createElement('div');
  erasing.setPointerCapture = () => undefined;
  around.append(erasing);
  endings.push(
    watchPointers(erasing, {
      grip,
      viewport: () => ({ toPage: () => ({ x: 0, y: 0 }) }) as unknown as PageViewport,
      ready: () => true,
      tool: () => 'pen',
      begin: (start) => {
        tools.push(start.tool);
        return { move: () => undefined, end: () => undefined, cancel: () => undefined };
      },
      onFirstPen: () => undefined,
      onPalm: () => undefined,
      onScrolledInstead: () => undefined,
      onWork: () => undefined,
      onTap: () => undefined,
    }),
  );
  for (const [id, buttons] of [1, 2, 32].entries()) {
    say('pointerdown', erasing, 'pen', id, 0, buttons);
    say('pointerup', erasing, 'pen', id, 0, 0);
  }
  expect(tools).toEqual(['pen', 'eraser', 'eraser']);
});
