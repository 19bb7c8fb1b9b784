/** Where in the app we are: the address behind the `#`, as state. */
import { parseRoute, type Route } from './routes';

let route = $state.raw<Route>(parseRoute(location.hash));

export function place(): Route {
  return route;
}

export function watchPlace(): void {
  window.addEventListener('hashchange', () => {
    route = parseRoute(location.hash);
  });
}
