/** What to say about the safety of the work: one of a few states, and how patiently. Pure. */

export type StandState =
  'server' | 'sending' | 'device' | 'offline' | 'writing' | 'failing' | 'fragile';

export interface StandFacts {
  unwritten: number;
  unsent: number;
  online: boolean;
  keepsNothing: boolean;
}

/** A passing state is said only when it lasts: a stroke is on the server before this, ms. */
export const PATIENCE_MS = 700;
/** Work that is in memory only for so long is in danger, ms. */
export const FAILING_AFTER_MS = 4_000;

/** @param unwrittenFor how long something has been in memory only, ms. */
export function standState(facts: StandFacts, unwrittenFor: number): StandState {
  const { unwritten, unsent, online, keepsNothing } = facts;
  if (keepsNothing && unsent > 0) return online ? 'sending' : 'fragile';
  if (unwritten > 0) return unwrittenFor >= FAILING_AFTER_MS ? 'failing' : 'writing';
  if (unsent > 0) return online ? 'sending' : 'device';
  return online ? 'server' : 'offline';
}

/** States that pass by themselves within moments when all is well. */
export function isPassing(state: StandState): boolean {
  return state === 'sending' || state === 'writing';
}
