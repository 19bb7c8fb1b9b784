/** Where in the app we are: the address behind the `#`, as state. */
import { parseRoute, type Route } from './routes';

let hash = location.hash;
let route = $state.raw<Route>(parseRoute(hash));
let followers: readonly (() => void)[] = [];

export function place(): Route {
  return route;
}

/** Calls `told` after each change of place; the answer ends it. */
export function onPlace(told: () => void): () => void {
  followers = [...followers, told];
  return () => (followers = followers.filter((other) => other !== told));
}

function look(): void {
  if (location.hash === hash) return;
  hash = location.hash;
  route = parseRoute(hash);
  for (const told of followers) told();
}

/** The link of ours that a plain tap follows; undefined for what the browser has to do itself. */
function followed(event: MouseEvent): HTMLAnchorElement | undefined {
  const { button, altKey, ctrlKey, metaKey, shiftKey, defaultPrevented, target } = event;
  if (defaultPrevented || button !== 0 || altKey || ctrlKey || metaKey || shiftKey)
    return undefined;
  const link = target instanceof Element ? target.closest('a') : null;
  if (link?.getAttribute('href')?.startsWith('#/') !== true) return undefined;
  return link.target === '' && !link.hasAttribute('download') ? link : undefined;
}

// The browser tells of a new fragment a task later, after a frame of the page that is left.
function follow(event: MouseEvent): void {
  const link = followed(event);
  if (!link) return;
  event.preventDefault();
  if (link.hash !== location.hash) history.pushState(null, '', link.hash);
  look();
}

export function watchPlace(): void {
  window.addEventListener('hashchange', look);
  window.addEventListener('popstate', look);
  document.addEventListener('click', follow);
}
