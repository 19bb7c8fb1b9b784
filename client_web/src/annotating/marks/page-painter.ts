/**
 * The marks of one page on screen: two SVG sheets that hold one element per mark.
 * SVG, because it stays sharp at 8× without repainting, costs nothing while the pen moves, and
 * the browser scrolls it like the page. Elements are changed only when their mark changed.
 */
import type { Mark } from '../core';
import type { Box } from './box';
import { placeIn, type DepthOf } from './depth';
import { liesUnder, markElement, svg } from './mark-element';

/**
 * Script per slice when a full page is painted first, ms: between two the browser takes touches and
 * makes frames. A slice per frame would leave most of each frame idle.
 */
const SLICE_MS = 6;

export interface Affine {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

interface Painted {
  mark: Mark;
  element: SVGElement;
  readonly depth: number;
}

interface Sheet {
  readonly root: SVGSVGElement;
  readonly group: SVGGElement;
  /** What is painted on it, from below. */
  readonly order: Painted[];
}

/** What a mark that does not exist yet looks like. */
export type Preview = Pick<Mark, 'kind' | 'geometry' | 'style'> & Partial<Mark>;

const NOBODY: Omit<Mark, 'kind' | 'geometry' | 'style'> = {
  id: '',
  version: '',
  page: 0,
  rev: 0,
  seq: 0,
  author: '',
  created: 0,
  modified: 0,
};

const NOWHERE = { ids: new Set<string>(), translate: '' };

export class PagePainter {
  private readonly under = sheet('marks-under');
  private readonly over = sheet('marks-over');
  private readonly painted = new Map<string, Painted>();
  private wanted: ReadonlyMap<string, Mark> = new Map();
  private waiting: string[] = [];
  private slice: ReturnType<typeof setTimeout> | null = null;
  private dimmed: ReadonlySet<string> = new Set();
  private previewed: SVGElement[] = [];
  private hidden: ReadonlySet<string> = new Set();
  private shifted: { ids: ReadonlySet<string>; translate: string } = NOWHERE;
  private framed: SVGElement | null = null;

  constructor(
    host: HTMLElement,
    private readonly depthOf: DepthOf = () => 0,
  ) {
    host.append(this.under.root, this.over.root);
  }

  place(width: number, height: number, m: Affine): void {
    for (const { root, group } of [this.under, this.over]) {
      root.setAttribute('viewBox', `0 0 ${width} ${height}`);
      group.setAttribute('transform', `matrix(${m.a} ${m.b} ${m.c} ${m.d} ${m.e} ${m.f})`);
    }
  }

  /** Shows exactly these marks, in this order. What is few is painted at once. */
  show(marks: ReadonlyMap<string, Mark>): void {
    this.wanted = marks;
    this.waiting = [];
    const elsewhere = ({ mark, depth }: Painted) => this.depthOf(mark) !== depth;
    for (const [id, painted] of this.painted) {
      if (!marks.has(id) || elsewhere(painted)) this.remove(id);
    }
    this.waiting = [...marks.keys()].filter((id) => this.painted.get(id)?.mark !== marks.get(id));
    this.paintSlice();
  }

