/** Search in the open document: what was typed, what was found, which hit is looked at. */
import { whenIdle } from './idle';
import { DocumentIndex, type Hit } from './search';
import { hitRects } from './hit_rects';
import { displayedSize, apply, toScreen, type Rect } from './space';
import type { Reader } from './reader.svelte';

/** Pages indexed in one go before the browser gets its turn: some 10 ms on a slow tablet. */
const SLICE = 12;

export class Finder {
  query = $state('');
  exact = $state(false);
  hits = $state.raw<Hit[]>([]);
  /** More were found than are listed. */
  more = $state(false);
  /** Which hit is looked at; -1: none yet. */
  active = $state(-1);
  /** The words are still being read. */
  reading = $state(false);
  /** The document has pages, but none of them has words (a scan). */
  wordless = $state(false);
  problem = $state<string>();

  readonly #reader: Reader;
  readonly #index = new DocumentIndex();
  #loaded = '';
  #cancel: () => void = () => undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Reads the words of the document; once per version and number of ready pages. */
  async prepare(): Promise<void> {
    const { source, view } = this.#reader;
    const stamp = `${view?.version?.id}/${view?.version?.pages_ready}`;
    if (!source || this.#loaded === stamp) return;
    this.#loaded = stamp;
    this.reading = true;
    this.problem = undefined;
    try {
      const pages = await source.allWords();
      this.wordless = pages.every((words) => words.length === 0);
      await this.#indexAll(pages.length, (page) => this.#index.add(page, pages[page] ?? []));
    } catch {
      this.#loaded = '';
      this.problem = 'words_unavailable';
    }
    this.reading = false;
    this.search();
  }

  search(): void {
    const { hits, more } = this.#index.find(this.query, { exact: this.exact });
    this.hits = hits;
    this.more = more;
    const here = this.#reader.stage.current;
    const next = hits.findIndex((hit) => hit.page >= here);
    this.active = hits.length === 0 ? -1 : Math.max(0, next);
    if (this.active >= 0) this.show(this.active);
  }

  step(by: 1 | -1): void {
    const { length } = this.hits;
    if (length > 0) this.show((this.active + by + length) % length);
  }

  show(index: number): void {
    const hit = this.hits[index];
    const page = hit && this.#reader.pages[hit.page];
    if (!hit || !page) return;
    this.active = index;
    const rect = this.rects(hit)[0];
    const at = rect && apply(toScreen(page, page.rotation, 1), { x: rect.x0, y: rect.y0 });
    const height = displayedSize(page, page.rotation).height;
    this.#reader.stage.goTo(hit.page, at ? at.y / height : undefined);
  }

  clear(): void {
    this.query = '';
    this.hits = [];
    this.active = -1;
    this.more = false;
  }

  hitsOn(page: number): { hit: Hit; index: number }[] {
    const found: { hit: Hit; index: number }[] = [];
    this.hits.forEach((hit, index) => {
      if (hit.page === page) found.push({ hit, index });
    });
    return found;
  }

  rects(hit: Hit): Rect[] {
    return hitRects(this.#index.words(hit.page), hit);
  }

  around(hit: Hit): { before: string; found: string; after: string } {
    return this.#index.around(hit);
  }

  close(): void {
    this.#cancel();
  }

  #indexAll(count: number, add: (page: number) => void): Promise<void> {
    return new Promise((resolve) => {
      let page = 0;
      const slice = () => {
        const end = Math.min(count, page + SLICE);
        for (; page < end; page += 1) add(page);
        if (page < count) this.#cancel = whenIdle(slice, 60);
        else resolve();
      };
      slice();
    });
  }
}
