/**
 * Answers that are half written: their author's alone until they are sent. They lie sealed on this
 * device, and go with a sign-out like all that lies here but unsent marks.
 */
import type { SealedStore } from '../../sealed';
import { packed, unpacked } from '../storage/packed';

export class Drafts {
  private readonly words = new Map<string, string>();
  private writing: Promise<unknown> = Promise.resolve();

  /** @param store null where this browser keeps nothing: then they live as long as the tab. */
  constructor(private readonly store: SealedStore | null) {}

  /** What was written about a mark of a document and not sent; empty where nothing was. */
  async find(document: string, mark: string): Promise<string> {
    const key = `${document}/${mark}`;
    await this.writing;
    try {
      const bytes = this.words.has(key) ? undefined : await this.store?.get(key);
      return this.words.get(key) ?? (bytes ? unpacked<string>(bytes) : '');
    } catch {
      return ''; // its key was replaced, or the device is locked
    }
  }

  /** Keeps it as it is now; empty words are no draft any more. */
  keep(document: string, mark: string, words: string): void {
    const key = `${document}/${mark}`;
    if (this.words.get(key) === words) return;
    this.words.set(key, words);
    this.then(() => (words === '' ? this.store?.delete(key) : this.store?.put(key, packed(words))));
  }

  /** The marks of a document are no more on this device: neither is what was to be said of them. */
  forget(document: string): Promise<unknown> {
    const about = (key: string) => key.startsWith(`${document}/`);
    for (const key of [...this.words.keys()].filter(about)) this.words.delete(key);
    this.then(async () => {
      const keys = (await this.store?.keys(`${document}/`)) ?? [];
      await this.store?.write(keys.map((key) => ({ key, bytes: null })));
    });
    return this.writing;
  }

  /** Resolves when all that was kept lies on the device, or cannot. */
  settled(): Promise<unknown> {
    return this.writing;
  }

  private then(write: () => Promise<unknown> | undefined): void {
    this.writing = this.writing.then(write).catch(() => undefined);
  }
}
