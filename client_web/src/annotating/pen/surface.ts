/**
 * Pointer events of one page, turned into work with a tool. Listens on the page box itself, so
 * that a pen is noticed while no tool is chosen and fingers still belong to the page.
 */
import type { PageViewport } from '../../documents';
import type { Tool } from '../tools/tools';
import type { PointerDevice, PointerRules } from './pointer-rules';
import type { PenPoint } from './stroke';

/** One gesture with a tool, from contact to lift. Points are of page space. */
export interface Work {
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
  rules: PointerRules;
  viewport: () => PageViewport;
  tool: () => Tool | null;
  begin: (start: WorkStart) => Work | null;
  /** The first pen contact: rules have switched to "pen draws, finger scrolls". */
  onFirstPen: () => void;
  /** What fingers drew since then was a palm. */
  onPalm: (since: number) => void;
  /** A gesture has begun or is over. */
  onWork: (under: boolean) => void;
  /** A tap while no tool is chosen. */
  onTap: (point: PenPoint, event: MouseEvent) => void;
}

/** A pen without any pressure still draws a line of medium width. */
const MEDIUM_PRESSURE = 0.5;

/** A pen not heard of for so long is no longer near. */
const PEN_GONE_MS = 500;

export function watchPointers(element: HTMLElement, parts: SurfaceParts): () => void {
  const { rules } = parts;
  let work: Work | null = null;
  let workingPen = false;
  let hovering: ReturnType<typeof setTimeout> | undefined;

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
    const tool = parts.tool();
    const device = deviceOf(event);
    const contact = { id: event.pointerId, device, at: event.timeStamp, buttons: event.buttons };
    const verdict = rules.down(contact, tool !== null);
    if (verdict.do === 'leave') return;
    if (verdict.do === 'cancel' || verdict.do === 'ignore') {
      if (verdict.do === 'cancel') stop('cancel');
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    stop('cancel');
    if (verdict.palmSince !== null) parts.onPalm(verdict.palmSince);
    if (verdict.firstPen) parts.onFirstPen();
    element.setPointerCapture(event.pointerId);
    workingPen = device === 'pen';
    work = parts.begin({
      tool: verdict.eraser ? 'eraser' : (parts.tool() ?? 'pen'),
      device,
      point: point(event),
      adding: event.shiftKey || event.ctrlKey || event.metaKey,
    });
    parts.onWork(true);
  }

  function move(event: PointerEvent): void {
    if (event.pointerType === 'pen') hover(true);
    if (!work || !rules.works(event.pointerId)) return;
    event.preventDefault();
    const all = event.getCoalescedEvents?.() ?? [];
    const ahead = event.getPredictedEvents?.() ?? [];
    work.move((all.length > 0 ? all : [event]).map(point), ahead.map(point));
  }

  function up(event: PointerEvent): void {
    const working = rules.works(event.pointerId);
    rules.up(event.pointerId, deviceOf(event), event.timeStamp);
    if (!working || !work) return;
    event.preventDefault();
    // The browser takes a finger for scrolling; a pen it takes only by mistake.
    if (event.type === 'pointercancel' && event.pointerType !== 'pen') return stop('cancel');
    if (event.type === 'pointerup') work.move([{ ...point(event), pressure: null }], []);
    stop('end');
  }

  function stop(how: 'end' | 'cancel'): void {
    const done = work;
    work = null;
    if (!done) return;
    done[how]();
    parts.onWork(false);
  }

  function touch(event: TouchEvent): void {
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    // The page must not scroll or zoom under a working finger, nor under a pen's palm.
    const holds = work !== null && (workingPen || event.touches.length < 2);
    if ((holds || rules.penNear(event.timeStamp)) && event.cancelable) event.preventDefault();
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
    element.classList.toggle('pen-near', near);
    if (near) hovering = setTimeout(() => hover(work !== null), PEN_GONE_MS);
  }

  function click(event: MouseEvent): void {
    if (parts.tool() !== null || !getSelection()?.isCollapsed) return;
    if ((event.target as Element).closest('[data-marks-ui]')) return;
    parts.onTap(point(event), event);
  }

  const refuseIfWorking = (event: Event): void => {
    if (work) event.preventDefault();
  };

  const ending = new AbortController();
  const { signal } = ending;
  element.addEventListener('pointerdown', down, { capture: true, signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
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
    stop('cancel');
    hover(false);
    ending.abort();
  };
}

function deviceOf({ pointerType }: PointerEvent): PointerDevice {
  return pointerType === 'pen' || pointerType === 'touch' ? pointerType : 'mouse';
}
