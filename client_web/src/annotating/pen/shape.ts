/**
 * From points to what is seen: an SVG path in page space. With pressure the outline of a nib
 * (perfect-freehand), to be filled; without, the centre line, to be stroked: an even line is
 * what a mouse or a finger means, and a marker that crosses itself stays even.
 */
import { getStroke } from 'perfect-freehand';
import type { StrokePoints } from './stroke';

export interface InkShape {
  d: string;
  /** `fill`: the outline; `stroke`: the centre line, as wide as the pen. */
  paint: 'fill' | 'stroke';
}

const THINNING = 0.6;
const SMOOTHING = 0.5;
const STREAMLINE = 0.35;

/** @param width diameter of the nib in points, at medium pressure. */
export function inkShape(points: StrokePoints, width: number): InkShape {
  if (points.pressure === null) return { d: centreLine(points), paint: 'stroke' };
  return { d: outline(points, points.pressure, width), paint: 'fill' };
}

function outline({ xs, ys }: StrokePoints, pressure: ArrayLike<number>, width: number): string {
  const input: [number, number, number][] = [];
  for (let i = 0; i < xs.length; i++) {
    input.push([xs[i] as number, ys[i] as number, pressure[i] ?? 0.5]);
  }
  const ring = getStroke(input, {
    size: width,
    thinning: THINNING,
    smoothing: SMOOTHING,
    streamline: STREAMLINE,
    simulatePressure: false,
    last: true,
  });
  const first = ring[0];
  if (!first) return '';
  // Quadratic curves through the middles of the ring's sides: smooth without more points.
  let d = `M${short(first[0])} ${short(first[1])}Q`;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i] as [number, number];
    const b = ring[(i + 1) % ring.length] as [number, number];
    d += `${short(a[0])} ${short(a[1])} ${short((a[0] + b[0]) / 2)} ${short((a[1] + b[1]) / 2)} `;
  }
  return `${d.trimEnd()}Z`;
}

function centreLine({ xs, ys }: StrokePoints): string {
  const x = (i: number) => xs[i] as number;
  const y = (i: number) => ys[i] as number;
  const n = xs.length;
  if (n === 0) return '';
  // A dot is a line to itself: round caps make it visible.
  if (n === 1) return `M${short(x(0))} ${short(y(0))}h0.01`;
  let d = `M${short(x(0))} ${short(y(0))}`;
  for (let i = 1; i < n - 1; i++) {
    const mx = (x(i) + x(i + 1)) / 2;
    const my = (y(i) + y(i + 1)) / 2;
    d += `Q${short(x(i))} ${short(y(i))} ${short(mx)} ${short(my)}`;
  }
  return `${d}L${short(x(n - 1))} ${short(y(n - 1))}`;
}

/** `.05`, `.5`: what follows the whole number, for each number of hundredths. */
const HUNDREDTHS = Array.from({ length: 100 }, (_, n) => (n === 0 ? '' : String(n / 100).slice(1)));

/**
 * Hundredths of a point are a three-hundredth of a millimetre. Put together from whole numbers,
 * because a page of strokes has some 300,000 of them and the engine writes fractions slowly.
 */
function short(value: number): string {
  const all = Math.round(value * 100);
  const size = Math.abs(all);
  const whole = Math.floor(size / 100);
  return `${all < 0 ? '-' : ''}${whole}${HUNDREDTHS[size - whole * 100]}`;
}
