/** The language of the interface, kept on this device. */
export type Language = 'vi' | 'en';

const KEY = 'phonghop.language';

function remembered(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'vi';
  } catch {
    return 'vi'; // storage refused (private window): the default serves
  }
}

let current = $state<Language>(remembered());

export function language(): Language {
  return current;
}

export function setLanguage(next: Language): void {
  current = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // not remembered, still switched
  }
}
