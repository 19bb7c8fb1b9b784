/**
 * A lane lets through at most `width` tasks at a time, the most wanted first. Decoding runs in a
 * lane of one (two decodes side by side double the peak memory and make the visible page wait);
 * fetching in a wider one. Priorities are asked at the moment a place is free, because the reader
 * has scrolled on since the task was queued. A task whose signal aborts leaves the queue at once.
 */
export interface Wanted {
  /** Lower is sooner; asked again each time a place is free. */
  priority: () => number;
  signal: AbortSignal;
}

interface Waiting {
  priority: () => number;
  start: () => void;
}

export class Lane {
  readonly #width: number;
  #busy = 0;
  #waiting: Waiting[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** True when nothing runs and nothing waits: the moment for work nobody asked for yet. */
  get idle(): boolean {
    return this.#busy === 0 && this.#waiting.length === 0;
  }

  /** Runs `task` when its turn comes; rejects with the signal's reason if that aborts first. */
  run<T>(wanted: Wanted, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = wanted;
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const entry: Waiting = {
        priority: wanted.priority,
        start: () => {
          signal.removeEventListener('abort', leave);
          this.#busy += 1;
          task(signal)
            .then(resolve, reject)
            .finally(() => {
              this.#busy -= 1;
              this.#next();
            });
        },
      };
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(entry);
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy >= this.#width || this.#waiting.length === 0) return;
    let best = 0;
    let bestPriority = Infinity;
    this.#waiting.forEach((entry, index) => {
      const priority = entry.priority();
      if (priority < bestPriority) {
        bestPriority = priority;
        best = index;
      }
    });
    const [entry] = this.#waiting.splice(best, 1);
    entry?.start();
  }
}
