"""From the card to the page: what the head start and the shortened way must not lose."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.e2e.conftest import Opener
from tests.e2e.test_marks import until

REPORT = "Báo cáo tình hình kinh tế"
SHOWN = "[data-page='0'] canvas.shown"


def test_a_first_page_fetched_ahead_is_checked_like_every_other(window: Opener) -> None:
    tablet = window(service_workers="block")
    tablet.enter("delegate")
    page = tablet.page
    page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    row = page.get_by_test_id("document-row").filter(has_text=REPORT).first
    row.wait_for()

    def another(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace("/pages/0/", "/pages/3/")))

    tablet.context.route(re.compile(r"/pages/0/image$"), another)
    row.tap()
    expect(page.locator(SHOWN)).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("không khớp với bản đã duyệt")


def test_the_way_back_leads_where_one_came_from(window: Opener) -> None:
    tablet = window()
    tablet.enter("delegate")
    tablet.open_paper(REPORT)
    page = tablet.page
    page.locator(SHOWN).wait_for()
    page.go_back()
    expect(page.get_by_test_id("meeting-page")).to_be_visible()
    page.go_forward()
    expect(page.locator(SHOWN)).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_test_id("home")).to_be_visible()


def test_tools_and_bars_follow_the_page(window: Opener) -> None:
    tablet = window()
    tablet.enter("delegate")
    tablet.open_paper(REPORT)
    for testid in ("back", "page-label", "open-tools", "mark-status"):
        expect(tablet.page.get_by_test_id(testid)).to_be_visible()


COUNT_PAINTED = """
const send = Worker.prototype.postMessage;
window.painted_ = {};
window.surfaces_ = 0;
Worker.prototype.postMessage = function (message, moved) {
  if (message.kind === 'page' && message.id !== undefined)
    window.painted_[message.path] = (window.painted_[message.path] ?? 0) + 1;
  if (message.kind === 'canvas') window.surfaces_ += 1;
  return send.call(this, message, moved);
};
"""


def test_the_painter_has_drawn_before_the_tap(window: Opener) -> None:
    # A worker's first drawing waits for an idle page: at the tap that was 0.1 s and more.
    tablet = window()
    tablet.context.add_init_script(COUNT_PAINTED)
    tablet.enter("delegate")
    page = tablet.page
    page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    page.get_by_test_id("document-row").first.wait_for()
    until(lambda: bool(page.evaluate("window.surfaces_") == 1))
    assert page.evaluate("window.painted_") == {}


def test_a_page_that_goes_by_is_painted_once(window: Opener) -> None:
    tablet = window()
    tablet.context.add_init_script(COUNT_PAINTED)
    tablet.enter("delegate")
    tablet.open_paper(REPORT)
    page = tablet.page
    page.locator(SHOWN).wait_for()
    for number in range(1, 8):
        page.evaluate(
            "(to) => { document.querySelector('[data-testid=pages]').scrollTop = to; }",
            page.evaluate("(n) => document.querySelector('[data-page]').offsetHeight * n", number),
        )
        page.locator(f"[data-page='{number}'] canvas.shown").wait_for()
    times = page.evaluate("window.painted_")
    # The first one is painted by the page's own thread where the tap was faster than the worker.
    assert len(times) >= 7
    assert max(times.values()) == 1, times
