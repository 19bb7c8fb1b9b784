/**
 * What holds the pen, over all pages: the rules of who draws, and the one gesture that is under
 * way, on whichever page it began. Any page can end it, and so can the window: the events of a
 * contact do not always come to the page where it went down, and some never come at all.
 */
import { PointerRules, type PointerDevice } from './pointer-rules';
import type { Work } from './surface';

/** A finger that was taken away by the system has drawn if it came this far, CSS px: a second
 * finger comes before the first has wandered so much. */
export const MEANT_PX = 24;

interface UnderWay {
  readonly work: Work;
  readonly contact: number;
  readonly device: PointerDevice;
  readonly page: Element;
  /** Where it began, client px, and how far it has been from there. */
  readonly from: readonly [number, number];
  far: number;
  readonly onOver: () => void;
}

export class Grip {
  readonly rules = new PointerRules();
  /** A pen has been near since the start. */
  penHere = false;
  private under: UnderWay | null = null;

  /** @param around where contacts are heard that no page hears: the window. */
  constructor(around: EventTarget) {
    const came = (event: Event) => this.came(event as PointerEvent);
    const lifted = (event: Event) => this.lifted(event as PointerEvent);
    const released = (event: Event) => this.released(event as PointerEvent);
    around.addEventListener('pointerdown', came, { capture: true });
    around.addEventListener('pointerup', lifted);
    around.addEventListener('pointercancel', lifted);
    around.addEventListener('lostpointercapture', released);
    around.addEventListener('blur', () => this.drop());
    around.addEventListener('visibilitychange', () => document.hidden && this.drop());
  }

  get works(): boolean {
    return this.under !== null;
  }

  get worksWithPen(): boolean {
    return this.under?.device === 'pen';
  }

  worksOn(page: Element): boolean {
    return this.under?.page === page;
  }

  /** The work of this contact, on this page. */
  workOf(contact: number, page: Element): Work | null {
    return this.under?.contact === contact && this.under.page === page ? this.under.work : null;
  }

  begin(event: PointerEvent, page: Element, begin: () => Work, onOver: () => void): void {
    const { pointerId: contact, clientX, clientY } = event;
    const from = [clientX, clientY] as const;
    this.under = { work: begin(), contact, device: deviceOf(event), page, from, far: 0, onOver };
  }

  wandered({ clientX, clientY }: PointerEvent): void {
    const { under } = this;
    if (!under) return;
    const away = Math.hypot(clientX - under.from[0], clientY - under.from[1]);
    under.far = Math.max(under.far, away);
  }

  stop(how: 'end' | 'cancel'): void {
    const { under } = this;
    this.under = null;
    if (!under) return;
    try {
      under.work[how]();
    } finally {
      under.onOver();
    }
  }

  /** A pen or mouse moves: one that presses nothing any more was lifted unheard. */
  heard(event: PointerEvent): void {
    if (event.pointerType === 'touch') return;
    if (event.pointerType === 'pen') this.rules.penHeard(event.timeStamp);
    if (event.buttons === 0) this.lifted(event);
  }

  /**
   * The contact is not heard any more, but it never said that it was over: its page went, another
   * contact came, the system took it. What it has drawn is kept.
   */
  lose(): void {
    const { under } = this;
    if (!under) return;
    const meant = under.device !== 'touch' || under.far > MEANT_PX;
    this.stop(under.work.draws && meant ? 'end' : 'cancel');
  }

  /** The first finger on the screen, wherever it is: whatever is still held down was lost. */
  private came({ pointerType, isPrimary, timeStamp }: PointerEvent): void {
    if (pointerType !== 'touch' || !isPrimary) return;
    this.rules.alone(timeStamp);
    if (this.under && !this.rules.works(this.under.contact)) this.lose();
  }

  /** The system has turned elsewhere: no lift may ever be told of what is down now. */
  private drop(): void {
    this.rules.drop();
    this.lose();
  }

  /** The page that held the contact is gone, and nobody holds it now. */
  private released(event: PointerEvent): void {
    const { under } = this;
    if (under?.contact !== event.pointerId) return;
    // The page has only taken it over from its own child.
    if (!under.page.hasPointerCapture(event.pointerId)) this.lifted(event);
  }

  /** A page that scrolled away takes its pointers' last events along; this still hears them. */
  private lifted(event: PointerEvent): void {
    const lost = this.rules.works(event.pointerId) && this.under?.contact === event.pointerId;
    this.rules.up(event.pointerId, deviceOf(event), event.timeStamp);
    if (lost) this.lose();
  }
}

export function deviceOf({ pointerType }: PointerEvent): PointerDevice {
  return pointerType === 'pen' || pointerType === 'touch' ? pointerType : 'mouse';
}
