/** Installing the app and taking a new version: both wait until the person says so. */
import { registerSW } from 'virtual:pwa-register';

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** A tablet that stays open for days still hears of a new version. */
const LOOK_EVERY_MS = 60 * 60_000;

let installPrompt = $state.raw<InstallPrompt | null>(null);
let updateReady = $state(false);
let update: (reload?: boolean) => Promise<void> = () => Promise.resolve();

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
  update(): Promise<void> {
    return update(true);
  },
};

export function watchShell(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installPrompt = event as InstallPrompt;
  });
  window.addEventListener('appinstalled', () => (installPrompt = null));
  update = registerSW({
    onNeedRefresh: () => (updateReady = true),
    onRegisteredSW: (_url, registration) => {
      if (registration === undefined) return;
      setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
    },
  });
}

/** Opened from the home screen already. */
export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches;
}

/** iPads install by hand: Safari has no prompt. */
export function isIpad(): boolean {
  return (
    /iPad/.test(navigator.userAgent) ||
    (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  );
}
