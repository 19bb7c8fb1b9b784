/** Before somebody goes: what the server has not got, and what of it this device does not hold. */
import type { SyncRunner } from './core';
import type { Drafts } from './thread/drafts';

export interface UnsentWork {
  /** Changes that the server has not got, or has refused. */
  unsent: number;
  /** Those of them that this device does not hold: they go with the tab. */
  unkept: number;
  /** Answers that were begun and not sent. */
  drafts: number;
}

/** How often a storage that refuses is tried, and how long it is waited for at most, ms. */
const TRIES = 3;
const WAIT_MS = 5_000;

/** Counted once what is being written is written, or cannot be. A storage that does not answer is
 * not waited for: then nothing is promised. */
export async function unsentWork(
  runner: SyncRunner,
  begun: Drafts,
  keepsNothing: () => boolean,
): Promise<UnsentWork> {
  const counted = await unlessSilent(draftsWritten(runner, begun, keepsNothing));
  const drafts = counted ?? begun.atHand;
  const unsent = runner.core.unsent + runner.core.refused.length;
  const unkept = keepsNothing() ? unsent : runner.unwritten;
  const lost = counted === undefined || begun.keepsNothing;
  return { unsent, unkept: unkept + (lost ? drafts : 0), drafts };
}

/** What comes, or nothing where it does not come in time. */
export function unlessSilent<T>(coming: Promise<T>): Promise<T | undefined> {
  return Promise.race([coming, pause(WAIT_MS)]);
}

/** How many answers were begun, once all that goes before them is written. */
async function draftsWritten(
  runner: SyncRunner,
  begun: Drafts,
  keepsNothing: () => boolean,
): Promise<number> {
  await writtenDown(runner);
  if (runner.unwritten === 0 && !keepsNothing()) begun.letGo();
  return begun.count();
}

async function writtenDown(runner: SyncRunner): Promise<void> {
  for (let tries = TRIES; tries > 0; tries--) {
    await runner.flush();
    if (runner.unwritten === 0) return;
  }
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
