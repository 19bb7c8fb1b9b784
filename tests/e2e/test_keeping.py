"""What a person takes along: kept on the tablet, opened without a network, let go again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.test_delegate import KEPT_BLOBS, set_pin, unlock

LETTER = "Tờ trình điều chỉnh"
MARKS = "[data-testid=mark-overlay] [data-mark]"


def meeting(window: Opener, tile: str, **options: object) -> Window:
    """A tablet at the agenda of the session that is on."""
    tablet = window(**options)
    tablet.enter(tile)
    tablet.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    expect(tablet.page.get_by_test_id("take-meeting")).to_be_visible()
    return tablet


def still(page: Page, name: str) -> None:
    """A screenshot once a sheet has come to rest."""
    page.wait_for_timeout(400)
    shot(page, name)


def test_a_paper_never_opened_opens_without_a_network(window: Opener) -> None:
    tablet = window(viewport=PORTRAIT)
    tablet.enter("approver")
    set_pin(tablet.page)
    page = tablet.page
    page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    row = page.get_by_test_id("document").filter(has_text=LETTER)
    button = row.get_by_test_id("keep")
    expect(button).to_have_attribute("data-state", "none")
    expect(button).to_contain_text("kB")
    button.tap()
    expect(button).to_have_attribute("data-state", "kept")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.line.cut()
    address = page.url
    page.close()
    tablet.page = page = tablet.context.new_page()
    page.goto(address)
    unlock(page)
    page.get_by_test_id("document-row").filter(has_text=LETTER).tap()
    expect(page.get_by_test_id("kept-copy")).to_be_visible()
    expect(page.locator("[data-testid=pages] canvas").first).to_be_visible()
    # Its layer came along: what is written now waits for the network.
    page.get_by_test_id("open-tools").tap()
    expect(page.get_by_test_id("tool-pen")).to_be_visible()


def test_the_whole_meeting_is_kept_seen_and_let_go(window: Opener) -> None:
    tablet = meeting(window, "second_delegate")
    page = tablet.page
    page.get_by_test_id("take-meeting").tap()
    expect(page.get_by_test_id("take-sheet")).to_be_visible()
    expect(page.get_by_test_id("take-all")).to_contain_text("MB")
    still(page, "take-before")
    page.get_by_test_id("take-all").tap()
    expect(page.get_by_test_id("take-stop")).to_be_visible()
    shot(page, "take-running")
    expect(page.get_by_test_id("take-done")).to_be_visible(timeout=90_000)
    states = page.get_by_test_id("kept-row").evaluate_all("rows => rows.map(r => r.dataset.state)")
    assert states
    assert set(states) == {"kept"}
    still(page, "take-done")
    page.get_by_test_id("sheet-close").tap()
    still(page, "meeting-kept")
    page.get_by_test_id("account").tap()
    page.get_by_test_id("kept-documents").tap()
    sheet = page.get_by_test_id("kept-sheet")
    expect(sheet.get_by_test_id("kept-entry")).to_have_count(len(states))
    still(page, "kept-documents")
    for left in range(len(states) - 1, -1, -1):
        sheet.get_by_test_id("drop-kept").first.tap()
        page.get_by_test_id("question-confirm").tap()
        expect(sheet.get_by_test_id("kept-entry")).to_have_count(left)
    expect(page.get_by_test_id("nothing-kept")).to_be_visible()
    blobs = [one for one in page.evaluate(KEPT_BLOBS) if ",pages,v/" in one]
    assert blobs == []


def test_what_cannot_come_now_waits_for_the_network(window: Opener) -> None:
    tablet = meeting(window, "operator")
    page = tablet.page
    tablet.line.cut()
    row = page.get_by_test_id("document").filter(has_text=LETTER)
    button = row.get_by_test_id("keep")
    button.tap()
    expect(button).to_have_attribute("data-state", "offline")
    tablet.line.mend()
    expect(button).to_have_attribute("data-state", "kept")
