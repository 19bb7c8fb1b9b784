/** The time by the server's clock, as state; fine enough for "today" and "since". */
import { connection } from '../wire';

const EVERY_MS = 15_000;

let at = $state(connection.serverNow());
setInterval(() => (at = connection.serverNow()), EVERY_MS);

export function now(): number {
  return at;
}
