/** What lies on this device for one person, sealed with the key that the server leases. */
import { Sealed } from './sealed';

export const sealed = new Sealed();

export {
  DRAFTS_BUCKET,
  OUTBOX_BUCKET,
  PIN_MIN_LENGTH,
  PinTooShort,
  Sealed,
  WRONG_PINS_ALLOWED,
  type Going,
  type Lease,
  type LockState,
  type UnlockAnswer,
} from './sealed';
export { SealedLocked, SealedUnreadable, type SealedChange, type SealedStore } from './store';
export { default as RoomNote } from './RoomNote.svelte';
export {
  askToPersist,
  dangerOf,
  isInstalled,
  isIpad,
  LOW_ROOM_BYTES,
  readRoom,
  type Danger,
  type RoomFacts,
} from './room';
