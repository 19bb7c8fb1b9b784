import { problemWords } from '../i18n';
import { toast } from './toasts.svelte';

/** Does what was asked; a refusal is told in words. True when it was done. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (problem) {
    toast(problemWords(problem), 'bad');
    return false;
  }
}
