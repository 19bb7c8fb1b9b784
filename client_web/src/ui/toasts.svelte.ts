/** Short messages that pass: something was done, or something needs no answer. */
export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'good' | 'bad';
}

/** Long enough to read two lines without hurry; good news is short and leaves sooner. */
const SHOWN_MS = 6_000;
const GOOD_SHOWN_MS = 3_500;
/** More than these cover the page; the oldest leaves. */
const MOST = 3;

let shown = $state.raw<readonly Toast[]>([]);
let next = 1;

export function toasts(): readonly Toast[] {
  return shown;
}

export function dismiss(id: number): void {
  shown = shown.filter((toast) => toast.id !== id);
}

/** What was said was for somebody who has gone. */
export function dismissAll(): void {
  shown = [];
}

export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = next++;
  shown = [...shown, { id, text, tone }].slice(-MOST);
  setTimeout(() => dismiss(id), tone === 'good' ? GOOD_SHOWN_MS : SHOWN_MS);
}
