/** Where a search hit lies on its page, in page space. */
import type { Hit } from './search';
import type { Rect } from './space';
import type { Word } from './viewport';

/** One box per line; the outer words are cut where the hit begins and ends. */
export function hitRects(words: Word[], hit: Hit): Rect[] {
  const rects: (Rect & { block: number; line: number })[] = [];
  for (let index = hit.from; index <= hit.to; index += 1) {
    const word = words[index];
    if (!word) continue;
    const width = word.x1 - word.x0;
    const x0 = index === hit.from ? word.x0 + width * hit.startsAt : word.x0;
    const x1 = index === hit.to ? word.x0 + width * hit.endsAt : word.x1;
    const last = rects.at(-1);
    if (last && last.block === word.block && last.line === word.line) {
      last.x1 = Math.max(last.x1, x1);
      last.y0 = Math.min(last.y0, word.y0);
      last.y1 = Math.max(last.y1, word.y1);
    } else {
      rects.push({ x0, y0: word.y0, x1, y1: word.y1, block: word.block, line: word.line });
    }
  }
  return rects.map(({ x0, y0, x1, y1 }) => ({ x0, y0, x1, y1 }));
}
