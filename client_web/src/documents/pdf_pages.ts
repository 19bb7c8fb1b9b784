/**
 * Pages drawn from a PDF on this device, for reading offline. pdf.js is loaded only here and only
 * then. Scripts in the PDF never run (no scripting sandbox is loaded), forms of the XFA kind are
 * off, and pages are drawn one at a time.
 */
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { showUnlessAborted, type Surface } from './painter';
import { Lane, type Wanted } from './lane';
import { readAllWords } from './page_text';
import type { Bytes, PageSource, PaintWanted } from './source';
import { TILE, type Tile } from './tiles';
import type { Size } from './space';
import type { Word } from './viewport';

/** Width of a thumbnail, px. */
const THUMB = 160;

export interface PdfPagesParts {
  pdf: Bytes;
  allWords: () => Promise<Bytes | undefined>;
  /** Pixels of the page's image in the manifest: what this source draws is as large. */
  imageSize: (page: number) => Size;
}

interface Cut {
  /** Pixels of the whole page. */
  width: number;
  left: number;
  top: number;
  cutWidth: number;
  cutHeight: number;
}

export class PdfPages implements PageSource {
  readonly #parts: PdfPagesParts;
  readonly #drawing = new Lane(1);
  #document: Promise<PDFDocumentProxy> | undefined;
  #all: Promise<Word[][]> | undefined;

  constructor(parts: PdfPagesParts) {
    this.#parts = parts;
  }

  async paint(page: number, surface: Surface, wanted: PaintWanted): Promise<void> {
    const image = this.#parts.imageSize(page);
    const width = Math.min(image.width, wanted.width);
    const cutHeight = Math.max(1, Math.round((width * image.height) / image.width));
    const whole = { width, left: 0, top: 0, cutWidth: width, cutHeight };
    await showUnlessAborted(surface, await this.#draw(page, whole, wanted), wanted.signal);
  }

  thumb(page: number, wanted: Wanted): Promise<ImageBitmap> {
    const { width, height } = this.#parts.imageSize(page);
    const cutHeight = Math.max(1, Math.round((THUMB * height) / width));
    return this.#draw(page, { width: THUMB, left: 0, top: 0, cutWidth: THUMB, cutHeight }, wanted);
  }

  tile(page: number, tile: Tile, wanted: Wanted): Promise<ImageBitmap> {
    const size = this.#parts.imageSize(page);
    const left = tile.col * TILE;
    const top = tile.row * TILE;
    const width = size.width * tile.scale;
    const cutWidth = Math.max(1, Math.min(TILE, width - left));
    const cutHeight = Math.max(1, Math.min(TILE, size.height * tile.scale - top));
    return this.#draw(page, { width, left, top, cutWidth, cutHeight }, wanted);
  }

  async words(page: number): Promise<Word[]> {
    return (await this.allWords())[page] ?? [];
  }

  allWords(): Promise<Word[][]> {
    this.#all ??= this.#parts.allWords().then((bytes) => (bytes ? readAllWords(bytes) : []));
    return this.#all;
  }

  async prefetch(): Promise<void> {
    await this.#open().catch(() => undefined);
  }

  close(): void {
    void this.#document?.then((document) => document.loadingTask.destroy()).catch(() => undefined);
    this.#document = undefined;
  }

  #open(): Promise<PDFDocumentProxy> {
    this.#document ??= loadPdf(this.#parts.pdf).catch((problem: unknown) => {
      this.#document = undefined;
      throw problem;
    });
    return this.#document;
  }

  #draw(index: number, cut: Cut, wanted: Wanted): Promise<ImageBitmap> {
    return this.#drawing.run(wanted, async (signal) => {
      const page = await (await this.#open()).getPage(index + 1);
      signal.throwIfAborted();
      const scale = cut.width / page.getViewport({ scale: 1 }).width;
      const viewport = page.getViewport({ scale, offsetX: -cut.left, offsetY: -cut.top });
      const canvas = document.createElement('canvas');
      canvas.width = cut.cutWidth;
      canvas.height = cut.cutHeight;
      const task = page.render({ canvas, viewport, background: '#fff' });
      const cancel = () => task.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        await task.promise;
        return await createImageBitmap(canvas);
      } finally {
        signal.removeEventListener('abort', cancel);
        page.cleanup();
        canvas.width = 0;
        canvas.height = 0;
      }
    });
  }
}

async function loadPdf(bytes: Bytes): Promise<PDFDocumentProxy> {
  const [pdfjs, worker] = await Promise.all([
    import('pdfjs-dist'),
    import('pdfjs-dist/build/pdf.worker.min.mjs?url'),
  ]);
  pdfjs.GlobalWorkerOptions.workerSrc = worker.default;
  // pdf.js takes the buffer away to its worker: it gets a copy.
  const task = pdfjs.getDocument({
    data: bytes.slice(),
    enableXfa: false,
    stopAtErrors: false,
    disableFontFace: false,
    useWasm: false,
    useWorkerFetch: false,
  });
  return task.promise;
}
