/** The page view of a document: what other features may use. */
export { default as DocumentView } from './DocumentView.svelte';
export { type DocumentControl } from './control';
export { type DocumentPanel } from './panels';
export { startPainter } from './painter';
export { type PageSource } from './source';
export { apply, applyToRect, invert, type Affine, type Point, type Rect } from './space';
export { type Rotation } from './space';
export { makeViewport, type PageViewport, type Word } from './viewport';
export { forgetWarm, warmDocument } from './warm';
export { default as KeepButton } from './KeepButton.svelte';
export { default as KeptSheet } from './KeptSheet.svelte';
export { default as TakeSheet } from './TakeSheet.svelte';
export { keeping } from './keeping.svelte';
export { keptHeights, keptLabels } from './kept-labels';
