/** The keyboard of the pen case. Pure: what a key press means. */
import { SHORTCUTS, type Tool } from './tools/tools';

export type Shortcut = { do: 'take'; tool: Tool } | { do: 'undo' | 'redo' | 'delete' | 'put_down' };

export interface Press {
  key: string;
  /** Ctrl or Cmd. */
  ctrl: boolean;
  shift: boolean;
  alt: boolean;
  /** Typing into a field, or a dialog is open. */
  typing: boolean;
  hasTool: boolean;
  hasSelection: boolean;
}

export function shortcut(press: Press): Shortcut | null {
  const { ctrl, shift, alt, typing, hasTool, hasSelection } = press;
  if (typing || alt) return null;
  const key = press.key.toLowerCase();
  if (ctrl) {
    if (key === 'z') return { do: shift ? 'redo' : 'undo' };
    return key === 'y' ? { do: 'redo' } : null;
  }
  if (key === 'escape') return hasTool || hasSelection ? { do: 'put_down' } : null;
  if ((key === 'delete' || key === 'backspace') && hasSelection) return { do: 'delete' };
  const tool = shift ? undefined : SHORTCUTS[key];
  return tool ? { do: 'take', tool } : null;
}
