/** Installing the app and taking a new version: both wait until the person says so. */

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** A tablet that stays open for days still hears of a new version. */
const LOOK_EVERY_MS = 60 * 60_000;

let installPrompt = $state.raw<InstallPrompt | null>(null);
let updateReady = $state(false);
let registration: ServiceWorkerRegistration | undefined;

export const shell = {
  get canInstall(): boolean {
    return installPrompt !== null;
  },
  get updateReady(): boolean {
    return updateReady;
  },
  async install(): Promise<void> {
    const prompt = installPrompt;
    installPrompt = null;
    await prompt?.prompt();
  },
  later(): void {
    updateReady = false;
  },
  /** The waiting version takes over; the page is loaded anew when it has. */
  update(): void {
    if (!registration?.waiting) {
      location.reload();
      return;
    }
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    registration.waiting.postMessage({ type: 'SKIP_WAITING' });
  },
};

/** A version that waits while another one serves this page is an update; the first one is not. */
function lookForUpdate(): void {
  if (registration?.waiting && navigator.serviceWorker.controller) updateReady = true;
}

async function serveOffline(): Promise<void> {
  // Another tab took the new version: this one still runs the old, and asks to be loaded anew.
  if (navigator.serviceWorker.controller) {
    navigator.serviceWorker.addEventListener('controllerchange', () => (updateReady = true));
  }
  registration = await navigator.serviceWorker.register('/sw.js');
  lookForUpdate();
  registration.addEventListener('updatefound', () => {
    const coming = registration?.installing;
    coming?.addEventListener('statechange', () => {
      if (coming.state === 'installed') lookForUpdate();
    });
  });
  setInterval(() => void registration?.update().catch(() => undefined), LOOK_EVERY_MS);
}

export function watchShell(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installPrompt = event as InstallPrompt;
  });
  // A part of the app that the server no longer has: the old version cannot go on here.
  window.addEventListener('vite:preloadError', () => (updateReady = true));
  window.addEventListener('appinstalled', () => (installPrompt = null));
  // Plain HTTP on a LAN has no service worker: the app works there, but does not open offline.
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void serveOffline().catch((problem: unknown) => console.warn('no offline shell:', problem));
  }
}
