/** The keyboard of the page view. Scrolling itself (arrows, space, PageDown) is the browser's. */

export type KeyAction =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'larger'
  | 'smaller'
  | 'fit'
  | 'search'
  | 'next_hit'
  | 'previous_hit'
  | 'go_to'
  | 'leave';

export interface KeyPress {
  key: string;
  ctrl: boolean;
  shift: boolean;
  alt: boolean;
  /** The key goes into a text field, a list or a dialog of its own. */
  typing: boolean;
}

export function keyAction({ key, ctrl, shift, alt, typing }: KeyPress): KeyAction | undefined {
  if (ctrl && !alt && key.toLowerCase() === 'f') return 'search';
  if (ctrl && key.toLowerCase() === 'g') return shift ? 'previous_hit' : 'next_hit';
  if (ctrl && (key === '+' || key === '=')) return 'larger';
  if (ctrl && key === '-') return 'smaller';
  if (ctrl && key === '0') return 'fit';
  if (key === 'F3') return shift ? 'previous_hit' : 'next_hit';
  if (key === 'Escape') return 'leave';
  if (typing || ctrl || alt) return undefined;
  switch (key) {
    case 'ArrowRight':
      return 'next';
    case 'ArrowLeft':
      return 'previous';
    case 'Home':
      return 'first';
    case 'End':
      return 'last';
    case '+':
    case '=':
      return 'larger';
    case '-':
      return 'smaller';
    case '0':
      return 'fit';
    case '/':
      return 'search';
    case 'g':
    case 'G':
      return 'go_to';
    default:
      return undefined;
  }
}

/** Fields and controls that keep their keys to themselves. */
export function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, dialog') !== null;
}
