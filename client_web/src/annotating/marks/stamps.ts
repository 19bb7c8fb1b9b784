/**
 * The field's stamps. They say the same on paper whatever the interface speaks, and in the
 * exported PDF (`STAMP_WORDS` of annotations/pdf.py has the same words).
 */
export const STAMPS = {
  dong_y: { words: 'Đồng ý', color: '#1b7a3d' },
  can_lam_ro: { words: 'Cần làm rõ', color: '#c62828' },
  da_xem: { words: 'Đã xem', color: '#1b4fbf' },
} as const;

export type StampName = keyof typeof STAMPS;
export const STAMP_NAMES = Object.keys(STAMPS) as StampName[];

/** Half a capital's height: so far below the middle a line's baseline looks centred, em. */
export const CAP_MIDDLE = 0.35;
/** Size of a stamp's letters and width of its frame, points. */
export const STAMP_FONT = 16;
export const STAMP_FRAME = 1.6;
/** An advance that holds each of the words in bold, em per letter, and the air beside them. */
const ADVANCE = 0.62;
const AIR = 10;

/** A stamp that this version does not know is shown by its name. */
export function stampWords(name: string | undefined): string {
  return name !== undefined && name in STAMPS ? STAMPS[name as StampName].words : (name ?? '');
}

/** Width and height in points. */
export function stampSize(name: StampName): { width: number; height: number } {
  const width = STAMPS[name].words.length * ADVANCE * STAMP_FONT + 2 * AIR;
  return { width: Math.round(width), height: Math.round(STAMP_FONT * 1.75) };
}
