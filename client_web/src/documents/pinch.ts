/**
 * Two-finger zoom, ctrl+wheel zoom and double tap on a scrolled element. One finger stays with the
 * browser's own scrolling; only what it cannot do is done here. While fingers are down nothing is
 * laid out: the listener transforms the sheet as a whole and lays it out once when they leave.
 */
import type { Point } from './space';

export interface PinchListener {
  /** A hand works on a page: nothing zooms or scrolls under it. */
  readonly works: boolean;
  /** A pinch begins at `focus` (CSS px from the element's top left corner). */
  begin(focus: Point): void;
  /** `ratio` to the size at the beginning; `focus` may have wandered. */
  move(ratio: number, focus: Point): void;
  end(): void;
  doubleTap(focus: Point): void;
}

/** Two taps within this time (ms) and distance (CSS px) are one double tap. */
const DOUBLE_TAP_MS = 300;
const DOUBLE_TAP_PX = 32;
/** A touch that wandered further than this, or stayed longer, was no tap. */
const TAP_PX = 10;
const TAP_MS = 250;
/** A finger that has lain beside the pages for so long holds the tablet. Two that zoom come together. */
const HOLDS_MS = 300;
/** Wheel events of one turn come closer together than this. */
const WHEEL_REST_MS = 140;
/** Wheel delta (px) to zoom ratio: a notch of 100 is 22 %. */
const WHEEL_RATE = 0.002;

/** What is zoomed; fingers beside it may be no more than a hand that holds the tablet. */
const PAGE = 'article';

/** A finger that came down on the element. */
interface Finger {
  readonly at: number;
  readonly beside: boolean;
  /** It holds the tablet, until it lifts. */
  holds: boolean;
}

function isStylus(touch: Touch): boolean {
  return (touch as Touch & { touchType?: string }).touchType === 'stylus';
}

/** Starts listening; the answer stops it. */
export function watchPinch(element: HTMLElement, listener: PinchListener): () => void {
  let pinching = false;
  let startDistance = 1;
  let tapStart: { id: number; at: number; point: Point } | undefined;
  let lastTap: { at: number; point: Point } | undefined;
  const down = new Map<number, Finger>();

  const within = (x: number, y: number): Point => {
    const rect = element.getBoundingClientRect();
    return { x: x - rect.left, y: y - rect.top };
  };

  /** Fingers that zoom or tap, as far as they are told to be down still. */
  function counted({ touches }: TouchEvent): Touch[] {
    const there = new Set(Array.from(touches, ({ identifier }) => identifier));
    for (const id of down.keys()) if (!there.has(id)) down.delete(id);
    return Array.from(touches).filter(({ identifier }) => down.get(identifier)?.holds === false);
  }

  function come({ changedTouches, timeStamp: at }: TouchEvent): void {
    for (const finger of down.values()) finger.holds ||= finger.beside && at - finger.at > HOLDS_MS;
    for (const { identifier, target } of changedTouches) {
      const beside = !(target instanceof Element && target.closest(PAGE));
      down.set(identifier, { at, beside, holds: false });
    }
  }

  function pair(touches: Touch[]): { focus: Point; distance: number } | undefined {
    const [one, two] = touches;
    if (!one || !two || touches.length !== 2 || isStylus(one) || isStylus(two)) return undefined;
    return {
      focus: within((one.clientX + two.clientX) / 2, (one.clientY + two.clientY) / 2),
      distance: Math.max(1, Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY)),
    };
  }

  function touchStart(event: TouchEvent): void {
    come(event);
    const fingers = counted(event);
    const [finger] = fingers;
    tapStart =
      finger && fingers.length === 1
        ? {
            id: finger.identifier,
            at: event.timeStamp,
            point: { x: finger.clientX, y: finger.clientY },
          }
        : undefined;
    if (fingers.length < 2) over();
    // A page that has taken the touch for its pen needs it whole.
    const two = listener.works || event.defaultPrevented ? undefined : pair(fingers);
    if (!two) return;
    if (event.cancelable) event.preventDefault();
    pinching = true;
    startDistance = two.distance;
    listener.begin(two.focus);
  }

  function touchMove(event: TouchEvent): void {
    if (listener.works && event.cancelable) event.preventDefault();
    if (!pinching) return;
    const two = pair(counted(event));
    if (!two) return;
    if (event.cancelable) event.preventDefault();
    listener.move(two.distance / startDistance, two.focus);
  }

  /** Fingers have left, or nobody will tell when they do. */
  function over(): void {
    if (!pinching) return;
    pinching = false;
    lastTap = undefined;
    listener.end();
  }

  function touchEnd(event: TouchEvent): void {
    const { length } = counted(event);
    if (pinching) {
      if (length < 2) over();
      return;
    }
    const start = tapStart;
    const finger = Array.from(event.changedTouches).find((one) => one.identifier === start?.id);
    if (!finger || !start) return;
    tapStart = undefined;
    if (event.defaultPrevented || event.type === 'touchcancel') return;
    const point = { x: finger.clientX, y: finger.clientY };
    const wandered = Math.hypot(point.x - start.point.x, point.y - start.point.y);
    if (wandered > TAP_PX || event.timeStamp - start.at > TAP_MS) return;
    const again =
      lastTap &&
      event.timeStamp - lastTap.at < DOUBLE_TAP_MS &&
      Math.hypot(point.x - lastTap.point.x, point.y - lastTap.point.y) < DOUBLE_TAP_PX;
    lastTap = again ? undefined : { at: event.timeStamp, point };
    if (!again) return;
    if (event.cancelable) event.preventDefault();
    listener.doubleTap(within(point.x, point.y));
  }

  let wheelRatio = 0;
  let wheelTimer: ReturnType<typeof setTimeout> | undefined;

  function wheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const focus = within(event.clientX, event.clientY);
    if (wheelTimer === undefined) {
      wheelRatio = 1;
      listener.begin(focus);
    }
    clearTimeout(wheelTimer);
    wheelRatio *= Math.exp(-event.deltaY * WHEEL_RATE);
    listener.move(wheelRatio, focus);
    wheelTimer = setTimeout(() => {
      wheelTimer = undefined;
      listener.end();
    }, WHEEL_REST_MS);
  }

  // Safari zooms the whole page by its own gesture events.
  const refuse = (event: Event) => event.preventDefault();

  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener('touchstart', touchStart, { passive: false, signal });
  element.addEventListener('touchmove', touchMove, { passive: false, signal });
  element.addEventListener('touchend', touchEnd, { passive: false, signal });
  element.addEventListener('touchcancel', touchEnd, { signal });
  element.addEventListener('wheel', wheel, { passive: false, signal });
  element.addEventListener('gesturestart', refuse, { signal });
  window.addEventListener('blur', over, { signal });
  document.addEventListener('visibilitychange', over, { signal });
  return () => {
    clearTimeout(wheelTimer);
    stop.abort();
  };
}
