// @vitest-environment node
import { describe, expect, test } from 'vitest';
import {
  apply,
  applyToRect,
  asRotation,
  displayedSize,
  invert,
  toScreen,
  type Rotation,
} from './space';

const PAGE = { width: 600, height: 800 };
const ROTATIONS: Rotation[] = [0, 90, 180, 270];

describe('page space to the screen', () => {
  // A point near the top left of the unrotated page, and where a clockwise turn puts it.
  const expected: Record<Rotation, { x: number; y: number }> = {
    0: { x: 20, y: 60 },
    90: { x: 1540, y: 20 },
    180: { x: 1180, y: 1540 },
    270: { x: 60, y: 1180 },
  };

  test.each(ROTATIONS)(
    'a page turned by %i° puts its top left where a reader sees it',
    (rotation) => {
      expect(apply(toScreen(PAGE, rotation, 2), { x: 10, y: 30 })).toEqual(expected[rotation]);
    },
  );

  test.each(ROTATIONS)('the corners of a page turned by %i° fill the displayed box', (rotation) => {
    const shown = displayedSize(PAGE, rotation);
    const box = applyToRect(toScreen(PAGE, rotation, 1.5), { x0: 0, y0: 0, x1: 600, y1: 800 });
    expect(box).toEqual({ x0: 0, y0: 0, x1: shown.width * 1.5, y1: shown.height * 1.5 });
  });

  test.each(ROTATIONS)('and there is a way back from %i°', (rotation) => {
    const m = toScreen(PAGE, rotation, 1.37);
    const back = apply(invert(m), apply(m, { x: 123.25, y: 456.5 }));
    expect(back.x).toBeCloseTo(123.25, 9);
    expect(back.y).toBeCloseTo(456.5, 9);
  });

  test('odd angles become the nearest right one', () => {
    expect([-90, 450, 360, 0, 180, 44].map(asRotation)).toEqual([270, 90, 0, 0, 180, 0]);
  });
});
