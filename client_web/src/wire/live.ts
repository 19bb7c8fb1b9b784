/** The live connection of this tab, joined to the browser's sockets, clock and network events. */
import { api } from './api';
import { Connection, type Socket } from './connection';
import { deviceId } from './ids';

/** How far this device's clock is off, ms; remembered over a restart without a network. */
const CLOCK_KEY = 'phonghop.clock-offset';

function readOffset(): number {
  try {
    return Math.round(Number(localStorage.getItem(CLOCK_KEY))) || 0;
  } catch {
    return 0;
  }
}

function keepOffset(offset: number): void {
  try {
    localStorage.setItem(CLOCK_KEY, String(Math.round(offset)));
  } catch {
    // not remembered: known again with the next welcome
  }
}

export const connection = new Connection({
  open: () => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    return new WebSocket(`${scheme}://${location.host}/live`) as Socket;
  },
  device: deviceId,
  random: Math.random,
  now: () => Date.now(),
  later: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  clock: { read: readOffset, keep: keepOffset },
});

api.onChanges = (changes) => connection.reached(changes);

/** Lets the connection use what the browser knows: network back, page in sight again, somebody at
 * the tablet. */
export function watchNetwork(): void {
  window.addEventListener('online', () => connection.nudge());
  window.addEventListener('offline', () => connection.cut());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') connection.nudge();
  });
  window.addEventListener('pointerdown', () => connection.touched(), {
    capture: true,
    passive: true,
  });
}
