"""A tablet whose disk refuses, or whose key was replaced: nothing waits, nothing goes silently."""

from __future__ import annotations

import pysqlite3
from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_marks import count, saved, take, until
from tests.harness.server import RunningServer

PERSON, OTHER, PAPER = "gd.noivu", "gd.giaoduc", "Tờ trình điều chỉnh"
FULL = """() => {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException('no room left', 'QuotaExceededError');
  };
}"""


def test_a_disk_that_fills_up_costs_no_mark_and_a_sign_out_says_what_it_would(
    window: Opener,
) -> None:
    tablet = window()
    tablet.sign_in(PERSON)
    tablet.open_paper(PAPER)
    page = tablet.page
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()
    take(page, "pen")
    draw(page, across(page_box(page), 0.3))
    until(lambda: count(page) == 1)
    saved(page)

    page.evaluate(FULL)
    draw(page, across(page_box(page), 0.4))
    until(lambda: count(page) == 2)
    saved(page)

    tablet.line.cut()
    draw(page, across(page_box(page), 0.2))
    status = page.get_by_test_id("mark-status")
    expect(status).to_have_attribute("data-state", "fragile")
    page.evaluate("location.hash = '#/'")
    page.get_by_test_id("account").tap()
    page.get_by_test_id("sign-out").tap()
    expect(page.get_by_test_id("sign-out-unkept")).to_be_visible()
    expect(page.get_by_test_id("sign-out-confirm")).to_have_count(0)
    page.get_by_test_id("sign-out-dialog").get_by_role("button", name="Ở lại").tap()

    expect(page.get_by_test_id("unsent-bar")).to_be_visible()
    tablet.line.mend()
    # Acknowledged by the server: nothing waits any more.
    expect(page.get_by_test_id("unsent-bar")).to_have_count(0)


def test_work_that_no_longer_opens_is_told_and_stays_until_its_owner_lets_it_go(
    window: Opener, demo: RunningServer
) -> None:
    tablet = window()
    tablet.sign_in(OTHER)
    tablet.open_paper(PAPER)
    page = tablet.page
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()
    take(page, "pen")
    tablet.line.cut()
    draw(page, across(page_box(page), 0.3))
    saved(page, unsent=1)

    # Away before the line is back, or the page would send what waits.
    page.goto("about:blank")
    replace_key(demo, OTHER)
    tablet.line.mend()
    page.goto(tablet.base)
    bar = page.get_by_test_id("unsent-bar")
    expect(bar).to_contain_text("1 thay đổi")
    page.reload()
    expect(bar).to_contain_text("1 thay đổi")
    page.get_by_test_id("unsent-look").tap()
    page.get_by_test_id("unopened-drop").tap()
    page.get_by_test_id("question-confirm").tap()
    expect(page.get_by_test_id("unopened-note")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("home")).to_be_visible()
    expect(bar).to_have_count(0)


def replace_key(server: RunningServer, username: str) -> None:
    """What a revocation and a new sign-in leave behind: another key for the same device."""
    database = pysqlite3.connect(str(server.data / "phonghop.sqlite3"), timeout=30)
    try:
        database.execute(
            "UPDATE device SET lease_key = ? "
            "WHERE person_id = (SELECT id FROM person WHERE username = ?)",
            ("B" * 42 + "A", username),
        )
        database.commit()
    finally:
        database.close()
