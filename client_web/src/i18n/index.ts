import { language } from './language.svelte';
import { words } from './tables';

export { language, setLanguage, type Language } from './language.svelte';

export type Params = Readonly<Record<string, string | number>>;

/**
 * The words for a key in the reader's language; `{name}` is replaced from `params`.
 * An unknown key shows itself, so that it is seen and mended.
 */
export function t(key: string, params: Params = {}): string {
  const text = words[language()][key] ?? words.vi[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** True when there are words for the key: for codes that come from the server. */
export function hasWords(key: string): boolean {
  return key in words.vi;
}

export * from './moments';
export { problemWords } from './problems';
