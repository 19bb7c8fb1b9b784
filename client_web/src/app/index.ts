import { mount } from 'svelte';
import { language, setLanguage } from '../i18n';
import { watchPurged } from '../notes';
import { IdleClock, session, watchActivity, watchIdle } from '../people';
import { startTheme } from '../ui';
import { watchNetwork } from '../wire';
import App from './App.svelte';
import { watchLink } from './link.svelte';
import { watchPlace } from './place.svelte';
import { watchShell } from './shell.svelte';

/** Puts the application into the page. */
export function start(target: HTMLElement): void {
  startTheme();
  setLanguage(language());
  watchPlace();
  watchLink();
  watchNetwork();
  watchShell();
  watchActivity(window);
  watchPurged();
  const idle = new IdleClock({
    limitMs: () => (session.me === null ? null : session.me.idle_minutes * 60_000),
    lock: () => session.lock(),
    now: Date.now,
    storage: localStorage,
  });
  watchIdle(idle, window);
  void session.start();
  mount(App, { target });
}
