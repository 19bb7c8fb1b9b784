/** What lies open around the pages: panel, search, menu, "go to page"; and the keys that open it. */
import { innerWidth } from 'svelte/reactivity/window';
import type { DocumentControl } from './control';
import { Finder } from './finder.svelte';
import { keyAction, takesKeys, type KeyAction } from './keys';
import { labelOf } from './manifest';
import type { Reader } from './reader.svelte';
import { apply, displayedSize, toScreen } from './space';

/** In a window below this width (CSS px) the panel lies over the pages instead of beside them. */
const PANEL_BESIDE_FROM = 1000;

export class Desk {
  /** Id of the open tab of the side panel. */
  panel = $state<string>();
  searching = $state(false);
  menuOpen = $state(false);
  choosingPage = $state(false);
  readonly finder: Finder;
  readonly beside = $derived((innerWidth.current ?? 0) >= PANEL_BESIDE_FROM);

  readonly #reader: Reader;
  readonly #actions: Record<KeyAction, () => void>;

  constructor(reader: Reader) {
    this.#reader = reader;
    this.finder = new Finder(reader);
    const { stage } = reader;
    this.#actions = {
      next: () => stage.goTo(stage.current + 1),
      previous: () => stage.goTo(stage.current - 1),
      first: () => stage.goTo(0),
      last: () => stage.goTo(reader.pages.length - 1),
      larger: () => stage.zoomTo(stage.zoom * 1.25),
      smaller: () => stage.zoomTo(stage.zoom / 1.25),
      fit: () => stage.zoomTo(1),
      search: () => this.search(),
      next_hit: () => this.finder.step(1),
      previous_hit: () => this.finder.step(-1),
      go_to: () => (this.choosingPage = true),
      leave: () => this.leave(),
    };
  }

  /** What guests may do; undefined while there is nothing to show. */
  readonly control: DocumentControl | undefined = $derived.by(() => {
    const reader = this.#reader;
    const { view } = reader;
    if (!view?.version) return undefined;
    return {
      view,
      get currentPage() {
        return reader.stage.current;
      },
      goTo: (index, point) => {
        const page = reader.pages[index];
        if (!page) return;
        const at = point && apply(toScreen(page, page.rotation, 1), point);
        reader.stage.goTo(index, at && at.y / displayedSize(page, page.rotation).height);
        this.picked();
      },
      pageLabel: (index) => labelOf(reader.pages[index]),
      openPanel: (id) => (this.panel = id),
    };
  });

  search(): void {
    this.searching = true;
    this.menuOpen = false;
  }

  endSearch(): void {
    this.searching = false;
    this.finder.clear();
    if (this.panel === 'results') this.panel = undefined;
  }

  /** Something was chosen in the panel: where it covers the pages it leaves. */
  picked(): void {
    if (!this.beside) this.panel = undefined;
  }

  /** Closes what was opened last. */
  leave(): void {
    if (this.menuOpen || this.choosingPage) this.menuOpen = this.choosingPage = false;
    else if (this.searching) this.endSearch();
    else this.panel = undefined;
  }

  readonly onkeydown = (event: KeyboardEvent): void => {
    // An open sheet closes by the same key, and keeps all others to itself.
    if (event.defaultPrevented || !this.control || document.querySelector('dialog[open]')) return;
    const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
    const typing = takesKeys(event.target);
    const ctrl = ctrlKey || metaKey;
    const action = keyAction({ key, ctrl, shift: shiftKey, alt: altKey, typing });
    if (!action) return;
    event.preventDefault();
    this.#actions[action]();
  };
}
