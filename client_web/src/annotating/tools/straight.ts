/** When a stroke that ends with a pen at rest means a straight line. Pure. */

/** The pen rests for so long before the line becomes straight: longer than any pause in writing. */
export const HOLD_MS = 550;
/** A hand at rest trembles within this, CSS px. */
export const REST_PX = 4;
/** Shorter strokes are letters, CSS px. */
export const LEAST_LINE_PX = 60;
/** How far from the line, as a part of its length, a line drawn by hand may run. */
const BOW = 0.12;

/** Was this drawn as a line: from end to end without bows or returns? */
export function isLine(xs: ArrayLike<number>, ys: ArrayLike<number>, least: number): boolean {
  const last = xs.length - 1;
  const [ax, ay, bx, by] = [xs[0], ys[0], xs[last], ys[last]] as [number, number, number, number];
  const long = Math.hypot(bx - ax, by - ay);
  if (long < least) return false;
  const [ux, uy] = [(bx - ax) / long, (by - ay) / long];
  for (let i = 1; i < last; i++) {
    const [dx, dy] = [(xs[i] as number) - ax, (ys[i] as number) - ay];
    const along = dx * ux + dy * uy;
    const aside = Math.abs(dx * uy - dy * ux);
    const slack = BOW * long;
    if (aside > slack || along < -slack || along > long + slack) return false;
  }
  return true;
}
