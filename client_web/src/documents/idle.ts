/** Time in which the browser has nothing better to do. */

/** Where `requestIdleCallback` is missing (Safari), a pause of this many ms stands for it. */
const PAUSE_MS = 120;
/** What waits for a frame to go out waits no longer than this, ms. */
const FRAME_MS = 200;

/** Calls `work` once when the browser is idle; the answer calls it off. */
export function whenIdle(work: () => void, timeout = 2_000): () => void {
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(work, { timeout });
    return () => cancelIdleCallback(handle);
  }
  const timer = setTimeout(work, PAUSE_MS);
  return () => clearTimeout(timer);
}

/**
 * Calls `work` when the frame that is being made has gone out, and the one after it: what a worker
 * has painted by now may go out with that one only. The answer calls it off.
 */
export function afterFrame(work: () => void): () => void {
  let cancel: () => void = () => undefined;
  let frame = requestAnimationFrame(() => {
    frame = requestAnimationFrame(() => (cancel = whenIdle(work, FRAME_MS)));
  });
  return () => {
    cancelAnimationFrame(frame);
    cancel();
  };
}

/** Resolves at the next idle moment at which `ready` holds; rejects when `signal` aborts. */
export function idleMoment(ready: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => undefined;
    const stop = () => {
      cancel();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    const look = () => {
      if (ready()) {
        signal.removeEventListener('abort', stop);
        resolve();
      } else {
        cancel = whenIdle(() => {
          const timer = setTimeout(look, PAUSE_MS);
          cancel = () => clearTimeout(timer);
        });
      }
    };
    cancel = whenIdle(look);
    return undefined;
  });
}
