/**
 * Tells the server that somebody is at the tablet: reading and marking keep the session awake,
 * an untouched tablet does not (security.md, Sessions).
 */
import { connection } from '../wire';

const AT_MOST_EVERY_MS = 60_000;

export function watchActivity(target: EventTarget, now: () => number = Date.now): () => void {
  let toldAt = -Infinity;
  const touched = () => {
    if (now() - toldAt < AT_MOST_EVERY_MS) return;
    if (connection.send({ t: 'active' })) toldAt = now();
  };
  const events = ['pointerdown', 'keydown', 'wheel'] as const;
  for (const event of events) target.addEventListener(event, touched, { passive: true });
  return () => {
    for (const event of events) target.removeEventListener(event, touched);
  };
}
