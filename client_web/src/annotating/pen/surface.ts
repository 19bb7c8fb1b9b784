/**
 * Pointer events of one page, turned into work with a tool. Listens on the page box itself, so
 * that a pen is noticed while no tool is chosen and fingers still belong to the page.
 */
import type { PageViewport } from '../../documents';
import type { Tool } from '../tools/tools';
import { deviceOf, type Grip } from './grip';
import type { PointerDevice } from './pointer-rules';
import type { PenPoint } from './stroke';

/** One gesture with a tool, from contact to lift. Points are of page space. */
export interface Work {
  /** It has drawn something by its movement alone: kept also where its end was never heard. */
  readonly draws?: boolean;
  move(points: readonly PenPoint[], predicted: readonly PenPoint[]): void;
  end(): void;
  /** As if it had never begun. */
  cancel(): void;
}

export interface WorkStart {
  tool: Tool;
  device: PointerDevice;
  point: PenPoint;
  /** Shift or Ctrl held: add to what is selected. */
  adding: boolean;
}

export interface SurfaceParts {
  /** One for all pages. */
  grip: Grip;
  viewport: () => PageViewport;
  /** Marks may be made here now; else pen, finger and mouse all belong to the page. */
  ready: () => boolean;
  tool: () => Tool | null;
  begin: (start: WorkStart) => Work;
  /** The first pen contact: rules have switched to "pen draws, finger scrolls". */
  onFirstPen: () => void;
  /** What fingers drew since then was a palm. */
  onPalm: (since: number) => void;
  /** A finger with a tool moved the page, because a pen draws here. */
  onScrolledInstead: () => void;
  /** A gesture has begun or is over. */
  onWork: (under: boolean) => void;
  /** A tap while no tool is chosen. */
  onTap: (point: PenPoint, event: MouseEvent) => void;
}

/** A pen without any pressure still draws a line of medium width. */
const MEDIUM_PRESSURE = 0.5;

/** A pen not heard of for so long is no longer near. */
const PEN_GONE_MS = 500;

/** A finger that was left to the page and came so far meant to draw or to scroll, CSS px. */
const DRAG_PX = 12;

