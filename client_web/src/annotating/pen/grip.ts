/**
 * What holds the pen, over all pages: the rules of who draws, and the one gesture that is under
 * way, on whichever page it began. Any page can end it, and so can the window: the events of a
 * contact do not always come to the page where it went down.
 */
import { PointerRules, type PointerDevice } from './pointer-rules';
import type { Work } from './surface';

/** A finger that was taken away by the system has drawn if it came this far, CSS px: a second
 * finger comes before the first has wandered so much. */
export const MEANT_PX = 24;

/** Fingers on these belong to no page. */
const CONTROLS = '[data-marks-ui], button, a, input, textarea, dialog, [role=dialog]';

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
    const second = (event: Event) => this.second(event as PointerEvent);
    const lifted = (event: Event) => this.lifted(event as PointerEvent);
    around.addEventListener('pointerdown', second, { capture: true });
    around.addEventListener('pointerup', lifted);
    around.addEventListener('pointercancel', lifted);
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
    under.work[how]();
    under.onOver();
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

  /** A finger beside the one that draws, also where no page is: both belong to the pages now. */
  private second(event: PointerEvent): void {
    if (event.pointerType !== 'touch' || this.under?.device !== 'touch') return;
    if (event.pointerId === this.under.contact) return;
    if (event.target instanceof Element && event.target.closest(CONTROLS)) return;
    const { pointerId: id, timeStamp: at, buttons } = event;
    if (this.rules.down({ id, device: 'touch', at, buttons }, true).do === 'cancel') {
      this.stop('cancel');
    }
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
