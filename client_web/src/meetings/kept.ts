/** Copies of meetings on this device, sealed, so that the pages open without a network. */
import { sealed } from '../sealed';
import type { MyMeeting } from '../wire';

const BUCKET = 'meetings';

export async function keep(name: string, value: unknown): Promise<void> {
  if (sealed.state() !== 'unlocked') return;
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  // A copy that cannot be written (storage full, locked meanwhile) is only a missing copy.
  await sealed
    .store(BUCKET)
    .put(name, bytes)
    .catch(() => undefined);
}

export async function kept<Value>(name: string): Promise<Value | null> {
  if (sealed.state() !== 'unlocked') return null;
  const bytes = await sealed
    .store(BUCKET)
    .get(name)
    .catch(() => undefined);
  return bytes === undefined ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Value);
}

export async function forget(name: string): Promise<void> {
  if (sealed.state() !== 'unlocked') return;
  await sealed
    .store(BUCKET)
    .delete(name)
    .catch(() => undefined);
}

/** Meetings seen in this tab: coming back from a document paints at once. */
export const seen = new Map<string, MyMeeting>();

export function forgetMeetings(): void {
  seen.clear();
}
