/** The list that was last on the screen: coming back from a document shows it as it was left. */
import type { Notes } from './notes.svelte';

let held: { scope: string; notes: Notes } | null = null;

export function heldNotes(scope: string, make: () => Notes): { notes: Notes; again: boolean } {
  if (held?.scope === scope) return { notes: held.notes, again: true };
  held?.notes.stop();
  held = { scope, notes: make() };
  return { notes: held.notes, again: false };
}

/** Somebody else works at this tablet now, or nobody. */
export function forgetNotes(): void {
  held?.notes.stop();
  held = null;
}
