import { expect, test } from 'vitest';
import { Stage } from './stage.svelte';

test('a sheet that goes in the middle of a zoom leaves none under way for the next', () => {
  const stage = new Stage();
  const sheets = [0, 1].map(() => {
    const scroller = document.createElement('div');
    const sheet = scroller.appendChild(document.createElement('div'));
    return { scroller, sheet };
  });
  for (const { scroller, sheet } of sheets) {
    const leave = stage.attach(scroller, sheet);
    expect(stage.pinching).toBe(false);
    // Nothing of a zoom that nobody ends any more is shown.
    stage.move(2, { x: 0, y: 0 });
    expect(sheet.style.transform).toBe('');
    const wheel = Object.assign(new Event('wheel'), {
      ctrlKey: true,
      deltaY: -100,
      clientX: 0,
      clientY: 0,
    });
    scroller.dispatchEvent(wheel);
    expect(stage.pinching).toBe(true);
    leave();
  }
});

test('a hand works while a page is held, and not while another is', () => {
  const stage = new Stage();
  stage.hold(2, true);
  stage.hold(1, false);
  expect(stage.works).toBe(true);
  stage.hold(2, false);
  expect(stage.works).toBe(false);
});
