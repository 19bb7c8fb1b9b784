/**
 * Surfaces for page pictures, painted by a worker where the browser can; on this thread a picture
 * goes to the canvas without a copy (`bitmaprenderer`). Its pixels are given back at once when the
 * page leaves, because the collector would take its time (644 MB in a long document).
 */
import { api, ApiProblem } from '../wire';
import type { Fit, PaintAnswer, PaintOrder } from './paint_orders';
import type { Bytes } from './source';

/** What came for a page: nothing (size 0) when the worker had it. */
export interface Arrived {
  size: number;
  sha: string | undefined;
}

export interface Surface {
  /** Known to the worker, which paints it; undefined: painted on this thread. */
  readonly afar: number | undefined;
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

/** Hands a bitmap to a surface, or closes it when nobody wants it any more. */
export async function showUnlessAborted(
  surface: Surface,
  bitmap: ImageBitmap,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) bitmap.close();
  signal.throwIfAborted();
  await surface.show(bitmap);
}

export function emptyCanvas(canvas: HTMLCanvasElement): void {
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(null);
  canvas.width = 0;
  canvas.height = 0;
}

let worker: Worker | undefined;
let ready = false;
let lastId = 0;
/** Who waits for the answer to a job, or for a surface to be shown. */
const waiting = new Map<number, (answer: PaintAnswer) => void>();

function order(message: PaintOrder, moved: Transferable[] = []): void {
  worker?.postMessage(message, moved);
}

function answerTo<K extends PaintAnswer['kind']>(job: number): Promise<PaintAnswer & { kind: K }> {
  return new Promise((resolve) =>
    waiting.set(job, (answer) => resolve(answer as PaintAnswer & { kind: K })),
  );
}

/** Starts the worker. Until it answers, pages are painted here: the first one must not wait. */
export function startPainter(): void {
  if (worker || typeof Worker === 'undefined' || !('transferControlToOffscreen' in canvasClass())) {
    return;
  }
  worker = new Worker(new URL('./paint.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<PaintAnswer>) => {
    if (data.kind === 'ready') {
      ready = true;
      return;
    }
    const who = data.kind === 'shown' ? data.id : data.job;
    waiting.get(who)?.(data);
    waiting.delete(who);
  };
  // For what its first drawing needs, a worker of Chromium asks this thread and waits for an idle
  // moment of it: with a surface that nobody sees that is over before the tap.
  const practice = afar(document.createElement('canvas'));
  practice.empty();
  practice.close();
}

function canvasClass(): object {
  return typeof HTMLCanvasElement === 'undefined' ? {} : HTMLCanvasElement.prototype;
}

/** True when the worker paints; surfaces made before go on being painted here. */
export function paintsAfar(): boolean {
  return ready;
}

/** @throws InvalidStateError (DOMException) when the bytes are no picture. */
export async function decodeImage(bytes: Bytes): Promise<ImageBitmap> {
  if (!ready) return createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
  const job = (lastId += 1);
  const done = answerTo<'decoded'>(job);
  order({ kind: 'decode', job, bytes });
  const { bitmap } = await done;
  if (!bitmap) throw notAPicture();
  return bitmap;
}

/**
 * The worker fetches the file at `path` (or takes `bytes`), checks and decodes it and paints it on
 * a surface of its own; without a surface it only keeps it near.
 * @throws ApiProblem; InvalidStateError (DOMException) when the bytes are no picture; the signal's
 *   reason.
 */
export async function bringPage(
  what: { surface?: number; path: string; bytes?: Bytes; fit?: Fit },
  signal: AbortSignal,
): Promise<Arrived> {
  signal.throwIfAborted();
  const job = (lastId += 1);
  const done = answerTo<'page' | 'failed'>(job);
  const { surface, path, bytes, fit } = what;
  order({ kind: 'page', job, id: surface, path, bytes, fit });
  const answer = await untilAborted(job, done, signal);
  if (answer.kind === 'page') return answer;
  if (answer.status === 0) throw new ApiProblem('offline', 0);
  if (answer.status === -1) throw notAPicture();
  throw api.refusal(answer.status, answer.body);
}

function untilAborted<T>(job: number, done: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      waiting.delete(job);
      order({ kind: 'cancel', job });
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', cancel, { once: true });
    void done.then((answer) => {
      signal.removeEventListener('abort', cancel);
      resolve(answer);
    });
  });
}

/**
 * Has a page fetched and decoded by the worker before there is a canvas for it; undefined where
 * there is no worker. The page that is brought next by the same path takes the picture.
 */
export async function bringAhead(path: string, fit: Fit): Promise<Arrived | undefined> {
  startPainter();
  if (!worker) return undefined;
  const job = (lastId += 1);
  const done = answerTo<'page' | 'failed'>(job);
  order({ kind: 'page', job, id: undefined, path, bytes: undefined, fit, ahead: true });
  const answer = await done;
  return answer.kind === 'page' ? answer : undefined;
}

/** The bytes of a page that the worker has near. */
export async function heldAfar(path: string): Promise<Bytes | undefined> {
  if (!ready) return undefined;
  const job = (lastId += 1);
  const done = answerTo<'held'>(job);
  order({ kind: 'held', job, path });
  return (await done).bytes;
}

/** Nothing of what was near stays. */
export function forgetAfar(): void {
  order({ kind: 'forget' });
}

function notAPicture(): DOMException {
  return new DOMException('not a picture', 'InvalidStateError');
}

/** A surface for a canvas that has no context yet. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface {
  return ready ? afar(canvas) : here(canvas);
}

function here(canvas: HTMLCanvasElement): Surface {
  return {
    afar: undefined,
    show(bitmap) {
      showBitmap(canvas, bitmap);
      return Promise.resolve();
    },
    empty: () => emptyCanvas(canvas),
    close: () => emptyCanvas(canvas),
  };
}

function afar(canvas: HTMLCanvasElement): Surface {
  const id = (lastId += 1);
  const offscreen = canvas.transferControlToOffscreen();
  order({ kind: 'canvas', id, canvas: offscreen }, [offscreen]);
  return {
    afar: id,
    async show(bitmap) {
      const shown = answerTo<'shown'>(id);
      order({ kind: 'show', id, bitmap }, [bitmap]);
      await shown;
    },
    empty: () => order({ kind: 'empty', id }),
    close() {
      order({ kind: 'drop', id });
      waiting.delete(id);
    },
  };
}
