/** The bounds of the annotation domain; the reasons stand in annotations/limits.py. */
export const MAX_POINTS = 10_000;
export const MAX_INK_BYTES = 48_000;
export const MAX_RECORD_BYTES = 65_536;
export const MAX_OPS = 200;
export const MAX_PUSH_BYTES = 524_288;
export const MAX_COORDINATE = 20_000;
export const MAX_BODY = 20_000;
export const MAX_QUADS = 1_000;
export const MAX_QUOTE = 8_000;
export const MAX_CONTEXT = 64;
export const EPHEMERAL_PER_SECOND = 30;
export const EPHEMERAL_BURST = 10;

/** Pushes under way at once: enough to hide a round trip of 100 ms at ten strokes a second. */
export const MAX_IN_FLIGHT = 8;
/** Deltas kept while a catch-up is under way; beyond that the layer asks again instead. */
export const MAX_HELD_DELTAS = 256;
/** A push that was first in the queue this often when the connection broke goes last and alone. */
export const SUSPECT_AFTER = 3;
/** A push that a live connection leaves unanswered this often goes into quarantine. */
export const MAX_SILENCES = 3;
/** Numbers of entries that no disk holds begin here: those of the disk count up from 1 and never
 * come so far; all stay exact (below 2^53). */
export const FIRST_IN_MEMORY = 2 ** 48;
/** Marks whose last own words are remembered, so that words queued before their answer came are no
 * conflict with themselves; far more than can wait for an answer at once. */
export const MAX_OWN_WORDS = 2_000;
/** Layers whose answer fails this often in a row are left alone until opened anew. */
export const MAX_FAILED_ANSWERS = 3;
/** Steps of undo: an hour of steady writing. */
export const MAX_UNDO = 500;
/** Deleted marks whose content is kept for undo: one gesture may wipe the fullest layer (the 10,000
 * of limits.py), and each step one mark. By reference, some 1 kB each at worst. */
export const MAX_GONE = 10_000;
