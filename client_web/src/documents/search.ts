/**
 * Search in the open document, from its words alone, so that it works offline.
 *
 * Matching is asymmetric (Unicode TR 10 §8.2): a letter typed without marks finds the letter with
 * any marks ("duong" finds "Đường" and "dương"), a letter typed with marks finds only itself
 * ("đường" does not find "dương"). With `exact` a bare letter finds only bare letters too. Case
 * never matters. Folding keeps one UTF-16 unit per unit, so places in the folded text are places
 * in the text.
 */
import { nth } from './list';
import type { Word } from './viewport';

const MARKS = /\p{M}/gu;
const SPACES = /\s+/gu;
/** The dots of a table of contents, which say nothing in a list of results. */
const LEADERS = /([.…·_-])\1{3,}/gu;

/** Text as shown on the page made comparable: NFC, plain spaces, soft hyphen as hyphen. */
export function normalise(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll('\u00ad', '-')
    .replaceAll('\u037e', ';')
    .replace(SPACES, ' ')
    .replace(MARKS, '');
}

function lowerUnit(unit: string): string {
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}

const foldedUnits = new Map<string, string>();

function foldUnit(unit: string): string {
  const known = foldedUnits.get(unit);
  if (known !== undefined) return known;
  const bare = unit === 'đ' ? 'd' : unit.normalize('NFD').replace(MARKS, '');
  const folded = bare.length === 1 ? bare : unit;
  foldedUnits.set(unit, folded);
  return folded;
}

/** Lower case, unit by unit, so that the length never changes. */
export function lower(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i += 1) out += lowerUnit(text.charAt(i));
  return out;
}

/** `lower` text with its marks off and đ as d; same length. */
export function fold(lowered: string): string {
  let out = '';
  for (let i = 0; i < lowered.length; i += 1) out += foldUnit(lowered.charAt(i));
  return out;
}

interface PageText {
  lowered: string;
  folded: string;
  /** Where each word starts in the text. */
  starts: Uint32Array;
  words: Word[];
}

/** A found place: words `from`…`to` of a page, and how much of the outer two belongs to it. */
export interface Hit {
  page: number;
  from: number;
  to: number;
  /** Fractions of the first word's start and the last word's end, 0…1. */
  startsAt: number;
  endsAt: number;
}

export interface Found {
  hits: Hit[];
  /** True when the search stopped at its limit. */
  more: boolean;
}

/** More hits than this help nobody and would make the list heavy. */
export const MAX_HITS = 2000;

export class DocumentIndex {
  #pages: (PageText | undefined)[] = [];

  /** Number of pages that can be searched so far. */
  get size(): number {
    return this.#pages.filter((page) => page !== undefined).length;
  }

  has(page: number): boolean {
    return this.#pages[page] !== undefined;
  }

  add(page: number, words: Word[]): void {
    const starts = new Uint32Array(words.length);
    let text = '';
    words.forEach((word, index) => {
      if (index > 0) text += ' ';
      starts[index] = text.length;
      text += normalise(word.text);
    });
    const lowered = lower(text);
    this.#pages[page] = { lowered, folded: fold(lowered), starts, words };
  }

  find(query: string, options: { exact?: boolean; limit?: number } = {}): Found {
    const lowered = lower(normalise(query).trim());
    const limit = options.limit ?? MAX_HITS;
    const hits: Hit[] = [];
    if (lowered === '') return { hits, more: false };
    const folded = fold(lowered);
    for (let page = 0; page < this.#pages.length; page += 1) {
      const text = this.#pages[page];
      if (!text) continue;
      let at = text.folded.indexOf(folded);
      while (at !== -1) {
        if (matches(text.lowered, at, lowered, folded, options.exact ?? false)) {
          if (hits.length === limit) return { hits, more: true };
          hits.push(hitAt(page, text, at, lowered.length));
        }
        at = text.folded.indexOf(folded, at + 1);
      }
    }
    return { hits, more: false };
  }

  words(page: number): Word[] {
    return this.#pages[page]?.words ?? [];
  }

  /** A few words around a hit, for the list of results. */
  around(hit: Hit, words = 6): { before: string; found: string; after: string } {
    const all = this.words(hit.page);
    const join = (from: number, to: number) =>
      all
        .slice(Math.max(0, from), to)
        .map((word) => word.text.replace(LEADERS, '…'))
        .join(' ');
    return {
      before: join(hit.from - words, hit.from),
      found: join(hit.from, hit.to + 1),
      after: join(hit.to + 1, hit.to + 1 + words),
    };
  }
}

function matches(text: string, at: number, query: string, folded: string, exact: boolean): boolean {
  for (let i = 0; i < query.length; i += 1) {
    const marked = query[i] !== folded[i];
    if ((marked || exact) && text[at + i] !== query[i]) return false;
  }
  return true;
}

function wordAt(starts: Uint32Array, position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (nth(starts, middle) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function hitAt(page: number, text: PageText, at: number, length: number): Hit {
  const from = wordAt(text.starts, at);
  const to = wordAt(text.starts, at + length - 1);
  const lengthOf = (word: number) =>
    (word + 1 < text.starts.length ? nth(text.starts, word + 1) - 1 : text.lowered.length) -
    nth(text.starts, word);
  const part = (word: number, position: number) =>
    Math.min(1, Math.max(0, (position - nth(text.starts, word)) / Math.max(1, lengthOf(word))));
  return { page, from, to, startsAt: part(from, at), endsAt: part(to, at + length) };
}
