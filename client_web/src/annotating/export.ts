/** Refused work as a file in the person's hands: readable, and complete enough to be sent again. */
import type { Refused } from './core';

const FORMAT = 'phonghop-refused-marks/1';

export function refusedAsText(refused: readonly Refused[], at: Date): string {
  return JSON.stringify({ format: FORMAT, saved_at: at.toISOString(), refused }, null, 2);
}

export function exportRefused(refused: readonly Refused[]): void {
  const now = new Date();
  const file = new Blob([refusedAsText(refused, now)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `phonghop-${now.toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
