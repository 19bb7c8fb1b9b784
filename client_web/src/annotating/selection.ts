/** Where the frame around chosen marks and its little bar lie, in CSS px of the page box. Pure. */
import type { PageViewport } from '../documents';
import type { Box } from './marks/box';

type Placed = Pick<PageViewport, 'toScreenTransform' | 'boxWidth' | 'boxHeight'>;

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Room between mark and frame, px. */
const AIR = 6;

export function onScreen({ toScreenTransform: m }: Placed, [x0, y0, x1, y1]: Box): Rect {
  const ax = m.a * x0 + m.c * y0 + m.e;
  const ay = m.b * x0 + m.d * y0 + m.f;
  const bx = m.a * x1 + m.c * y1 + m.e;
  const by = m.b * x1 + m.d * y1 + m.f;
  return {
    left: Math.min(ax, bx) - AIR,
    top: Math.min(ay, by) - AIR,
    width: Math.abs(bx - ax) + 2 * AIR,
    height: Math.abs(by - ay) + 2 * AIR,
  };
}

/** Above the frame where there is room, else below, else over it; always inside the page. */
export function barPlace(
  { boxWidth, boxHeight }: Placed,
  around: Rect,
  bar: { width: number; height: number },
): { left: number; top: number } {
  const middle = around.left + around.width / 2;
  const left = Math.max(4, Math.min(middle - bar.width / 2, boxWidth - bar.width - 4));
  const above = around.top - bar.height - AIR;
  const below = around.top + around.height + AIR;
  if (above >= 4) return { left, top: above };
  if (below + bar.height <= boxHeight - 4) return { left, top: below };
  return { left, top: Math.max(4, boxHeight - bar.height - 4) };
}
