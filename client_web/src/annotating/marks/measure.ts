/** How wide written text is, in the letters that the page shows. */

const pen = document.createElement('canvas').getContext('2d');

/** At a size where rounding is nothing. */
const SAMPLE_PX = 100;
/** Where nothing can be measured: the width of a letter, in letters' sizes. */
const LETTER_EM = 0.6;

/** @returns the width of a line in letters of `size`; in the unit of `size`. */
export function measureIn(shown: Element): (line: string, size: number) => number {
  const family = getComputedStyle(shown).fontFamily;
  return (line, size) => {
    if (!pen) return line.length * size * LETTER_EM;
    pen.font = `${SAMPLE_PX}px ${family}`;
    return (pen.measureText(line).width * size) / SAMPLE_PX;
  };
}
