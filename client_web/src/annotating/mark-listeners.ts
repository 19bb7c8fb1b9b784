/** Who wants to know when marks change, one of them or all. Plain, because marks are not reactive. */

/** Told the marks that look different; without them, everything does. */
type Listener = (ids?: readonly string[]) => void;

export class MarkListeners {
  private readonly ofAll = new Set<Listener>();
  private readonly ofOne = new Map<string, Set<() => void>>();

  /** Told of every change of marks that are seen. */
  watchAll(listener: Listener): () => void {
    this.ofAll.add(listener);
    return () => this.ofAll.delete(listener);
  }

  /** Told when one mark looks different, or stands elsewhere on its way to the server. */
  watch(id: string, listener: () => void): () => void {
    const here = this.ofOne.get(id) ?? new Set();
    this.ofOne.set(id, here.add(listener));
    return () => {
      here.delete(listener);
      if (here.size === 0 && this.ofOne.get(id) === here) this.ofOne.delete(id);
    };
  }

  /** @param seen their layer is shown. */
  changed(ids: readonly string[], seen: boolean): void {
    for (const id of ids) for (const listener of this.ofOne.get(id) ?? []) listener();
    if (seen) for (const listener of [...this.ofAll]) listener(ids);
  }

  /** Another document, or other layers of it. */
  reset(): void {
    for (const here of [...this.ofOne.values()]) for (const listener of [...here]) listener();
    for (const listener of [...this.ofAll]) listener();
  }
}
