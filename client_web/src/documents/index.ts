/** The page view of a document: what other features may use. */
export { makeViewport, type PageViewport, type Word } from './viewport';
export { type Rotation } from './space';
