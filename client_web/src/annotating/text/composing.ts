/** Input methods. */

/** What browsers say in `keyCode` of a key that an input method takes (UI Events, D.3.1). */
const TAKEN = 229;

/** A key press that belongs to an input method. Safari tells of the key that ends a composition
 * only after its end: there the number alone says whose it was. */
export function isComposing(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === TAKEN;
}
