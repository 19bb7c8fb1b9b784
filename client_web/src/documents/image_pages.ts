/** Pages as images: from memory, from the sealed copy, from the server, in this order. */
import { ApiProblem } from '../wire';
import { compare, verdictOf, type Verdict } from './fingerprint';
import { Lane, type Wanted } from './lane';
import {
  bringPage,
  decodeImage,
  forgetAfar,
  heldAfar,
  paintsAfar,
  showUnlessAborted,
  type Surface,
} from './painter';
import { NEAR_ENOUGH, type Fit } from './paint_orders';
import { readAllWords, readWords } from './page_text';
import type { Bytes, PageFiles, PageSource, PaintWanted } from './source';
import type { Tile } from './tiles';
import type { Word } from './viewport';

/** Encoded pages held in memory: some 80 pages of text, so that turning back is instant. */
const MEMORY_BYTES = 6 * 1024 * 1024;
/** Width of a thumbnail made here from the image, px: twice what the strip shows. */
const THUMB = 240;
/** More requests than this side by side only make the visible page wait. */
const FETCHES = 4;

export interface Manifested {
  image_w: number;
  image_sha: string | null;
  words_sha: string | null;
}

export interface ImagePagesParts {
  files: PageFiles[];
  page: (index: number) => Manifested | undefined;
  /** Told for each image and words file that came: does it match the manifest? */
  onVerdict: (page: number, verdict: Verdict) => void;
  /** Told the size of each image as it arrives. */
  onImage?: (page: number, bytes: number) => void;
}

export class ImagePages implements PageSource {
  readonly #parts: ImagePagesParts;
  readonly #fetching = new Lane(FETCHES);
  /** Two at a time: one is fetched while the other is decoded. */
  readonly #painting = new Lane(2);
  /** Two decodes side by side double the peak memory and make the visible page wait. */
  readonly #decoding = new Lane(1);
  readonly #memory = new Map<number, Bytes>();
  readonly #closing = new AbortController();
  #held = 0;
  #all: Promise<Word[][]> | undefined;

  constructor(parts: ImagePagesParts) {
    this.#parts = parts;
  }

  get idle(): boolean {
    return this.#fetching.idle && this.#decoding.idle && this.#painting.idle;
  }

  async paint(page: number, surface: Surface, wanted: PaintWanted): Promise<void> {
    const { afar } = surface;
    const fit = { image: this.#parts.page(page)?.image_w ?? 0, box: wanted.width };
    if (afar === undefined) {
      const width = fit.image > fit.box * NEAR_ENOUGH ? fit.box : undefined;
      const bitmap = await this.#decode(await this.imageBytes(page, wanted), wanted, width);
      return showUnlessAborted(surface, bitmap, wanted.signal);
    }
    return this.#painting.run(wanted, (signal) => this.#bring(page, signal, { afar, fit }));
  }

  /** By the worker: from what lies on this thread, else straight from the server. */
  async #bring(page: number, signal: AbortSignal, to?: { afar: number; fit: Fit }): Promise<void> {
    const near = this.#memory.get(page);
    for (const files of near ? this.#parts.files.slice(0, 1) : this.#parts.files) {
      const path = files.imagePath?.(page) ?? '';
      const bytes = near ?? (path === '' ? await files.image(page, signal) : undefined);
      if (!bytes && path === '') continue;
      const what = { path, ...(bytes && { bytes }), ...(to && { surface: to.afar, fit: to.fit }) };
      const { size, sha } = await bringPage(what, signal);
      if (!near) this.arrived(page, size, sha);
      return;
    }
    throw new ApiProblem('offline', 0);
  }

  /** The worker has got a page: `size` bytes with this hash; 0 when it had it already. */
  arrived(page: number, size: number, sha: string | undefined): void {
    if (size === 0) return;
    this.#parts.onImage?.(page, size);
    this.#parts.onVerdict(page, verdictOf(sha, this.#parts.page(page)?.image_sha ?? null));
  }

