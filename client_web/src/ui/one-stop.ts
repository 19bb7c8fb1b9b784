/**
 * A bar of buttons is one stop of the Tab key, and arrows, Home and End walk in it, so that what
 * comes after fifteen tools is one key away (WAI-ARIA Authoring Practices, "Toolbar").
 */

const BUTTONS = 'button:not(:disabled)';
/** How far a key goes, whichever way the bar lies; a place beyond an end is the other end. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/** For `{@attach}` on the element with the role; the answer lets go of it. */
export function oneStop(bar: HTMLElement): () => void {
  let last: Element | null = null;

  function buttons(): HTMLElement[] {
    const all = [...bar.querySelectorAll<HTMLElement>(BUTTONS)];
    return all.filter((one) => one.checkVisibility?.() ?? true);
  }

  /** The Tab key comes back to where it left, or to what is chosen. */
  function settle(): void {
    const there = buttons();
    const chosen = there.find((one) => one.getAttribute('aria-pressed') === 'true');
    const stop = there.find((one) => one === last) ?? chosen ?? there[0];
    for (const one of bar.querySelectorAll<HTMLElement>('button')) {
      const index = one === stop ? 0 : -1;
      if (one.tabIndex !== index) one.tabIndex = index;
    }
  }

  function focused(event: FocusEvent): void {
    last = (event.target as Element).closest('button');
    settle();
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const there = buttons();
    const at = there.findIndex((one) => one === document.activeElement);
    const step = STEPS[event.key];
    const ends = { Home: 0, End: there.length - 1 } as Record<string, number>;
    const to = step === undefined ? ends[event.key] : (at + step + there.length) % there.length;
    if (at === -1 || to === undefined) return;
    // The page beside it goes by the same keys.
    event.preventDefault();
    event.stopPropagation();
    there[to]?.focus();
  }

  // Tools come and go, and undo is not always to be had.
  const changes = new MutationObserver(settle);
  changes.observe(bar, {
    childList: true,
    subtree: true,
    attributeFilter: ['disabled', 'aria-pressed'],
  });
  bar.addEventListener('focusin', focused);
  bar.addEventListener('keydown', pressed);
  settle();
  return () => {
    changes.disconnect();
    bar.removeEventListener('focusin', focused);
    bar.removeEventListener('keydown', pressed);
  };
}
