/**
 * Others' wet ink and pointer over one page: an SVG sheet of its own, so that a growing line
 * repaints nothing else, and so that the stored mark takes its place in the same change of the
 * page, drawn by the same means: nothing flickers, nothing jumps.
 */
import { svg } from '../marks/mark-element';
import type { Affine } from '../marks/page-painter';
import { inkShape } from '../pen/shape';
import type { StrokePoints } from '../pen/stroke';
import type { RemoteStroke } from './remote-stroke';
import type { WetRoom } from './room';

/** Points per finished piece, and the end that may still change its shape; as on the own canvas. */
const PIECE = 96;
const SOFT_END = 16;
/** The pointer's dot, points of page space. */
const POINTER_RADIUS = 7;

interface Shown {
  group: SVGGElement;
  end: SVGPathElement;
  kept: number;
  count: number;
  life: number;
}

interface Sheet {
  root: SVGSVGElement;
  group: SVGGElement;
  dot: SVGCircleElement;
}

export class WetSheet {
  /** Made when there is something to show: most pages are only read. */
  private sheet: Sheet | null = null;
  private lies: { width: number; height: number; m: Affine } | null = null;
  private readonly shown = new Map<string, Shown>();
  private readonly unwatch: () => void;
  private frame: number | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly room: WetRoom,
    private readonly isHere: (place: { page: number; version: string }) => boolean,
  ) {
    this.unwatch = room.watch(() => this.look());
    this.look();
  }

  place(width: number, height: number, m: Affine): void {
    this.lies = { width, height, m };
    if (!this.sheet) return;
    const { root, group } = this.sheet;
    root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    group.setAttribute('transform', `matrix(${m.a} ${m.b} ${m.c} ${m.d} ${m.e} ${m.f})`);
  }

  close(): void {
    this.unwatch();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.sheet?.root.remove();
  }

  /** Something changed: what went goes in this very change, what grows follows with the frames. */
  private look(): void {
    for (const [id, { group }] of this.shown) {
      if (this.room.strokes.has(id)) continue;
      group.remove();
      this.shown.delete(id);
    }
    if (this.frame === null && this.hasWork()) this.frame = requestAnimationFrame(this.draw);
  }

  private laid(): Sheet {
    if (this.sheet) return this.sheet;
    const root = svg('svg', {
      class: 'marks marks-wet',
      'data-testid': 'marks-wet',
      'aria-hidden': 'true',
    });
    const group = svg('g');
    const dot = svg('circle', { r: POINTER_RADIUS, class: 'pointer-dot' });
    root.append(group);
    this.host.append(root);
    this.sheet = { root, group, dot };
    if (this.lies) this.place(this.lies.width, this.lies.height, this.lies.m);
    return this.sheet;
  }

  private hasWork(): boolean {
    const { strokes, pointer } = this.room;
    if (this.sheet?.dot.isConnected || (pointer && this.isHere(pointer))) return true;
    return [...strokes.values()].some(({ first }) => this.isHere(first));
  }

  private readonly draw = (): void => {
    this.frame = null;
    this.room.tidy();
    const now = performance.now();
    for (const [id, stroke] of this.room.strokes) {
      if (this.isHere(stroke.first)) this.grow(id, stroke, stroke.shown(now));
    }
    this.movePointer();
    this.look();
  };

  private grow(id: string, stroke: RemoteStroke, count: number): void {
    let shown = this.shown.get(id);
    if (shown?.life !== stroke.life) {
      shown?.group.remove();
      shown = this.begin(id, stroke);
    }
    if (shown.count === count) return;
    shown.count = count;
    while (count - shown.kept > PIECE + SOFT_END) {
      const path = svg('path');
      this.shape(path, stroke, stroke.slice(shown.kept, shown.kept + PIECE + 1));
      shown.group.insertBefore(path, shown.end);
      shown.kept += PIECE;
    }
    this.shape(shown.end, stroke, stroke.slice(shown.kept, count));
  }

  private begin(id: string, stroke: RemoteStroke): Shown {
    const { style, kind } = stroke.first;
    const group = svg('g', { 'data-wet': id, opacity: style.opacity });
    if (kind === 'highlighter') group.classList.add('wet-under');
    const end = svg('path');
    group.append(end);
    this.laid().group.append(group);
    const shown = { group, end, kept: 0, count: 0, life: stroke.life };
    this.shown.set(id, shown);
    return shown;
  }

  private shape(path: SVGPathElement, { first }: RemoteStroke, points: StrokePoints): void {
    const { color, width } = first.style;
    const { d, paint } = inkShape(points, width);
    path.setAttribute('d', d);
    path.setAttribute('fill', paint === 'fill' ? color : 'none');
    if (paint === 'fill') return;
    path.setAttribute('stroke', color);
    path.setAttribute('stroke-width', String(width));
    path.setAttribute('stroke-linecap', 'round');
    path.setAttribute('stroke-linejoin', 'round');
  }

  private movePointer(): void {
    const { pointer } = this.room;
    if (!pointer || !this.isHere(pointer)) return this.sheet?.dot.remove();
    const { dot, group } = this.laid();
    dot.style.transform = `translate(${pointer.x}px, ${pointer.y}px)`;
    if (!dot.isConnected) group.append(dot);
    return undefined;
  }
}
