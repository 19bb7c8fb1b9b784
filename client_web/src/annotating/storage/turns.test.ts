// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { ASK_EVERY_MS, Turns, type Asking, type TurnChannel } from './turns';

/** Tabs of one browser, one clock, one lock. */
let tabs: Tab[];
let now: number;
let timers: { at: number; run: () => void }[];
let said: number;

class Tab {
  visible = true;
  connected = true;
  unsent = 0;
  gaveWay = 0;
  readonly heard: ((message: Asking) => void)[] = [];
  readonly turns: Turns;

  constructor() {
    tabs.push(this);
    const channel: TurnChannel = {
      post: (message) => {
        said += 1;
        for (const tab of tabs) if (tab !== this) for (const hear of tab.heard) hear(message);
      },
      listen: (listener) => void this.heard.push(listener),
      close: () => void this.heard.splice(0),
    };
    this.turns = new Turns({
      channel,
      connected: () => this.connected,
      visible: () => this.visible,
      holds: () => tabs[0] === this,
      waits: () => this.unsent > 0,
      giveWay: () => {
        this.gaveWay += 1;
        tabs.push(...tabs.splice(0, 1));
      },
      later: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => void (timers = timers.filter((other) => other !== timer));
      },
    });
  }

  change(change: Partial<Pick<Tab, 'visible' | 'connected' | 'unsent'>>): void {
    Object.assign(this, change);
    this.turns.look();
  }
}

function pass(ms: number): void {
  const until = now + ms;
  for (;;) {
    const next = timers.sort((a, b) => a.at - b.at)[0];
    if (next === undefined || next.at > until) break;
    timers.shift();
    now = next.at;
    next.run();
  }
  now = until;
}

beforeEach(() => {
  tabs = [];
  timers = [];
  now = 0;
  said = 0;
});

test('a tab that is looked at takes over from one that is hidden, before anything is written', () => {
  const [first, second] = [new Tab(), new Tab()];
  second.change({ visible: false });
  first.change({ visible: false });
  expect(tabs[0]).toBe(first);
  second.change({ visible: true });
  expect(tabs[0]).toBe(second);
});

test('a tab with a line takes over from one without, hidden or not', () => {
  const [first, second] = [new Tab(), new Tab()];
  second.change({ visible: false, unsent: 1 });
  first.change({ connected: false });
  pass(ASK_EVERY_MS);
  expect(tabs[0]).toBe(second);
});

test('equals never take turns, and who cannot send does not ask', () => {
  const [first, second] = [new Tab(), new Tab()];
  second.change({ unsent: 3 });
  pass(10 * ASK_EVERY_MS);
  expect([first.gaveWay, tabs[0]]).toEqual([0, first]);
  second.change({ connected: false });
  first.change({ visible: false });
  said = 0;
  pass(10 * ASK_EVERY_MS);
  expect([said, first.gaveWay]).toEqual([0, 0]);
  second.change({ connected: true });
  expect(tabs[0]).toBe(second);
});

test('the turn that went to a third tab, as hidden as the first, is asked for again', () => {
  const [first, second, third] = [new Tab(), new Tab(), new Tab()];
  first.change({ visible: false });
  second.change({ visible: false });
  third.change({ unsent: 1 });
  pass(2 * ASK_EVERY_MS);
  expect(tabs[0]).toBe(third);
  expect([first.gaveWay, second.gaveWay]).toEqual([1, 1]);
});

test('with nothing to send nobody asks again', () => {
  const [, second] = [new Tab(), new Tab()];
  second.change({ unsent: 1 });
  pass(ASK_EVERY_MS);
  second.unsent = 0;
  said = 0;
  pass(60_000);
  expect(said).toBe(0);
  expect(timers).toEqual([]);
});

test('a tab that is gone neither asks nor gives way', () => {
  const [first, second] = [new Tab(), new Tab()];
  second.change({ unsent: 1 });
  second.turns.stop();
  first.change({ visible: false });
  second.turns.look();
  pass(60_000);
  expect(first.gaveWay).toBe(0);
});
