/**
 * Full jitter (0 … min(30 s, 0.5·2ⁿ)): after a restart 300 tablets come back spread out, and no
 * tablet waits longer than half a minute once the network is there again.
 */
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MOST_MS = 30_000;

export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** attempt);
}
