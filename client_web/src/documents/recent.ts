/** The most recently used few of something that is costly to make. */
export class Recent<K, V> {
  readonly #held = new Map<K, V>();

  constructor(private readonly most: number) {}

  get(key: K): V | undefined {
    const value = this.#held.get(key);
    if (value !== undefined) {
      this.#held.delete(key);
      this.#held.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.#held.delete(key);
    this.#held.set(key, value);
    const oldest = this.#held.keys().next();
    if (this.#held.size > this.most && !oldest.done) this.#held.delete(oldest.value);
  }

  delete(key: K): void {
    this.#held.delete(key);
  }

  clear(): void {
    this.#held.clear();
  }
}
