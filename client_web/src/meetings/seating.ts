/** The order in which people of a meeting are listed. */
import type { Participant } from '../wire';

const ORDER = { chair: 0, secretary: 1, delegate: 2, guest: 3 } as const;

/** Chair, secretaries, delegates, guests; inside a role by the given comparison. */
export function inOrder(
  people: readonly Participant[],
  byName: (a: Participant, b: Participant) => number,
): Participant[] {
  return [...people].sort((a, b) => ORDER[a.role] - ORDER[b.role] || byName(a, b));
}
