/** The order in which people of a meeting are listed. */
import type { Participant } from '../wire';

const ORDER = { chair: 0, delegate: 1, guest: 2, secretary: 3 } as const;

/** Chair, delegates, guests, secretaries last, as the minutes list them; inside a role by office, the
 * leaders first, and then by the given comparison. */
export function inOrder(
  people: readonly Participant[],
  byName: (a: Participant, b: Participant) => number,
): Participant[] {
  return [...people].sort(
    (a, b) => ORDER[a.role] - ORDER[b.role] || a.rank - b.rank || byName(a, b),
  );
}
