/** Images as long as they can be had, the PDF on this device when the network is gone. */
import { ApiProblem } from '../wire';
import type { ImagePages } from './image_pages';
import type { Wanted } from './lane';
import type { Surface } from './painter';
import type { PageSource, PaintWanted } from './source';
import type { Tile } from './tiles';

/** After a failed request the server is left alone for so long, ms: a page turn must not wait. */
const LEAVE_ALONE_MS = 5_000;

export interface PatientParts {
  images: ImagePages;
  /** Opens the PDF copy; undefined when none lies here. */
  pdf: () => Promise<PageSource | undefined>;
  now: () => number;
}

export class PatientPages implements PageSource {
  readonly #parts: PatientParts;
  #pdf: Promise<PageSource | undefined> | undefined;
  #offlineUntil = 0;

  constructor(parts: PatientParts) {
    this.#parts = parts;
  }

  paint(page: number, surface: Surface, wanted: PaintWanted): Promise<void> {
    return this.#either(
      () => this.#parts.images.paint(page, surface, wanted),
      (pdf) => pdf.paint(page, surface, wanted),
    );
  }

  thumb(page: number, wanted: Wanted): Promise<ImageBitmap> {
    return this.#either(
      () => this.#parts.images.thumb(page, wanted),
      (pdf) => pdf.thumb(page, wanted),
    );
  }

  tile(page: number, tile: Tile, wanted: Wanted): Promise<ImageBitmap | undefined> {
    return this.#either(
      () => this.#parts.images.tile(page, tile, wanted),
      (pdf) => pdf.tile(page, tile, wanted),
    );
  }

  words(page: number, signal: AbortSignal) {
    return this.#parts.images.words(page, signal);
  }

  allWords() {
    return this.#parts.images.allWords();
  }

  prefetch(page: number, signal: AbortSignal): Promise<void> {
    return this.#parts.images.prefetch(page, signal);
  }

  close(): void {
    this.#parts.images.close();
    void this.#pdf?.then((pdf) => pdf?.close());
  }

  async #either<T>(online: () => Promise<T>, offline: (pdf: PageSource) => Promise<T>): Promise<T> {
    if (this.#parts.now() < this.#offlineUntil) {
      const pdf = await this.#openPdf();
      if (pdf) return offline(pdf);
    }
    try {
      const answer = await online();
      this.#offlineUntil = 0;
      return answer;
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || !problem.isOffline) throw problem;
      const pdf = await this.#openPdf();
      if (!pdf) throw problem;
      this.#offlineUntil = this.#parts.now() + LEAVE_ALONE_MS;
      return offline(pdf);
    }
  }

  #openPdf(): Promise<PageSource | undefined> {
    this.#pdf ??= this.#parts.pdf().then((pdf) => {
      if (!pdf) this.#pdf = undefined;
      return pdf;
    });
    return this.#pdf;
  }
}
