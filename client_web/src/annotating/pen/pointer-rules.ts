/**
 * Who draws: pen, finger or mouse. Pure; time and contacts come in, verdicts go out.
 *
 * - Before a pen has been seen, a chosen tool lets one finger draw; a second finger on the pages
 *   cancels that stroke and both belong to them (scroll, zoom) until all have left. A finger beside
 *   the pages holds the tablet: it is not told of here.
 * - The first pen contact switches to "pen draws, finger scrolls", and what the palm drew just
 *   before is erased. The way back (`letFingersDraw`) is the person's own choice and stays.
 * - Without a tool fingers and mouse belong to the page; the pen picks up its own tool.
 */

export type PointerDevice = 'pen' | 'touch' | 'mouse';

export interface Contact {
  id: number;
  device: PointerDevice;
  /** ms, any origin. */
  at: number;
  /** PointerEvent.buttons. */
  buttons: number;
}

export type Verdict =
  /** This contact works with the tool; `eraser`: the pen's other end or barrel button. */
  | { do: 'work'; eraser: boolean; firstPen: boolean; palmSince: number | null }
  /** The page scrolls, zooms or selects. */
  | { do: 'leave' }
  /** Nothing at all: a palm beside the pen. */
  | { do: 'ignore' }
  /** A second finger: the stroke under way is undone, then as `leave`. */
  | { do: 'cancel' };

/** A palm lands up to this long before the pen's tip; measured on tablets: mostly below 300 ms. */
export const PALM_MS = 500;
/** A hand still rests for a moment after the pen has left. */
export const PALM_AFTER_MS = 400;
/** A pen that is down trembles; one that was not heard of for so long was lifted unheard. */
export const PEN_SILENT_MS = 2_000;

const BARREL = 2;
const ERASER_END = 32;

export class PointerRules {
  /** "Pen draws, finger scrolls." */
  penMode = false;
  /** The person has said that fingers draw too, although there is a pen. */
  private fingersWanted = false;
  private readonly touches = new Set<number>();
  private working: { id: number; device: PointerDevice; from: number } | null = null;
  private gesture = false;
  private penAt = -Infinity;
  private penDown = false;
  private penHeardAt = -Infinity;
  private lastTouchWork = { from: -Infinity, to: -Infinity };

  /** @param hasTool a tool is chosen. */
  down(contact: Contact, hasTool: boolean): Verdict {
    if (contact.device === 'touch') return this.touchDown(contact, hasTool);
    if (contact.device === 'mouse') {
      if (!hasTool || contact.buttons !== 1) return { do: 'leave' };
      return this.work(contact, false, null);
    }
    // Who lets fingers draw has said that they are no palm.
    const palmSince = this.fingersWanted ? null : this.palmSince(contact.at);
    const firstPen = !this.penMode && !this.fingersWanted;
    if (firstPen) this.penMode = true;
    this.penDown = true;
    this.penAt = this.penHeardAt = contact.at;
    return this.work(contact, firstPen, palmSince);
  }

  /** True when this contact is the one that works. */
  works(id: number): boolean {
    return this.working?.id === id;
  }

  /** The pen is down, or has just left: what touches now is the hand that holds it. */
  penNear(at: number): boolean {
    return this.penDown || at - this.penAt < PALM_AFTER_MS;
  }

  up(id: number, device: PointerDevice, at: number): void {
    if (device === 'touch') {
      this.touches.delete(id);
      if (this.touches.size === 0) this.gesture = false;
    }
    if (device === 'pen' && this.penDown) {
      this.penDown = false;
      this.penAt = at;
    }
    if (this.working?.id !== id) return;
    if (device === 'touch') this.lastTouchWork = { from: this.working.from, to: at };
    this.working = null;
  }

  /** The pen has moved, over the page or on it. */
  penHeard(at: number): void {
    this.penHeardAt = at;
  }

  /** No finger is down but the one that comes now: the others' lifts were never heard, nor that of
   * a pen that has long been silent. */
  alone(at: number): void {
    this.touches.clear();
    this.gesture = false;
    const { working } = this;
    if (working?.device === 'touch') this.up(working.id, 'touch', at);
    if (!this.penDown || at - this.penHeardAt < PEN_SILENT_MS) return;
    this.penDown = false;
    if (working?.device === 'pen') this.working = null;
  }

  /** Nothing that is down now may ever be told to have lifted. */
  drop(): void {
    this.touches.clear();
    this.gesture = this.penDown = false;
    this.working = null;
  }

  /** The visible way back, and forth. */
  letFingersDraw(yes: boolean): void {
    this.fingersWanted = yes;
    this.penMode = !yes;
    // Whoever says this has put the pen aside: the next touch is a finger.
    if (yes) this.penAt = -Infinity;
  }

  private touchDown(contact: Contact, hasTool: boolean): Verdict {
    this.touches.add(contact.id);
    if (this.penNear(contact.at)) return { do: 'ignore' };
    if (this.penMode || !hasTool || this.gesture) return { do: 'leave' };
    if (this.touches.size > 1) {
      this.gesture = true;
      if (this.working?.device !== 'touch') return { do: 'leave' };
      this.working = null;
      return { do: 'cancel' };
    }
    return this.work(contact, false, null);
  }

  private work(contact: Contact, firstPen: boolean, palmSince: number | null): Verdict {
    this.working = { id: contact.id, device: contact.device, from: contact.at };
    const eraser = contact.device === 'pen' && (contact.buttons & (BARREL | ERASER_END)) !== 0;
    return { do: 'work', eraser, firstPen, palmSince };
  }

  /** Since when finger strokes were a palm's; `null` when no finger drew just now. */
  private palmSince(at: number): number | null {
    if (this.working?.device === 'touch') return this.working.from;
    return at - this.lastTouchWork.to <= PALM_MS ? this.lastTouchWork.from : null;
  }
}