  async thumb(page: number, wanted: Wanted): Promise<ImageBitmap> {
    const bytes = await this.#fetch(wanted, (files, signal) =>
      files.thumb(page, signal).catch(offlineIsAbsent),
    ).catch(offlineIsAbsent);
    if (bytes) return this.#decode(bytes, wanted);
    return this.#decode(await this.imageBytes(page, wanted), wanted, THUMB);
  }

  async tile(page: number, tile: Tile, wanted: Wanted): Promise<ImageBitmap | undefined> {
    const bytes = await this.#fetching.run(wanted, (signal) =>
      this.#first((files) => files.tile(page, tile, signal)),
    );
    return bytes && this.#decode(bytes, wanted);
  }

  async words(page: number, signal: AbortSignal): Promise<Word[]> {
    if (this.#all) return (await this.#all)[page] ?? [];
    const bytes = await this.#first((files) => files.words(page, signal)).catch(offlineIsAbsent);
    if (bytes) {
      void this.#check(page, bytes, 'words_sha');
      return readWords(bytes);
    }
    return (await this.allWords())[page] ?? [];
  }

  allWords(): Promise<Word[][]> {
    // One answer serves all who ask, so no single asker's signal ends it.
    this.#all ??= this.#loadAll(this.#closing.signal).catch((problem: unknown) => {
      this.#all = undefined;
      throw problem;
    });
    return this.#all;
  }

  /** More pages have become ready: the words of the whole are read anew when next asked for. */
  forgetWords(): void {
    this.#all = undefined;
  }

  async prefetch(page: number, signal: AbortSignal): Promise<void> {
    const wanted = { priority: () => Infinity, signal };
    const near = paintsAfar()
      ? this.#painting.run(wanted, () => this.#bring(page, signal))
      : this.imageBytes(page, wanted);
    await near.catch(() => undefined);
  }

  close(): void {
    this.#closing.abort();
    forgetAfar();
    this.#memory.clear();
    this.#held = 0;
    this.#all = undefined;
  }

  /** A copy of an image that is in memory already; for the copy on this device. */
  async held(page: number): Promise<Bytes | undefined> {
    const path = this.#parts.files.map((files) => files.imagePath?.(page)).find(Boolean);
    return this.#memory.get(page)?.slice() ?? (path === undefined ? undefined : heldAfar(path));
  }

  async imageBytes(page: number, wanted: Wanted): Promise<Bytes> {
    const known = this.#memory.get(page);
    if (known) {
      this.#memory.delete(page);
      this.#memory.set(page, known);
      return known;
    }
    const bytes = await this.#fetch(wanted, (files, signal) => files.image(page, signal));
    this.#remember(page, bytes);
    this.#parts.onImage?.(page, bytes.byteLength);
    void this.#check(page, bytes, 'image_sha');
    return bytes;
  }

  async #loadAll(signal: AbortSignal): Promise<Word[][]> {
    const bytes = await this.#first((files) => files.allWords(signal));
    if (!bytes) throw new ApiProblem('offline', 0);
    return readAllWords(bytes);
  }

  async #check(page: number, bytes: Bytes, which: 'image_sha' | 'words_sha'): Promise<void> {
    const expected = this.#parts.page(page)?.[which] ?? null;
    this.#parts.onVerdict(page, await compare(bytes, expected));
  }

  #remember(page: number, bytes: Bytes): void {
    if (this.#memory.has(page)) return;
    this.#memory.set(page, bytes);
    this.#held += bytes.byteLength;
    for (const [oldest, old] of this.#memory) {
      if (this.#held <= MEMORY_BYTES || oldest === page) break;
      this.#memory.delete(oldest);
      this.#held -= old.byteLength;
    }
  }

  async #fetch(
    wanted: Wanted,
    ask: (files: PageFiles, signal: AbortSignal) => Promise<Bytes | undefined>,
  ): Promise<Bytes> {
    const bytes = await this.#fetching.run(wanted, (signal) =>
      this.#first((files) => ask(files, signal)),
    );
    if (!bytes) throw new ApiProblem('offline', 0);
    return bytes;
  }

  async #first(ask: (files: PageFiles) => Promise<Bytes | undefined>): Promise<Bytes | undefined> {
    for (const files of this.#parts.files) {
      const bytes = await ask(files);
      if (bytes) return bytes;
    }
    return undefined;
  }

  #decode(bytes: Bytes, wanted: Wanted, resizeWidth?: number): Promise<ImageBitmap> {
    return this.#decoding.run(wanted, () =>
      resizeWidth === undefined
        ? decodeImage(bytes)
        : createImageBitmap(new Blob([bytes]), { resizeWidth, resizeQuality: 'medium' }),
    );
  }
}

function offlineIsAbsent(problem: unknown): undefined {
  if (problem instanceof ApiProblem && problem.isOffline) return undefined;
  throw problem;
}
