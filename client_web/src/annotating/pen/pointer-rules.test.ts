// @vitest-environment node
import { expect, test } from 'vitest';
import { PALM_AFTER_MS, PALM_MS, PointerRules, type Contact } from './pointer-rules';

const finger = (id: number, at: number): Contact => ({ id, device: 'touch', at, buttons: 1 });
const pen = (at: number, buttons = 1): Contact => ({ id: 90, device: 'pen', at, buttons });

test('without a tool fingers and mouse belong to the page, and the pen still works', () => {
  const rules = new PointerRules();
  expect(rules.down(finger(1, 0), false).do).toBe('leave');
  rules.up(1, 'touch', 10);
  expect(rules.down({ id: 2, device: 'mouse', at: 20, buttons: 1 }, false).do).toBe('leave');
  expect(rules.down(pen(30), false)).toMatchObject({ do: 'work', firstPen: true });
});

test('one finger draws with a tool; the second cancels it and neither draws until both left', () => {
  const rules = new PointerRules();
  expect(rules.down(finger(1, 0), true).do).toBe('work');
  expect(rules.down(finger(2, 50), true).do).toBe('cancel');
  expect(rules.works(1)).toBe(false);
  rules.up(1, 'touch', 100);
  expect(rules.down(finger(3, 120), true).do).toBe('leave');
  rules.up(2, 'touch', 130);
  rules.up(3, 'touch', 140);
  expect(rules.down(finger(4, 150), true).do).toBe('work');
});

test('the first pen contact makes fingers scroll and disowns the palm before it', () => {
  const rules = new PointerRules();
  rules.down(finger(1, 1000), true);
  expect(rules.down(pen(1200), true)).toEqual({
    do: 'work',
    eraser: false,
    firstPen: true,
    palmSince: 1000,
  });
  expect(rules.works(1)).toBe(false);
  expect(rules.penMode).toBe(true);
  rules.up(90, 'pen', 2000);
  rules.up(1, 'touch', 2010);
  expect(rules.down(finger(2, 2000 + PALM_AFTER_MS), true).do).toBe('leave');
});

test('a finger stroke finished just before the pen is a palm too, an older one is not', () => {
  for (const [wait, since] of [
    [PALM_MS, 1000],
    [PALM_MS + 1, null],
  ] as const) {
    const rules = new PointerRules();
    rules.down(finger(1, 1000), true);
    rules.up(1, 'touch', 1100);
    expect(rules.down(pen(1100 + wait), true)).toMatchObject({ palmSince: since });
  }
});

test('while the pen is down a palm does nothing, nor just after', () => {
  const rules = new PointerRules();
  rules.down(pen(0), true);
  expect(rules.down(finger(1, 20), true).do).toBe('ignore');
  rules.up(90, 'pen', 100);
  expect(rules.down(finger(2, 100 + PALM_AFTER_MS - 1), true).do).toBe('ignore');
});

test('the way back is kept: the next pen contact does not take the fingers away again', () => {
  const rules = new PointerRules();
  rules.down(pen(0), true);
  rules.up(90, 'pen', 100);
  rules.letFingersDraw(true);
  expect(rules.down(finger(1, 120), true).do).toBe('work');
  rules.up(1, 'touch', 2100);
  expect(rules.down(pen(5000), true)).toMatchObject({ do: 'work', firstPen: false });
  expect(rules.penMode).toBe(false);
});

test('who lets fingers draw has no palm: the pen takes nothing of theirs away', () => {
  const rules = new PointerRules();
  rules.letFingersDraw(true);
  rules.down(finger(1, 1000), true);
  rules.up(1, 'touch', 1100);
  expect(rules.down(pen(1200), true)).toMatchObject({ do: 'work', palmSince: null });
});

test('barrel button and eraser end erase; the right mouse button does not draw', () => {
  const rules = new PointerRules();
  expect(rules.down(pen(0, 32), true)).toMatchObject({ eraser: true });
  rules.up(90, 'pen', 10);
  expect(rules.down(pen(20, 3), true)).toMatchObject({ eraser: true });
  rules.up(90, 'pen', 30);
  expect(rules.down({ id: 2, device: 'mouse', at: 40, buttons: 2 }, true).do).toBe('leave');
});
