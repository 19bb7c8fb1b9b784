/** What the sync asks its shell to do. */
import type { ClientMessage, ServerMessage } from './model';
import type { OutboxWrite } from './outbox';

export type Effect =
  | { readonly do: 'send'; readonly message: ClientMessage }
  /** Write to the outbox storage, then call `written` or `notWritten`. `next`: before whatever
   * waits to be written. */
  | { readonly do: 'write'; readonly write: OutboxWrite; readonly next?: boolean }
  /** These marks look different, or their truth changed. */
  | { readonly do: 'show'; readonly layer: string; readonly ids: readonly string[] }
  /** The layer is no longer this person's: delete what the tablet keeps of it. */
  | { readonly do: 'purge'; readonly layer: string }
  /** Call `wake(why)` after so many ms. */
  | { readonly do: 'wake'; readonly ms: number; readonly why: Why }
  | { readonly do: 'ephemeral'; readonly message: Extract<ServerMessage, { t: 'ann.ephemeral' }> };

/** again: something refused is tried again. answers: has everything asked been answered? */
export type Why = 'again' | 'answers';
