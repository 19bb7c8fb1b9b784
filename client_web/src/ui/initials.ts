/** Two letters for a name: the middle and the given name, as people call each other. */
export function initials(name: string): string {
  return name
    .trim()
    .split(/\s+/)
    .slice(-2)
    .map((word) => word.normalize('NFC').charAt(0).toLocaleUpperCase('vi'))
    .join('');
}

/** One of `count` tints, always the same for the same person. */
export function tintOf(id: string, count: number): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % count;
}
