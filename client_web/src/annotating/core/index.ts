/** The annotation core: what marks are, how they sync, how they are undone. No Svelte, no DOM. */
export * from './anchors';
export { fold } from './fold';
export * from './geometry';
export * from './ink';
export * from './limits';
export * from './model';
export {
  applyWrite,
  inOrder,
  MemoryOutbox,
  type Acked,
  type Draft,
  type Entry,
  type Lease,
  type Numbers,
  type OutboxStorage,
  type OutboxWrite,
  type Refused,
  type StoredOutbox,
} from './outbox';
export type { Truth } from './queue';
export { isDone, MADE } from './recognise';
export { LayerReplica, type PendingOn, type SavedLayer } from './replica';
export { SyncRunner, type RunnerParts } from './runner';
export type { Effect } from './effects';
export type { Opening } from './layer-feeds';
export { SyncCore } from './sync';
export { UndoStack, type LayerEdits } from './undo';
