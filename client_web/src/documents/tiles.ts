/**
 * Which sharp tiles lie over a page when it is shown larger than its image. Tiles are 512 px
 * squares of the displayed page at 2, 4 or 8 times the image; those at the right and bottom edge
 * are smaller.
 */
import type { Box } from './layout';
import type { Size } from './space';

export const TILE = 512;
export const TILE_SCALES = [2, 4, 8] as const;
export type TileScale = (typeof TILE_SCALES)[number];

/**
 * Below this enlargement the image alone is crisp enough (a 820 px column on a 2× tablet is
 * 1.32): fetching tiles for every page that is merely read would cost the server more than the
 * eye gains.
 */
export const SHARP_FROM = 1.45;
/** A tile may be stretched this much before the next scale is asked for: √2 halves the count. */
const STRETCH = Math.SQRT2;
/** Decoded tiles are 1 MB each; a window never needs more than about 60 at the rule above. */
export const MAX_TILES = 80;

export interface Tile {
  scale: TileScale;
  col: number;
  row: number;
  key: string;
  /** Place on the page box as fractions, so that zooming does not move it. */
  at: Box;
}

export interface TilePlan {
  scale: TileScale | 1;
  tiles: Tile[];
}

/** The tile scale for `enlargement` device px per image px; 1 means the image is enough. */
export function tileScale(enlargement: number): TileScale | 1 {
  if (enlargement < SHARP_FROM) return 1;
  return TILE_SCALES.find((scale) => enlargement <= scale * STRETCH) ?? 8;
}

/**
 * @param image pixels of the page's image
 * @param boxWidth CSS px of the page box
 * @param shown part of the page box in the window, CSS px
 */
export function planTiles(image: Size, boxWidth: number, shown: Box, dpr: number): TilePlan {
  const scale = tileScale((boxWidth * dpr) / image.width);
  if (scale === 1) return { scale, tiles: [] };
  const width = image.width * scale;
  const height = image.height * scale;
  const perCss = width / boxWidth;
  const colFirst = Math.floor((shown.x * perCss) / TILE);
  const rowFirst = Math.floor((shown.y * perCss) / TILE);
  const colLast = Math.min(
    Math.ceil(width / TILE) - 1,
    Math.floor(((shown.x + shown.width) * perCss - 1) / TILE),
  );
  const rowLast = Math.min(
    Math.ceil(height / TILE) - 1,
    Math.floor(((shown.y + shown.height) * perCss - 1) / TILE),
  );
  const middle = {
    col: ((shown.x + shown.width / 2) * perCss) / TILE - 0.5,
    row: ((shown.y + shown.height / 2) * perCss) / TILE - 0.5,
  };
  const tiles: Tile[] = [];
  for (let row = rowFirst; row <= rowLast; row += 1) {
    for (let col = colFirst; col <= colLast; col += 1) {
      const at = {
        x: (col * TILE) / width,
        y: (row * TILE) / height,
        width: Math.min(TILE, width - col * TILE) / width,
        height: Math.min(TILE, height - row * TILE) / height,
      };
      tiles.push({ scale, col, row, key: `${scale}/${col}/${row}`, at });
    }
  }
  const away = (tile: Tile) => Math.hypot(tile.col - middle.col, tile.row - middle.row);
  tiles.sort((one, other) => away(one) - away(other));
  return { scale, tiles: tiles.slice(0, MAX_TILES) };
}
