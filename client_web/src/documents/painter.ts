/**
 * Surfaces for page pictures. A picture goes to the canvas without a copy in script
 * (`bitmaprenderer`), in a worker where the browser can; and its pixels are given back at once
 * when the page leaves, because the collector would take its time (644 MB in a long document).
 */
export type PaintOrder =
  | { kind: 'decode'; job: number; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'canvas'; id: number; canvas: OffscreenCanvas }
  | { kind: 'show'; id: number; bitmap: ImageBitmap }
  | { kind: 'empty' | 'drop'; id: number };

export type PaintAnswer =
  | { kind: 'ready' }
  | { kind: 'shown'; id: number }
  | { kind: 'decoded'; job: number; bitmap: ImageBitmap | undefined };

export interface Surface {
  /** Painted by the worker. */
  readonly afar: boolean;
  /** Takes the bitmap over; resolves when it is with the compositor. */
  show(bitmap: ImageBitmap): Promise<void>;
  /** Gives the pixels back; the surface can show again. */
  empty(): void;
  /** Gives everything back. */
  close(): void;
}

/** Hands a bitmap to a canvas of this thread. */
export function showBitmap(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const { width, height } = bitmap;
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  bitmap.close();
}

export function emptyCanvas(canvas: HTMLCanvasElement): void {
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(null);
  canvas.width = 0;
  canvas.height = 0;
}

let worker: Worker | undefined;
let ready = false;
let lastId = 0;
const waiting = new Map<number, () => void>();
const decoding = new Map<number, (bitmap: ImageBitmap | undefined) => void>();

/** Starts the worker. Until it answers, pages are painted here: the first one must not wait. */
export function startPainter(): void {
  if (worker || typeof Worker === 'undefined' || !('transferControlToOffscreen' in canvasClass())) {
    return;
  }
  worker = new Worker(new URL('./paint.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<PaintAnswer>) => {
    if (data.kind === 'ready') ready = true;
    else if (data.kind === 'decoded') {
      decoding.get(data.job)?.(data.bitmap);
      decoding.delete(data.job);
    } else {
      waiting.get(data.id)?.();
      waiting.delete(data.id);
    }
  };
}

function canvasClass(): object {
  return typeof HTMLCanvasElement === 'undefined' ? {} : HTMLCanvasElement.prototype;
}

/** True when the worker paints; surfaces made before go on being painted here. */
export function paintsAfar(): boolean {
  return ready;
}

/** @throws InvalidStateError (DOMException) when the bytes are no picture. */
export async function decodeImage(bytes: Uint8Array<ArrayBuffer>): Promise<ImageBitmap> {
  if (!worker || !ready) return createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
  const job = (lastId += 1);
  const done = new Promise<ImageBitmap | undefined>((resolve) => decoding.set(job, resolve));
  worker.postMessage({ kind: 'decode', job, bytes } satisfies PaintOrder);
  const bitmap = await done;
  if (!bitmap) throw new DOMException('not a picture', 'InvalidStateError');
  return bitmap;
}

/** A surface for a canvas that has no context yet. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface {
  return worker && ready ? afar(worker, canvas) : here(canvas);
}

function here(canvas: HTMLCanvasElement): Surface {
  return {
    afar: false,
    show(bitmap) {
      showBitmap(canvas, bitmap);
      return Promise.resolve();
    },
    empty: () => emptyCanvas(canvas),
    close: () => emptyCanvas(canvas),
  };
}

function afar(painter: Worker, canvas: HTMLCanvasElement): Surface {
  const id = (lastId += 1);
  const offscreen = canvas.transferControlToOffscreen();
  const order = (message: PaintOrder, moved: Transferable[] = []) =>
    painter.postMessage(message, moved);
  order({ kind: 'canvas', id, canvas: offscreen }, [offscreen]);
  return {
    afar: true,
    show(bitmap) {
      const shown = new Promise<void>((resolve) => waiting.set(id, resolve));
      order({ kind: 'show', id, bitmap }, [bitmap]);
      return shown;
    },
    empty: () => order({ kind: 'empty', id }),
    close() {
      order({ kind: 'drop', id });
      waiting.delete(id);
    },
  };
}
