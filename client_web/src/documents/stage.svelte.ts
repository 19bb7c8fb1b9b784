/** The scrolled sheet of pages: layout, zoom, what is in sight. Owns the scroller's position. */
import {
  clampZoom,
  currentPage,
  layOut,
  placeAt,
  scrollTo,
  visibleRange,
  type Flow,
  type Layout,
  type Place,
  type Range,
  type Scroll,
} from './layout';
import { watchPinch, type PinchListener } from './pinch';
import type { Point, Size } from './space';

/** Room around pages: the bottom keeps the last lines clear of the page bar. */
const MARGIN = {
  scroll: { side: 12, top: 12, bottom: 88, gap: 12 },
  pages: { side: 12, top: 12, bottom: 80, gap: 0 },
};
/** Double tap goes from "fits" to this, where body text of an A4 page is large on a tablet. */
const DOUBLE_TAP_ZOOM = 2.5;
/** After this rest (ms) sharp tiles are fetched for what is shown. */
const REST_MS = 120;
/** A sheet whose end of scrolling the browser forgets to tell is at rest after this, ms. */
const GLIDE_MS = 1_500;

/**
 * Pages are made ready this far ahead of the window and kept this far behind it, in windows. Each
 * page on stage costs up to 17 MB of pixels where there is no GPU: drawn, and handed over.
 */
const READY_AHEAD = 0.6;
const READY_BEHIND = 0.1;

const NOWHERE: Range = { first: 0, last: -1 };

export class Stage implements PinchListener {
  sizes = $state.raw<Size[]>([]);
  flow = $state<Flow>('scroll');
  zoom = $state(1);
  window = $state.raw<Size>({ width: 0, height: 0 });
  layout = $derived<Layout>(
    layOut({
      flow: this.flow,
      sizes: this.sizes,
      viewport: this.window,
      zoom: this.zoom,
      margin: MARGIN[this.flow],
    }),
  );
  /** Pages that are kept on the stage: those in sight and their neighbours. */
  range = $state.raw<Range>(NOWHERE);
  current = $state(0);
  /** Where the sheet last came to rest; sharp tiles follow this, not every scrolled pixel. */
  rest = $state.raw<Scroll>({ left: 0, top: 0 });
  /** True between the first and last finger of a pinch. */
  pinching = $state(false);
  /** The page that a hand works on: it keeps its layers until the hand is done. */
  held = $state<number>();
  /** True while the sheet scrolls: only what is seen in passing is done meanwhile. */
  moving = $state(false);

  #scroller: HTMLElement | undefined;
  #sheet: HTMLElement | undefined;
  #wanted: Place | undefined;
  #position = 0;
  #onward = true;
  #movedAt = 0;
  #gliding = false;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #pinch: { focus: Point; ratio: number; now: Point } | undefined;
  readonly #onPlace: (place: Place) => void;

  constructor(onPlace: (place: Place) => void = () => undefined) {
    this.#onPlace = onPlace;
  }

  /** Binds the elements; the answer lets go of them. */
  attach(scroller: HTMLElement, sheet: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#sheet = sheet;
    const measure = () => {
      const size = { width: scroller.clientWidth, height: scroller.clientHeight };
      if (size.width !== this.window.width || size.height !== this.window.height) {
        this.#relay(() => (this.window = size));
      }
    };
    // The observer tells the first size, too, once the frame has been laid out anyway.
    const resize = new ResizeObserver(measure);
    resize.observe(scroller);
    // The browser tells it once a frame, before it draws.
    const onScroll = () => {
      this.moving = true;
      this.#gliding = 'onscrollend' in window;
      this.#look();
    };
    // A frame that comes late is no rest: where the browser tells the end, it is waited for.
    const onEnd = () => (this.#gliding = false);
    scroller.addEventListener('scroll', onScroll, { passive: true });
    scroller.addEventListener('scrollend', onEnd, { passive: true });
    const unpinch = watchPinch(scroller, this);
    return () => {
      resize.disconnect();
      unpinch();
      scroller.removeEventListener('scroll', onScroll);
      scroller.removeEventListener('scrollend', onEnd);
      clearTimeout(this.#restTimer);
      this.#restTimer = undefined;
      this.#scroller = this.#sheet = undefined;
      // A zoom that was under way is ended by nobody now.
      this.#pinch = undefined;
      this.pinching = false;
    };
  }

  /** Nothing zooms or scrolls under the hand that works on a page. */
  get works(): boolean {
    return this.held !== undefined;
  }

  /** A finger or pen is down on the sheet: whatever waits for rest is wanted now. */
  touched(): void {
    this.moving = false;
  }

  /** A hand works on a page, or is done. */
  hold(page: number, yes: boolean): void {
    if (yes) this.held = page;
    else if (this.held === page) this.held = undefined;
  }

  /** New pages; the reader stays where they were. */
  setPages(sizes: Size[]): void {
    this.#relay(() => (this.sizes = sizes));
  }

  setFlow(flow: Flow): void {
    const page = this.current;
    this.#relay(() => {
      this.flow = flow;
      this.zoom = 1;
    });
    this.goTo(page);
  }

  zoomTo(zoom: number, focus: Point = this.#middle): void {
    const next = clampZoom(zoom, this.flow);
    if (next !== this.zoom) this.#relay(() => (this.zoom = next), focus);
  }

