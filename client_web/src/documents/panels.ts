import type { Snippet } from 'svelte';
import type { IconName } from '../ui';
import type { DocumentControl } from './control';

/** A tab of the side panel that another feature brings. */
export interface DocumentPanel {
  id: string;
  label: string;
  icon: IconName;
  body: Snippet<[DocumentControl]>;
}
