"""Work leaves as soon as it can: by the tab that is looked at, and at once after a cut line."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import Opener, Window
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_marks import count, saved, take, until

DRAFT = "Dự thảo Nghị quyết"
TWO_TABS, CUT_OFF = "gd.congthuong", "tr.thongke"
"""Nobody else writes on this paper as they."""

HIDDEN = """() => {
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
NO_LONG_PAUSE_ENDS = """(() => {
  // The next attempt by itself never comes, so that only a person's can be seen.
  window.held = [];
  const wait = window.setTimeout.bind(window);
  window.setTimeout = (run, ms, ...more) => {
    if (!window.holds || ms < 3000) return wait(run, ms, ...more);
    window.held.push(ms);
    return 0;
  };
  Math.random = () => 0.999;
})()"""
PAUSED = "() => window.held.some((ms) => ms > 3990 && ms < 4000)"
"""The pause after four attempts."""


class LiveLine:
    """The live connection of one tab alone, which can be cut."""

    def __init__(self, page: Page) -> None:
        self.whole = True
        self._ends: list[WebSocketRoute] = []
        page.route_web_socket(re.compile(r"/live$"), self._meet)

    def _meet(self, here: WebSocketRoute) -> None:
        if not self.whole:
            here.close(code=3000)
            return
        self._ends += [here, here.connect_to_server()]

    def cut(self) -> None:
        """Out, and no way back."""
        self.whole = False
        for end in self._ends:
            end.close(code=3000)


def open_paper(tablet: Window, account: str) -> None:
    """Show the paper to somebody."""
    tablet.sign_in(account)
    tablet.open_paper(DRAFT)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()


def test_a_hidden_tab_without_a_line_lets_the_seen_one_send(window: Opener) -> None:
    tablet = window()
    first = tablet.page
    line = LiveLine(first)
    open_paper(tablet, TWO_TABS)
    take(first, "pen")
    draw(first, across(page_box(first), 0.2))
    saved(first)
    second = tablet.context.new_page()
    second.goto(first.url)
    expect(second.get_by_test_id("mark-toolbar")).to_be_visible()
    until(lambda: count(second) == 1)
    line.cut()
    first.evaluate(HIDDEN)
    expect(first.get_by_test_id("mark-status")).to_have_attribute("data-state", "offline")
    second.bring_to_front()
    take(second, "pen")
    draw(second, across(page_box(second), 0.3))
    saved(second)
    draw(second, across(page_box(second), 0.4))
    saved(second)
    # Nothing lost, nothing doubled, whoever looks; the hidden tab has heard of it too.
    expect(first.get_by_test_id("mark-status")).to_have_attribute("data-unsent", "0")
    other = window()
    open_paper(other, TWO_TABS)
    for page in (first, second, other.page):
        until(lambda page=page: count(page) == 3)


def test_a_tap_on_the_state_comes_back_at_once(window: Opener) -> None:
    tablet = window()
    page = tablet.page
    page.add_init_script(NO_LONG_PAUSE_ENDS)
    open_paper(tablet, CUT_OFF)
    page.evaluate("() => void (window.holds = true)")
    tablet.line.cut()
    take(page, "pen")
    draw(page, across(page_box(page), 0.2))
    saved(page, 1)
    page.wait_for_function(PAUSED)
    tablet.line.mend()
    status = page.get_by_test_id("mark-status")
    expect(status).to_have_attribute("data-unsent", "1")
    status.click()
    expect(status).to_have_attribute("data-unsent", "0")
    expect(page.get_by_test_id("try-now")).to_have_count(0)