  /** Shows the top of a page, or a place `y` (fraction of its height) a little below the top. */
  goTo(page: number, y?: number, behavior: ScrollBehavior = 'instant'): void {
    const box = this.layout.boxes[page];
    if (!box || !this.#scroller) {
      this.#wanted = { page, x: 0, y: y ?? 0 };
      return;
    }
    const vertical = this.flow === 'scroll';
    const top = vertical
      ? box.y + (y ?? 0) * box.height - (y === undefined ? 8 : this.window.height * 0.25)
      : y === undefined
        ? 0
        : box.y + y * box.height - this.window.height * 0.4;
    const left = vertical ? this.#scroller.scrollLeft : (this.layout.starts[page] ?? 0);
    this.#scroller.scrollTo({ left, top: Math.max(0, top), behavior });
    if (behavior === 'instant') this.#look();
  }

  /** Where the reader is, to come back to. */
  get place(): Place {
    return placeAt(this.layout, this.scroll, { x: this.window.width / 2, y: 24 });
  }

  /** Comes back to a place once the pages are laid out. */
  restore(place: Place, zoom: number, flow: Flow): void {
    this.flow = flow;
    this.zoom = clampZoom(zoom, flow);
    this.#wanted = place;
    this.#relay(() => undefined);
  }

  get scroll(): Scroll {
    const scroller = this.#scroller;
    return { left: scroller?.scrollLeft ?? 0, top: scroller?.scrollTop ?? 0 };
  }

  begin(focus: Point): void {
    this.pinching = true;
    this.#pinch = { focus, ratio: 1, now: focus };
  }

  move(ratio: number, now: Point): void {
    if (!this.#pinch || !this.#sheet) return;
    const bounded = clampZoom(this.zoom * ratio, this.flow) / this.zoom;
    this.#pinch = { ...this.#pinch, ratio: bounded, now };
    const { focus } = this.#pinch;
    const { left, top } = this.scroll;
    const x = now.x - focus.x + (left + focus.x) * (1 - bounded);
    const y = now.y - focus.y + (top + focus.y) * (1 - bounded);
    this.#sheet.style.transform = `translate(${x}px, ${y}px) scale(${bounded})`;
  }

  end(): void {
    const pinch = this.#pinch;
    this.#pinch = undefined;
    this.pinching = false;
    if (!pinch || !this.#sheet) return;
    this.#sheet.style.transform = '';
    const place = placeAt(this.layout, this.scroll, pinch.focus);
    this.zoom = clampZoom(this.zoom * pinch.ratio, this.flow);
    this.#settle(place, pinch.now);
  }

  doubleTap(focus: Point): void {
    this.zoomTo(this.zoom > 1.05 ? 1 : DOUBLE_TAP_ZOOM, focus);
  }

  get #middle(): Point {
    return { x: this.window.width / 2, y: this.window.height / 2 };
  }

  /** Changes what the layout depends on and keeps the place under `focus` where it is. */
  #relay(change: () => void, focus: Point = { x: this.window.width / 2, y: 24 }): void {
    const known = this.window.width > 0 && this.sizes.length > 0;
    const place = this.#wanted ?? (known ? placeAt(this.layout, this.scroll, focus) : undefined);
    change();
    if (this.window.width === 0 || this.sizes.length === 0) return;
    if (place) this.#settle(place, this.#wanted ? { x: this.window.width / 2, y: 24 } : focus);
    else this.#size();
    this.#wanted = undefined;
    this.#look();
  }

  #settle(place: Place, focus: Point): void {
    this.#size();
    const { left, top } = scrollTo(this.layout, place, focus, this.window);
    this.#scroller?.scrollTo({ left, top, behavior: 'instant' });
    this.#look();
  }

  /** The sheet takes its size before it is scrolled, or the browser would clamp the position. */
  #size(): void {
    if (!this.#sheet) return;
    this.#sheet.style.width = `${this.layout.width}px`;
    this.#sheet.style.height = `${this.layout.height}px`;
  }

  #look(): void {
    const { scroll, layout } = this;
    const vertical = this.flow === 'scroll';
    const position = vertical ? scroll.top : scroll.left;
    if (position !== this.#position) this.#onward = position > this.#position;
    this.#position = position;
    const window = vertical ? this.window.height : this.window.width;
    const [far, near] = [window * READY_AHEAD, window * READY_BEHIND];
    const range = visibleRange(
      layout,
      scroll,
      this.window,
      this.#onward ? { before: near, after: far } : { before: far, after: near },
    );
    if (range.first !== this.range.first || range.last !== this.range.last) this.range = range;
    this.current = currentPage(layout, scroll, this.window);
    this.#movedAt = performance.now();
    this.#restTimer ??= setTimeout(this.#restIfStill, REST_MS);
  }

  // One timer that looks again: setting it anew in every frame cost a tenth of the scrolling.
  readonly #restIfStill = (): void => {
    const still = performance.now() - this.#movedAt;
    const wanted = this.#gliding ? GLIDE_MS : REST_MS;
    if (still < wanted - 1) {
      this.#restTimer = setTimeout(this.#restIfStill, Math.min(wanted - still, REST_MS));
      return;
    }
    this.#gliding = false;
    this.#restTimer = undefined;
    this.moving = false;
    this.rest = this.scroll;
    this.#onPlace(this.place);
  };
}
