/**
 * The stroke under the pen, on a canvas of its own over the visible part of one page, so that
 * nothing else is painted while it grows. What is further back than a few points no longer
 * changes: it is shaped once and kept as paths; only the end is shaped anew at each event.
 */
import type { PageViewport } from '../../documents';
import { inkShape, type InkShape } from './shape';
import type { GrowingStroke } from './stroke';
import { type PenPoint } from './stroke';

/** Points per kept piece: shaping so few takes well below a millisecond on a slow tablet. */
const PIECE = 96;
/** The end that may still change its shape (perfect-freehand smooths over neighbours). */
const SOFT_END = 16;
/** Pixels beyond this ratio are not seen while the pen moves, but cost time. */
const MAX_RATIO = 2;

export interface WetStyle {
  color: string;
  width: number;
  opacity: number;
  under: boolean;
}

interface Piece {
  path: Path2D;
  paint: InkShape['paint'];
}

export class WetCanvas {
  private readonly canvas = document.createElement('canvas');
  private context: CanvasRenderingContext2D | null = null;
  private pieces: Piece[] = [];
  private kept = 0;
  /** Its end, which may still change. */
  private growing: Piece | null = null;
  private laid: { viewport: PageViewport; left: number; top: number } | null = null;
  private style: WetStyle = { color: '#000000', width: 1, opacity: 1, under: false };

  constructor(host: HTMLElement) {
    this.canvas.className = 'wet';
    this.canvas.hidden = true;
    this.canvas.dataset['testid'] = 'wet-canvas';
    host.append(this.canvas);
  }

  /** Made for the first stroke: most pages are only read, and a context costs milliseconds. */
  private get pen(): CanvasRenderingContext2D {
    this.context ??= this.canvas.getContext('2d', { desynchronized: true });
    if (!this.context) throw new Error('no 2d canvas');
    return this.context;
  }

  begin(viewport: PageViewport, style: WetStyle): void {
    this.style = style;
    this.pieces = [];
    this.kept = 0;
    this.growing = null;
    this.lay(viewport);
    this.canvas.hidden = false;
  }

  /** The page is shown at another scale, or turned: the stroke goes on where it was on it. */
  place(viewport: PageViewport): void {
    if (this.canvas.hidden) return;
    this.lay(viewport);
    this.repaint();
  }

  draw(stroke: GrowingStroke, predicted: readonly PenPoint[]): void {
    this.follow();
    while (stroke.length - this.kept > PIECE + SOFT_END) {
      this.pieces.push(this.piece(stroke.slice(this.kept, this.kept + PIECE + 1)));
      this.kept += PIECE;
    }
    this.growing = this.piece(stroke.slice(this.kept, stroke.length, predicted));
    this.repaint();
  }

  /** Lays the canvas over what is seen of the page. */
  private lay(viewport: PageViewport): void {
    const rect = viewport.element.getBoundingClientRect();
    this.laid = { viewport, left: rect.left, top: rect.top };
    const zoom = viewport.boxWidth / rect.width;
    const left = Math.max(0, -rect.left);
    const top = Math.max(0, -rect.top);
    const width = Math.max(1, Math.min(rect.right, window.innerWidth) - Math.max(0, rect.left));
    const height = Math.max(1, Math.min(rect.bottom, window.innerHeight) - Math.max(0, rect.top));
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_RATIO);
    const { canvas, pen: context, style } = this;
    canvas.width = Math.ceil(width * ratio);
    canvas.height = Math.ceil(height * ratio);
    const css = canvas.style;
    css.left = `${left * zoom}px`;
    css.top = `${top * zoom}px`;
    css.width = `${width * zoom}px`;
    css.height = `${height * zoom}px`;
    css.opacity = String(style.opacity);
    css.mixBlendMode = style.under ? 'multiply' : 'normal';
    const m = viewport.toScreenTransform;
    const s = ratio / zoom;
    context.setTransform(
      m.a * s,
      m.b * s,
      m.c * s,
      m.d * s,
      (m.e - left * zoom) * s,
      (m.f - top * zoom) * s,
    );
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.fillStyle = style.color;
    context.strokeStyle = style.color;
    context.lineWidth = style.width;
  }

  /** The sheet was scrolled under the pen: what has come into sight has no canvas yet. */
  private follow(): void {
    const { laid } = this;
    if (!laid) return;
    const { left, top } = laid.viewport.element.getBoundingClientRect();
    if (left !== laid.left || top !== laid.top) this.lay(laid.viewport);
  }

  private repaint(): void {
    this.wipe();
    for (const piece of this.pieces) this.paint(piece);
    if (this.growing) this.paint(this.growing);
  }

  /** Hidden in the same frame in which the finished mark appears: no flicker, no gap. */
  end(): void {
    this.canvas.hidden = true;
    this.pieces = [];
    this.growing = this.laid = null;
  }

  /** Gives the pixels back. */
  close(): void {
    this.canvas.width = this.canvas.height = 0;
    this.canvas.remove();
  }

  private piece(points: Parameters<typeof inkShape>[0]): Piece {
    const { d, paint } = inkShape(points, this.style.width);
    return { path: new Path2D(d), paint };
  }

  private paint({ path, paint }: Piece): void {
    if (paint === 'fill') this.pen.fill(path);
    else this.pen.stroke(path);
  }

  private wipe(): void {
    const { pen: context, canvas } = this;
    context.save();
    context.resetTransform();
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.restore();
  }
}
