/**
 * The sharp tiles over one page, as canvases placed by fractions of the page box. Tiles of the
 * scale before stay beneath until the new ones are all there, so that nothing goes soft in between.
 */
import type { Wanted } from './lane';
import { emptyCanvas, showBitmap } from './painter';
import type { Tile, TilePlan } from './tiles';

export type AskTile = (tile: Tile, wanted: Wanted) => Promise<ImageBitmap | undefined>;

interface Laid {
  canvas: HTMLCanvasElement;
  stop: AbortController;
  done: boolean;
}

export class TileSheet {
  readonly #laid = new Map<string, Laid>();
  #plan: TilePlan = { scale: 1, tiles: [] };

  constructor(
    private readonly host: HTMLElement,
    private readonly ask: AskTile,
  ) {}

  show(plan: TilePlan): void {
    this.#plan = plan;
    const wanted = new Set(plan.tiles.map((tile) => tile.key));
    for (const [key, laid] of this.#laid) {
      // What is still under way for another view is not waited for.
      if (!wanted.has(key) && !laid.done) this.#remove(key, laid);
    }
    plan.tiles.forEach((tile, rank) => {
      if (!this.#laid.has(tile.key)) this.#lay(tile, rank);
    });
    this.#tidy();
  }

  clear(): void {
    for (const [key, laid] of this.#laid) this.#remove(key, laid);
  }

  #lay(tile: Tile, rank: number): void {
    const canvas = document.createElement('canvas');
    const { style } = canvas;
    style.left = `${tile.at.x * 100}%`;
    style.top = `${tile.at.y * 100}%`;
    style.width = `${tile.at.width * 100}%`;
    style.height = `${tile.at.height * 100}%`;
    canvas.hidden = true;
    const stop = new AbortController();
    const laid: Laid = { canvas, stop, done: false };
    this.#laid.set(tile.key, laid);
    // After every page image (priorities below 1), nearest to the middle first.
    this.ask(tile, { priority: () => 1 + rank / 100, signal: stop.signal })
      .then((bitmap) => {
        if (!bitmap || stop.signal.aborted) {
          bitmap?.close();
          return;
        }
        showBitmap(canvas, bitmap);
        canvas.hidden = false;
        this.host.append(canvas);
      })
      // A tile that cannot be had leaves the image beneath: soft, but there.
      .catch(() => undefined)
      .finally(() => {
        laid.done = true;
        this.#tidy();
      });
  }

  /** Once the plan is complete, what lies beneath it goes. */
  #tidy(): void {
    const { tiles } = this.#plan;
    if (tiles.some((tile) => !this.#laid.get(tile.key)?.done)) return;
    const wanted = new Set(tiles.map((tile) => tile.key));
    for (const [key, laid] of this.#laid) if (!wanted.has(key)) this.#remove(key, laid);
  }

  #remove(key: string, laid: Laid): void {
    laid.stop.abort();
    laid.canvas.remove();
    emptyCanvas(laid.canvas);
    this.#laid.delete(key);
  }
}
