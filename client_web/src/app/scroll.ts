/** Calls back after each change of address; the answer ends it. */
type OnPlace = (told: () => void) => () => void;

/** Each page opens at its top; going back finds the place that was left. */
const places = new Map<string, number>();

/** For the element that scrolls the pages; it takes the focus, so that the keys move the page. */
export const keepScroll = (onPlace: OnPlace) => (element: HTMLElement) => {
  let here = location.hash;
  const note = () => places.set(here, element.scrollTop);
  const arrive = () => {
    here = location.hash;
    const top = places.get(here) ?? 0;
    // After the page of the new address has been drawn.
    requestAnimationFrame(() => {
      element.scrollTo({ top });
      element.focus({ preventScroll: true });
    });
  };
  element.addEventListener('scroll', note, { passive: true });
  const unfollow = onPlace(arrive);
  return () => {
    element.removeEventListener('scroll', note);
    unfollow();
  };
};
