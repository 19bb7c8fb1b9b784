import { language } from './language.svelte';
import { words } from './tables';

export { language, setLanguage, type Language } from './language.svelte';

const HOLE = /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g;

export type Params = Readonly<Record<string, string | number>>;

/**
 * The words for a key in the reader's language; `{name}` is replaced from `params`, and
 * `{name|one|many}` chooses by whether the number is 1 (Vietnamese needs no such choice).
 * An unknown key shows itself, so that it is seen and mended.
 */
export function t(key: string, params: Params = {}): string {
  const text = words[language()][key] ?? words.vi[key] ?? key;
  return text.replace(HOLE, (whole, name: string, one?: string, many?: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    if (one === undefined || many === undefined) return String(value);
    return Number(value) === 1 ? one : many;
  });
}

/** True when there are words for the key: for codes that come from the server. */
export function hasWords(key: string): boolean {
  return key in words.vi;
}

export { fold } from './fold';
export * from './moments';
export { problemWords } from './problems';
