/**
 * Answers that are half written: their author's alone until they are sent. They lie sealed on this
 * device; a sign-out counts them among what was not sent, and keeps or drops them with it.
 */
import type { SealedStore } from '../../sealed';
import type { Mark, Spot } from '../core';
import { spotOf } from '../edits';
import { packed, unpacked } from '../storage/packed';

/** Where the mark lies that is being answered: the words may outlive it. */
export interface DraftPlace {
  version: string;
  page: number;
  point: Spot;
}

export interface Draft {
  /** The mark that it answers. */
  mark: string;
  words: string;
  /** Unknown of drafts that were kept before this was noted. */
  place: DraftPlace | undefined;
}

interface Kept {
  words: string;
  place?: DraftPlace | undefined;
}

const NOTHING: Kept = { words: '' };

export function placeOf({ version, page, geometry }: Mark): DraftPlace {
  return { version, page, point: spotOf(geometry) };
}

export class Drafts {
  /** As they were last read or kept here. Another tab may have sent one meanwhile: what lies on
   * the device counts, where there is something. */
  private readonly known = new Map<string, Kept>();
  private readonly listeners = new Set<() => void>();
  private writing: Promise<unknown> = Promise.resolve();

  /** Sent or taken home; they go once what took their place is kept. */
  private readonly going = new Set<string>();

  /**
   * @param store null where this browser keeps nothing: then they live as long as the tab.
   * @param allKept whether this device holds all marks that were made.
   */
  constructor(
    private readonly store: SealedStore | null,
    private readonly allKept: () => boolean = () => true,
  ) {}

  /** They are gone with the tab. */
  get keepsNothing(): boolean {
    return this.store === null;
  }

  /** Told of every change that is made here. */
  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What was written about a mark of a document and not sent; empty where nothing was. */
  async find(document: string, mark: string): Promise<string> {
    return (await this.read(`${document}/${mark}`)).words;
  }

  /** All that was begun on a document. */
  async of(document: string): Promise<Draft[]> {
    const found: Draft[] = [];
    for (const key of await this.keys(`${document}/`)) {
      const { words, place } = await this.read(key);
      if (words.trim() !== '') found.push({ mark: key.slice(document.length + 1), words, place });
    }
    return found;
  }

  /** How many there are, on all documents. */
  async count(): Promise<number> {
    let count = 0;
    for (const key of await this.keys('')) {
      if ((await this.read(key)).words.trim() !== '') count += 1;
    }
    return count;
  }

  /** How many this tab knows without asking the device. */
  get atHand(): number {
    return [...this.known.values()].filter(({ words }) => words.trim() !== '').length;
  }

  /** Keeps it as it is now; empty words are no draft any more. */
  keep(document: string, mark: string, words: string, place?: DraftPlace): void {
    const key = `${document}/${mark}`;
    if (this.known.get(key)?.words === words) return;
    const kept: Kept = { words, place };
    this.known.set(key, kept);
    this.going.delete(key);
    if (words !== '') this.then(() => this.store?.put(key, packed(kept)));
    else if (this.allKept()) this.then(() => this.store?.delete(key));
    else this.going.add(key);
    this.changed();
  }

  /** All marks are kept: what went before them goes from the device. */
  letGo(): void {
    for (const key of this.going) {
      this.then(async () => {
        // Begun anew meanwhile it stays.
        if (this.going.delete(key)) await this.store?.delete(key);
      });
    }
  }

  /** The marks of a document are no more on this device: neither is what was to be said of them.
   * Rejects where it is. */
  async forget(document: string): Promise<void> {
    const about = (key: string) => key.startsWith(`${document}/`);
    for (const key of [...this.known.keys()].filter(about)) this.known.delete(key);
    await this.writing;
    const keys = (await this.store?.keys(`${document}/`)) ?? [];
    await this.store?.write(keys.map((key) => ({ key, bytes: null })));
    this.changed();
  }

  /** Resolves when all that was kept lies on the device, or cannot. */
  settled(): Promise<unknown> {
    return this.writing;
  }

  private async keys(prefix: string): Promise<string[]> {
    await this.writing;
    if (this.store) return this.store.keys(prefix).catch(() => []);
    return [...this.known.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  private async read(key: string): Promise<Kept> {
    await this.writing;
    if (this.going.has(key)) return NOTHING;
    if (!this.store) return this.known.get(key) ?? NOTHING;
    try {
      const bytes = await this.store.get(key);
      const stored = bytes ? unpacked<Kept | string>(bytes) : NOTHING;
      const kept = typeof stored === 'string' ? { words: stored } : stored;
      this.known.set(key, kept);
      return kept;
    } catch {
      return this.known.get(key) ?? NOTHING; // its key was replaced, or the device is locked
    }
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private then(write: () => Promise<unknown> | undefined): void {
    this.writing = this.writing.then(write).catch(() => undefined);
  }
}
