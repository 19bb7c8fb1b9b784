/**
 * Where pages come from. The view asks a `PageSource` for pictures and words and does not know
 * whether they come from the server, from the sealed copy on this device, or out of a PDF.
 */
import type { Wanted } from './lane';
import type { Surface } from './painter';
import type { Tile } from './tiles';
import type { Word } from './viewport';

/** Encoded bytes of one file: a WebP image, a JSON of words, a PDF. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A wish for a page on a surface: its picture need not be wider than its box. */
export interface PaintWanted extends Wanted {
  /** Of the page box, in device px. */
  width: number;
}

/**
 * Pictures of one version of a document. The bitmap belongs to the caller, who closes it or hands
 * it to a canvas. Every method rejects with `ApiProblem` (`offline`, `page_not_ready`, …) or, when
 * `signal` aborts, with the signal's reason.
 */
export interface PageSource {
  /** Shows a page on a surface; resolves when it is with the compositor. */
  paint(page: number, surface: Surface, wanted: PaintWanted): Promise<void>;
  thumb(page: number, wanted: Wanted): Promise<ImageBitmap>;
  /** undefined where this source has nothing sharper than the image. */
  tile(page: number, tile: Tile, wanted: Wanted): Promise<ImageBitmap | undefined>;
  words(page: number, signal: AbortSignal): Promise<Word[]>;
  /** The words of every page that is ready, by page. */
  allWords(): Promise<Word[][]>;
  /** Brings a page near, without decoding it; never rejects. */
  prefetch(page: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The files of one version, by page; undefined: "not here", and the next in line is asked. */
export interface PageFiles {
  image(page: number, signal: AbortSignal): Promise<Bytes | undefined>;
  /** Where the image of a page can be asked for, if these files are a server's. */
  imagePath?(page: number): string;
  thumb(page: number, signal: AbortSignal): Promise<Bytes | undefined>;
  tile(page: number, tile: Tile, signal: AbortSignal): Promise<Bytes | undefined>;
  words(page: number, signal: AbortSignal): Promise<Bytes | undefined>;
  allWords(signal: AbortSignal): Promise<Bytes | undefined>;
  pdf(signal: AbortSignal): Promise<Bytes | undefined>;
}
