/** How the live connection stands, told patiently: a short break is nobody's business. */
import { connection, type ConnectionState } from '../wire';

/** Wi-Fi of a meeting room hiccups; only what lasts longer is said. */
const PATIENCE_MS = 3_000;

let state = $state<ConnectionState>(connection.state());
let lost = $state(false);
let timer: ReturnType<typeof setTimeout> | undefined;

export const link = {
  get state(): ConnectionState {
    return state;
  },
  /** Without a connection for longer than a hiccup. */
  get lost(): boolean {
    return lost;
  },
};

export function watchLink(): void {
  connection.onState((next) => {
    state = next;
    if (next === 'live') {
      clearTimeout(timer);
      timer = undefined;
      lost = false;
    } else {
      timer ??= setTimeout(() => (lost = true), PATIENCE_MS);
    }
  });
}