export function watchPointers(element: HTMLElement, parts: SurfaceParts): () => void {
  const { grip } = parts;
  const { rules } = grip;
  let hovering: ReturnType<typeof setTimeout> | undefined;
  /** The finger that the page has got although a tool is chosen. */
  let left: { id: number; x: number; y: number } | null = null;

  const point = (event: PointerEvent | MouseEvent): PenPoint => {
    const { x, y } = parts.viewport().toPage(event.clientX, event.clientY);
    const pen = 'pointerType' in event && event.pointerType === 'pen';
    return {
      x,
      y,
      pressure: pen ? (event as PointerEvent).pressure || MEDIUM_PRESSURE : null,
      at: event.timeStamp,
    };
  };

  function down(event: PointerEvent): void {
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    const device = deviceOf(event);
    // Nothing can be drawn here: a pen scrolls as a finger does, and nothing is learnt from it.
    if (!parts.ready() && device !== 'touch') return;
    if (device === 'pen') grip.penHere = true;
    const tool = parts.tool();
    const contact = { id: event.pointerId, device, at: event.timeStamp, buttons: event.buttons };
    const verdict = rules.down(contact, tool !== null);
    left = null;
    if (verdict.do === 'cancel') return grip.stop('cancel');
    if (verdict.do === 'leave' && device === 'touch' && tool !== null && rules.penMode) {
      left = { id: event.pointerId, x: event.clientX, y: event.clientY };
    }
    if (verdict.do !== 'work') return;
    event.preventDefault();
    event.stopPropagation();
    // What a finger does beside the pen is its hand's; of all others the lift was never heard.
    if (device === 'pen' && !grip.worksWithPen && verdict.palmSince !== null) grip.stop('cancel');
    else grip.lose();
    if (verdict.palmSince !== null) parts.onPalm(verdict.palmSince);
    if (verdict.firstPen) parts.onFirstPen();
    element.setPointerCapture(event.pointerId);
    const begin = () =>
      parts.begin({
        tool: verdict.eraser ? 'eraser' : (parts.tool() ?? 'pen'),
        device,
        point: point(event),
        adding: event.shiftKey || event.ctrlKey || event.metaKey,
      });
    grip.begin(event, element, begin, () => parts.onWork(false));
    parts.onWork(true);
  }

  function move(event: PointerEvent): void {
    grip.heard(event);
    if (event.pointerType === 'pen') hover(true);
    if (left?.id === event.pointerId) {
      const away = Math.hypot(event.clientX - left.x, event.clientY - left.y);
      if (away > DRAG_PX) scrolledInstead();
    }
    const work = grip.workOf(event.pointerId, element);
    if (!work) return;
    event.preventDefault();
    grip.wandered(event);
    const all = event.getCoalescedEvents?.() ?? [];
    const ahead = event.getPredictedEvents?.() ?? [];
    work.move((all.length > 0 ? all : [event]).map(point), ahead.map(point));
  }

  function scrolledInstead(): void {
    left = null;
    parts.onScrolledInstead();
  }

  function up(event: PointerEvent): void {
    if (left?.id === event.pointerId) {
      // The browser scrolls with it: the rest of the finger's way is not told.
      if (event.type === 'pointercancel') scrolledInstead();
      left = null;
    }
    // Another element than this page held it: the page may have taken it over from its own child.
    if (event.type === 'lostpointercapture' && event.target !== element) return;
    const work = grip.workOf(event.pointerId, element);
    rules.up(event.pointerId, deviceOf(event), event.timeStamp);
    if (!work) return;
    event.preventDefault();
    if (event.type === 'pointerup') {
      work.move([{ ...point(event), pressure: null }], []);
      grip.stop('end');
    } else if (event.pointerType === 'pen') {
      // The browser takes a finger for scrolling; a pen it takes only by mistake.
      grip.stop('end');
    } else grip.lose();
  }

  function touch(event: TouchEvent): void {
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    // The page must not scroll or zoom under a working finger, nor under a pen's palm.
    const holds = grip.works || rules.penNear(event.timeStamp);
    if (holds && event.cancelable) event.preventDefault();
  }

  function touchEnd(event: TouchEvent): void {
    if (parts.tool() === null && !rules.penNear(event.timeStamp)) return;
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    // A dot drawn twice is no double tap.
    if (!rules.penMode && event.cancelable) event.preventDefault();
  }

  // A pen that hovers tells so again and again; one that was put down may never say goodbye.
  function hover(near: boolean): void {
    clearTimeout(hovering);
    if (near) grip.penHere = true;
    element.classList.toggle('pen-near', near && parts.ready());
    if (near) hovering = setTimeout(() => hover(grip.worksOn(element)), PEN_GONE_MS);
  }

  function click(event: MouseEvent): void {
    if (parts.tool() !== null || !getSelection()?.isCollapsed) return;
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    parts.onTap(point(event), event);
  }

  const refuseIfWorking = (event: Event): void => {
    if (grip.works) event.preventDefault();
  };

  const ending = new AbortController();
  const { signal } = ending;
  element.addEventListener('pointerdown', down, { capture: true, signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('lostpointercapture', up, { signal });
  element.addEventListener('pointerover', (e) => e.pointerType === 'pen' && hover(true), {
    signal,
  });
  element.addEventListener('pointerleave', (e) => e.pointerType === 'pen' && hover(false), {
    signal,
  });
  element.addEventListener('touchstart', touch, { passive: false, signal });
  element.addEventListener('touchmove', touch, { passive: false, signal });
  element.addEventListener('touchend', touchEnd, { passive: false, signal });
  element.addEventListener('click', click, { signal });
  element.addEventListener('contextmenu', refuseIfWorking, { signal });
  element.addEventListener('selectstart', refuseIfWorking, { signal });
  return () => {
    if (grip.worksOn(element)) grip.lose();
    hover(false);
    ending.abort();
  };
}
