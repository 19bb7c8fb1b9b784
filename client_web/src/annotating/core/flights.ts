/** Which batches of the outbox are on their way to the server, and which may go. Pure. */
import { MAX_IN_FLIGHT, MAX_SILENCES, SUSPECT_AFTER } from './limits';
import { isNumbered, land, marksOf, type Waiting } from './waiting';

/** What may go out now, marked as flying. Pushes overtake each other only across marks. */
export function takeSendable(waiting: readonly Waiting[]): Array<Waiting & { opNo: number }> {
  let flying = waiting.reduce((sum, one) => sum + Number(one.flying), 0);
  const sendable: Array<Waiting & { opNo: number }> = [];
  const blocked = new Set<string>();
  const suspects: Waiting[] = [];
  for (const one of waiting) {
    if (flying >= MAX_IN_FLIGHT) break;
    const marks = marksOf(one.ops);
    const free = !one.flying && isNumbered(one) && !marks.some((id) => blocked.has(id));
    if (free && one.breaks >= SUSPECT_AFTER) suspects.push(one);
    else if (free && isNumbered(one)) {
      one.flying = true;
      flying += 1;
      sendable.push(one);
    }
    // Flying, unnumbered or held back: whatever touches the same marks waits behind it.
    for (const id of marks) blocked.add(id);
  }
  const suspect = suspects[0];
  if (flying === 0 && suspect !== undefined && isNumbered(suspect)) {
    suspect.flying = true;
    sendable.push(suspect);
  }
  return sendable;
}

/**
 * A wait has passed. Pushes that a live connection has left unanswered for two of them are sent
 * again, last and alone; returned are those that have been silent too often.
 */
export function overdue(waiting: readonly Waiting[]): Array<Waiting & { opNo: number }> {
  const silent: Array<Waiting & { opNo: number }> = [];
  for (const one of waiting) {
    if (!one.flying) continue;
    if (!one.late) {
      one.late = true;
      continue;
    }
    land(one);
    one.breaks = SUSPECT_AFTER;
    one.silences += 1;
    if (one.silences >= MAX_SILENCES && isNumbered(one)) silent.push(one);
  }
  return silent;
}
