/**
 * Brings pages onto their canvases away from the page's own thread: asks the server, checks the
 * bytes, decodes, paints. Handing 9 MB of pixels to the compositor alone took 20 ms of that thread
 * per page (80 ms on a tablet four times as slow), and each step there was a frame too late.
 * Nothing made here passes through that thread, so nothing is left there for its collector.
 */
import { sha256 } from './fingerprint';
import { giveBack } from './give_back';
import { NEAR_ENOUGH, type Fit, type PaintAnswer, type PaintOrder } from './paint_orders';

type Bytes = Uint8Array<ArrayBuffer>;
type PageOrder = Extract<PaintOrder, { kind: 'page' }>;

interface Surface {
  /** Drawn in 2D: `bitmaprenderer` keeps the picture beside its own copy, 28 MB in all. */
  canvas: OffscreenCanvas;
  context: OffscreenCanvasRenderingContext2D | null;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`refused: ${status}`);
  }
}

/** Encoded pages held: some 40 pages of text, so that turning back is instant. */
const MEMORY_BYTES = 3 * 1024 * 1024;

const surfaces = new Map<number, Surface>();
const jobs = new Map<number, AbortController>();
const memory = new Map<string, Bytes>();
/** Bytes that are being hashed or decoded. */
const using = new Set<Bytes>();
let held = 0;
/** One decode after the other: two side by side double the peak memory. */
let decoding: Promise<unknown> = Promise.resolve();
/** A page decoded before there is a canvas for it; one at most: it holds up to 9 MB. */
let ahead: { path: string; bitmap: Promise<ImageBitmap> } | undefined;
/** What was decoded ahead and no tap came for is given back after this time. */
const AHEAD_MS = 10_000;

const answer = (message: PaintAnswer, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });

/** One white pixel: a canvas without any sends no frame, and the frame before would be held. */
function empty({ canvas, context }: Surface): void {
  canvas.width = 1;
  canvas.height = 1;
  if (!context) return;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, 1, 1);
}

function show(surface: Surface | undefined, bitmap: ImageBitmap): void {
  if (surface) {
    const { canvas, context } = surface;
    // Also when it has this size: Chromium would keep the frame before for use again, a third copy
    // of the pixels. In one task with the drawing no empty frame goes out.
    canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    context?.drawImage(bitmap, 0, 0);
  }
  bitmap.close();
}

function remember(path: string, bytes: Bytes): void {
  if (memory.has(path)) return;
  memory.set(path, bytes);
  held += bytes.byteLength;
  for (const [oldest, old] of memory) {
    if (held <= MEMORY_BYTES || oldest === path) break;
    memory.delete(oldest);
    held -= old.byteLength;
    if (!using.has(old)) giveBack(old);
  }
}

function recall(path: string): Bytes | undefined {
  const known = memory.get(path);
  if (known) {
    memory.delete(path);
    memory.set(path, known);
  }
  return known;
}

async function fetched(path: string, signal: AbortSignal): Promise<Bytes> {
  const reply = await fetch(path, { signal, credentials: 'same-origin' });
  if (!reply.ok) throw new Refused(reply.status, await reply.json().catch(() => null));
  const bytes = new Uint8Array(await reply.arrayBuffer());
  remember(path, bytes);
  return bytes;
}

function decoded(bytes: Bytes, signal?: AbortSignal, fit?: Fit): Promise<ImageBitmap> {
  const turn = decoding.then(() => {
    signal?.throwIfAborted();
    const blob = new Blob([bytes], { type: 'image/webp' });
    return fit && fit.image > fit.box * NEAR_ENOUGH
      ? createImageBitmap(blob, { resizeWidth: fit.box, resizeQuality: 'medium' })
      : createImageBitmap(blob);
  });
  decoding = turn.catch(() => undefined);
  return turn;
}

function dropAhead(): void {
  ahead?.bitmap.then(
    (bitmap) => bitmap.close(),
    () => undefined,
  );
  ahead = undefined;
}

/** The picture that was made ahead for this page, if there is one; it is the asker's now. */
async function takeAhead(path: string): Promise<ImageBitmap | undefined> {
  const made = ahead?.path === path ? ahead.bitmap : undefined;
  if (!made) return undefined;
  ahead = undefined;
  return made.catch(() => undefined);
}

function decodeAhead(path: string, bytes: Promise<Bytes>, fit: Fit | undefined): void {
  dropAhead();
  const bitmap = bytes.then((data) => decoded(data, undefined, fit));
  bitmap.catch(() => undefined);
  const mine = (ahead = { path, bitmap });
  setTimeout(() => ahead === mine && dropAhead(), AHEAD_MS);
}

async function page({ job, id, path, bytes, fit, ahead: early }: PageOrder): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  jobs.set(job, stop);
  let data: Bytes | undefined;
  try {
    const made = id === undefined ? undefined : await takeAhead(path);
    if (made) {
      if (signal.aborted) made.close();
      signal.throwIfAborted();
      show(surfaces.get(id as number), made);
      answer({ kind: 'page', job, size: 0, sha: undefined });
      return;
    }
    const known = bytes ? undefined : recall(path);
    const coming = bytes ?? known ?? fetched(path, signal);
    if (early) decodeAhead(path, Promise.resolve(coming), fit);
    data = await coming;
    using.add(data);
    const hashing = known ? undefined : sha256(data);
    if (id !== undefined) {
      const bitmap = await decoded(data, signal, fit);
      if (signal.aborted) bitmap.close();
      signal.throwIfAborted();
      show(surfaces.get(id), bitmap);
    }
    answer({ kind: 'page', job, size: known ? 0 : data.byteLength, sha: await hashing });
  } catch (problem) {
    if (signal.aborted) return;
    if (problem instanceof Refused) {
      answer({ kind: 'failed', job, status: problem.status, body: problem.body });
    } else {
      const notAPicture = problem instanceof DOMException;
      answer({ kind: 'failed', job, status: notAPicture ? -1 : 0, body: null });
    }
  } finally {
    jobs.delete(job);
    if (data) using.delete(data);
  }
}

async function decode(job: number, bytes: Bytes): Promise<void> {
  try {
    const bitmap = await decoded(bytes);
    answer({ kind: 'decoded', job, bitmap }, [bitmap]);
  } catch {
    answer({ kind: 'decoded', job, bitmap: undefined });
  }
}

onmessage = ({ data }: MessageEvent<PaintOrder>) => {
  switch (data.kind) {
    case 'page':
      void page(data);
      return;
    case 'cancel':
      jobs.get(data.job)?.abort();
      return;
    case 'decode':
      void decode(data.job, data.bytes);
      return;
    case 'held':
      answer({ kind: 'held', job: data.job, bytes: memory.get(data.path) });
      return;
    case 'forget':
      dropAhead();
      memory.clear();
      held = 0;
      return;
    case 'canvas': {
      const { canvas } = data;
      surfaces.set(data.id, { canvas, context: canvas.getContext('2d', { alpha: false }) });
      return;
    }
    case 'show':
      show(surfaces.get(data.id), data.bitmap);
      answer({ kind: 'shown', id: data.id });
      return;
    case 'empty':
    case 'drop': {
      const surface = surfaces.get(data.id);
      if (surface) empty(surface);
      if (data.kind === 'drop') surfaces.delete(data.id);
    }
  }
};

answer({ kind: 'ready' });
