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

/** Counted once what is being written is written, or cannot be. */
export async function unsentWork(
  runner: SyncRunner,
  begun: Drafts,
  keepsNothing: () => boolean,
): Promise<UnsentWork> {
  await Promise.race([writtenDown(runner), pause(WAIT_MS)]);
  const unsent = runner.core.unsent + runner.core.refused.length;
  await begun.settled();
  const drafts = await begun.count();
  const unkept = keepsNothing() ? unsent : runner.unwritten;
  return { unsent, unkept: unkept + (begun.keepsNothing ? drafts : 0), drafts };
}

async function writtenDown(runner: SyncRunner): Promise<void> {
  for (let tries = TRIES; tries > 0; tries--) {
    await runner.flush();
    if (runner.unwritten === 0) return;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
