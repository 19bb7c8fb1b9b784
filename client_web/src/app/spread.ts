/** Where everybody is told something at once, the questions that follow are spread over a second. */
const WITHIN_MS = 1_000;

export function spread<T>(ask: (what: T) => void, random: () => number = Math.random) {
  return (what: T): void => void setTimeout(() => ask(what), random() * WITHIN_MS);
}