  /** These of the marks shown last have changed, come or gone. */
  change(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.wanted.has(id)) this.paint(id);
      else this.remove(id);
    }
  }

  private remove(id: string): void {
    const painted = this.painted.get(id);
    if (!painted) return;
    painted.element.remove();
    this.painted.delete(id);
    const { order } = this.sheetOf(painted.mark);
    const at = placeIn(order, painted);
    order.splice(order[at] === painted ? at : order.indexOf(painted), 1);
  }

  private sheetOf(mark: Mark): Sheet {
    return liesUnder(mark) ? this.under : this.over;
  }

  /** Marks that the eraser has met, or that are being dragged elsewhere. */
  dim(ids: ReadonlySet<string>): void {
    for (const id of this.dimmed) {
      if (!ids.has(id)) this.painted.get(id)?.element.classList.remove('dimmed');
    }
    for (const id of ids) this.painted.get(id)?.element.classList.add('dimmed');
    this.dimmed = new Set(ids);
  }

  /** Marks whose parts are shown in their place. */
  hide(ids: ReadonlySet<string>): void {
    for (const id of this.hidden) this.painted.get(id)?.element.removeAttribute('visibility');
    for (const id of ids) this.painted.get(id)?.element.setAttribute('visibility', 'hidden');
    this.hidden = new Set(ids);
  }

  /** Shifts marks on screen while they are dragged; (0, 0) puts them back. */
  shift(ids: ReadonlySet<string>, dx: number, dy: number): void {
    const translate = dx === 0 && dy === 0 ? '' : `${dx}px ${dy}px`;
    for (const id of ids) {
      const element = this.painted.get(id)?.element;
      if (element) element.style.translate = translate;
    }
    this.shifted = translate === '' ? NOWHERE : { ids, translate };
  }

  /** Marks while they are being drawn, or as the eraser would leave them. */
  preview(parts: readonly Preview[]): void {
    for (const element of this.previewed) element.remove();
    this.previewed = parts.map((part) => {
      const mark: Mark = { ...NOBODY, ...part };
      const element = markElement(mark);
      this.sheetOf(mark).group.append(element);
      return element;
    });
  }

  /** The frame that chooses marks. */
  frame(box: Box | null): void {
    this.framed?.remove();
    this.framed = null;
    if (!box) return;
    const [x0, y0, x1, y1] = box;
    this.framed = svg('rect', { x: x0, y: y0, width: x1 - x0, height: y1 - y0, class: 'frame' });
    this.over.group.append(this.framed);
  }

  close(): void {
    if (this.slice !== null) clearTimeout(this.slice);
    this.under.root.remove();
    this.over.root.remove();
  }

  private readonly paintSlice = (): void => {
    if (this.slice !== null) clearTimeout(this.slice);
    this.slice = null;
    const until = performance.now() + SLICE_MS;
    let i = 0;
    for (; i < this.waiting.length; i++) {
      if (i > 0 && performance.now() > until) break;
      this.paint(this.waiting[i] as string);
    }
    this.waiting = this.waiting.slice(i);
    if (this.waiting.length > 0) this.slice = setTimeout(this.paintSlice);
  };

  private paint(id: string): void {
    const mark = this.wanted.get(id);
    // The server may have put its date right: it lies elsewhere among the others then.
    if (mark && this.painted.get(id)?.mark.created !== mark.created) this.remove(id);
    const before = this.painted.get(id);
    if (!mark || before?.mark === mark) return;
    if (before && looksAlike(before.mark, mark)) {
      before.mark = mark;
      return;
    }
    const element = markElement(mark);
    // Under a hand that wipes or drags it, it goes on looking as that hand has made it.
    if (this.dimmed.has(id)) element.classList.add('dimmed');
    if (this.hidden.has(id)) element.setAttribute('visibility', 'hidden');
    if (this.shifted.ids.has(id)) element.style.translate = this.shifted.translate;
    if (before) {
      before.element.replaceWith(element);
      before.mark = mark;
      before.element = element;
      return;
    }
    const painted: Painted = { mark, element, depth: this.depthOf(mark) };
    this.painted.set(id, painted);
    const { order, group } = this.sheetOf(mark);
    const at = placeIn(order, painted);
    const above = order[at]?.element ?? null;
    order.splice(at, 0, painted);
    group.insertBefore(element, above);
  }
}

/** The server's word on a mark that it has just been sent is no reason to paint it again. */
function looksAlike(a: Mark, b: Mark): boolean {
  if (a.kind !== b.kind || a.ink !== b.ink || a.body !== b.body) return false;
  if ((a.resolved ?? false) !== (b.resolved ?? false)) return false;
  return same(a.geometry, b.geometry) && same(a.style, b.style);
}

function same(a: object, b: object): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sheet(name: string): Sheet {
  const root = svg('svg', { class: `marks ${name}`, 'data-testid': name, 'aria-hidden': 'true' });
  const group = svg('g');
  root.append(group);
  return { root, group, order: [] };
}
