import { mount } from 'svelte';
import App from './App.svelte';

/** Puts the application into the page. */
export function start(target: HTMLElement): void {
  mount(App, { target });
}
