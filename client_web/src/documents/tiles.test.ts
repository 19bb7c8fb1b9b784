// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { MAX_TILES, planTiles, tileScale, TILE } from './tiles';

const IMAGE = { width: 1240, height: 1754 };

describe('the scale of tiles', () => {
  test('follows the enlargement of the image in device pixels', () => {
    expect([0.6, 1, 1.32, 1.44].map(tileScale)).toEqual([1, 1, 1, 1]);
    expect([1.5, 2, 2.8].map(tileScale)).toEqual([2, 2, 2]);
    expect([2.9, 4, 5.6].map(tileScale)).toEqual([4, 4, 4]);
    expect([5.7, 8, 30].map(tileScale)).toEqual([8, 8, 8]);
  });
});

describe('the tiles of a window', () => {
  test('a page that is not enlarged needs none', () => {
    const plan = planTiles(IMAGE, 800, { x: 0, y: 0, width: 800, height: 1000 }, 1);
    expect(plan).toEqual({ scale: 1, tiles: [] });
  });

  test('cover what is shown, nearest to the middle first', () => {
    const shown = { x: 700, y: 900, width: 820, height: 1100 };
    const boxWidth = 3200;
    const plan = planTiles(IMAGE, boxWidth, shown, 1);
    expect(plan.scale).toBe(2);
    const boxHeight = (boxWidth * IMAGE.height) / IMAGE.width;
    const covered = (x: number, y: number) =>
      plan.tiles.some(
        ({ at }) =>
          x >= at.x * boxWidth &&
          x < (at.x + at.width) * boxWidth &&
          y >= at.y * boxHeight &&
          y < (at.y + at.height) * boxHeight,
      );
    for (let x = 0; x < shown.width; x += 37) {
      for (let y = 0; y < shown.height; y += 41) {
        expect(covered(shown.x + x, shown.y + y)).toBe(true);
      }
    }
    const first = plan.tiles[0];
    expect(Math.abs((first?.col ?? 0) - 1.7)).toBeLessThanOrEqual(1);
  });

  test('tiles at the edge are as small as what is left of the page', () => {
    const whole = { x: 0, y: 0, width: 2480, height: 3508 };
    const plan = planTiles(IMAGE, 2480, whole, 1);
    expect(plan.tiles).toHaveLength(5 * 7);
    const corner = plan.tiles.find(({ col, row }) => col === 4 && row === 6);
    expect((corner?.at.width ?? 0) * 2480).toBeCloseTo(2480 - 4 * TILE);
    expect((corner?.at.height ?? 0) * 3508).toBeCloseTo(3508 - 6 * TILE);
  });

  test('a window never asks for more than its bound', () => {
    for (const zoom of [1.5, 2, 2.8, 3, 4, 5.6, 6, 8]) {
      const plan = planTiles(IMAGE, 1180 * zoom, { x: 0, y: 0, width: 1180, height: 1180 }, 2);
      expect(plan.tiles.length).toBeLessThanOrEqual(MAX_TILES);
    }
  });
});
