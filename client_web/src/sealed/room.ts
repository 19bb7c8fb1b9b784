/** How safe the room is in which this browser keeps things. Pure rules; docs in pages.md. */

/**
 * home_screen: an iPad forgets a site that was not used for 7 days, unless it is on the home
 * screen. may_evict: the browser has not promised to keep it when the device gets full.
 * low, full: little or no room is left.
 */
export type Danger = 'full' | 'low' | 'home_screen' | 'may_evict';

export interface RoomFacts {
  ipad: boolean;
  /** Opened from the home screen. */
  installed: boolean;
  persisted: boolean;
  /** Bytes; undefined where the browser does not tell. */
  left: number | undefined;
}

/** Below this a long report more may not fit, bytes. */
export const LOW_ROOM_BYTES = 200 * 1024 * 1024;

/** The gravest danger to what lies here, or null. `wanted`: bytes that are about to come. */
export function dangerOf(facts: RoomFacts, wanted = 0): Danger | null {
  const { left } = facts;
  if (left !== undefined && left < wanted) return 'full';
  if (left !== undefined && left - wanted < LOW_ROOM_BYTES) return 'low';
  if (facts.ipad && !facts.installed) return 'home_screen';
  return facts.persisted ? null : 'may_evict';
}

/** Opened from the home screen already. */
export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches;
}

/** iPads install by hand: Safari has no prompt. */
export function isIpad(): boolean {
  const agent = navigator.userAgent;
  return /iPad/.test(agent) || (/Mac/.test(agent) && navigator.maxTouchPoints > 1);
}

/** Asks the browser to keep what lies here; whether it promises to. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

export async function readRoom(): Promise<RoomFacts> {
  const { storage } = navigator as { storage?: Partial<StorageManager> };
  const estimate = await storage?.estimate?.().catch(() => undefined);
  const { quota, usage = 0 } = estimate ?? {};
  return {
    ipad: isIpad(),
    installed: isInstalled(),
    persisted: (await storage?.persisted?.().catch(() => false)) ?? false,
    left: quota === undefined ? undefined : Math.max(0, quota - usage),
  };
}
