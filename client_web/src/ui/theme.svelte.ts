/** Light, dark, or as the device has it; kept on this device. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'phonghop.theme';

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

let current = $state<Theme>(remembered());

export function theme(): Theme {
  return current;
}

function show(): void {
  if (current === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = current;
}

export function setTheme(next: Theme): void {
  current = next;
  show();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // not remembered, still switched
  }
}

/** Puts the remembered choice on the page; once, before anything is drawn. */
export function startTheme(): void {
  show();
}
