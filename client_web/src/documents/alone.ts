/** Work that must not overlap, in this tab or another one. */

const lines = new Map<string, Promise<unknown>>();

/** Runs `work` when nobody else holds `name`; its answer, or its refusal, is the answer. */
export function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  if (locks) return locks.request(name, work) as Promise<T>;
  // Plain HTTP has no locks between tabs: then at least this tab keeps to the order.
  const before = lines.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  lines.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
}
