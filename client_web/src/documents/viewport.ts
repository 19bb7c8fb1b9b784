/**
 * What a page on screen offers to whoever draws on it: the interface between the page view and
 * the marks. A new `PageViewport` is made whenever scale or place changes; it is never mutated,
 * so `$derived` and `===` tell when a redraw is needed. During a pinch nothing changes: the page
 * box is transformed as a whole and a new viewport follows when the fingers leave.
 */
import { apply, displayedSize, invert, toScreen, type Point, type Rotation } from './space';

/** One word of a page, in page space (points). */
export interface Word {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  text: string;
  /** Block and line number on the page: words of one line share both. */
  block: number;
  line: number;
}

export interface PageViewport {
  documentId: string;
  versionId: string;
  pageIndex: number;
  /** Size of the unrotated page in points. */
  widthPt: number;
  heightPt: number;
  rotation: Rotation;
  /** CSS px per point. */
  scale: number;
  /** Size of the page box in CSS px (rotation included). */
  boxWidth: number;
  boxHeight: number;
  /** Page space → CSS px of the page box, rotation included. */
  toScreenTransform: DOMMatrix;
  /** Client coordinates (of a pointer event) → page space. Not clamped to the page. */
  toPage(clientX: number, clientY: number): Point;
  /** The page's words; resolves to [] where the page has no text. */
  words(): Promise<Word[]>;
  /** Somebody works on this page, or is done: meanwhile it is not put away. */
  hold(yes: boolean): void;
  /** The page box, `position: relative`; overlays go inside. */
  element: HTMLElement;
}

export interface ViewportParts {
  documentId: string;
  versionId: string;
  pageIndex: number;
  widthPt: number;
  heightPt: number;
  rotation: Rotation;
  /** Width of the page box in CSS px. */
  boxWidth: number;
  element: HTMLElement;
  words(): Promise<Word[]>;
  hold(yes: boolean): void;
}

export function makeViewport(parts: ViewportParts): PageViewport {
  const size = { width: parts.widthPt, height: parts.heightPt };
  const shown = displayedSize(size, parts.rotation);
  const scale = parts.boxWidth / shown.width;
  const forward = toScreen(size, parts.rotation, scale);
  const back = invert(forward);
  const { element } = parts;
  return {
    documentId: parts.documentId,
    versionId: parts.versionId,
    pageIndex: parts.pageIndex,
    widthPt: parts.widthPt,
    heightPt: parts.heightPt,
    rotation: parts.rotation,
    scale,
    boxWidth: parts.boxWidth,
    boxHeight: shown.height * scale,
    toScreenTransform: new DOMMatrix([
      forward.a,
      forward.b,
      forward.c,
      forward.d,
      forward.e,
      forward.f,
    ]),
    toPage(clientX, clientY) {
      const rect = element.getBoundingClientRect();
      // While a pinch is under way the box is scaled by CSS: measure instead of assuming.
      const shrink = rect.width > 0 ? parts.boxWidth / rect.width : 1;
      return apply(back, { x: (clientX - rect.left) * shrink, y: (clientY - rect.top) * shrink });
    },
    words: parts.words,
    hold: parts.hold,
    element,
  };
}
