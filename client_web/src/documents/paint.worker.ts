/**
 * Decodes pages and puts them on their canvases away from the page's own thread: handing 9 MB of pixels to
 * the compositor took 20 ms of it (80 ms on a tablet four times as slow), once per page scrolled by.
 */
import type { PaintAnswer, PaintOrder } from './painter';

interface Surface {
  canvas: OffscreenCanvas;
  context: ImageBitmapRenderingContext | null;
}

const surfaces = new Map<number, Surface>();
const answer = (message: PaintAnswer) => postMessage(message);

function empty({ canvas, context }: Surface): void {
  context?.transferFromImageBitmap(null);
  canvas.width = 0;
  canvas.height = 0;
}

async function decode(job: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
    postMessage({ kind: 'decoded', job, bitmap } satisfies PaintAnswer, { transfer: [bitmap] });
  } catch {
    answer({ kind: 'decoded', job, bitmap: undefined });
  }
}

onmessage = ({ data }: MessageEvent<PaintOrder>) => {
  if (data.kind === 'decode') {
    void decode(data.job, data.bytes);
    return;
  }
  const surface = surfaces.get(data.id);
  switch (data.kind) {
    case 'canvas':
      surfaces.set(data.id, {
        canvas: data.canvas,
        context: data.canvas.getContext('bitmaprenderer'),
      });
      break;
    case 'show':
      if (surface) {
        surface.canvas.width = data.bitmap.width;
        surface.canvas.height = data.bitmap.height;
        surface.context?.transferFromImageBitmap(data.bitmap);
      }
      data.bitmap.close();
      answer({ kind: 'shown', id: data.id });
      break;
    case 'empty':
      if (surface) empty(surface);
      break;
    case 'drop':
      if (surface) empty(surface);
      surfaces.delete(data.id);
      break;
  }
};

answer({ kind: 'ready' });
