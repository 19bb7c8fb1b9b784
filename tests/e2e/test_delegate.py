"""A delegate's path on a tablet, from sign-in to the annotated PDF, offline part included."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import httpx
import pikepdf
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LANDSCAPE, PORTRAIT, Opener, Window, shot
from tests.e2e.pen import across, draw, page_box
from tests.harness.server import RunningServer

REPORT = "Báo cáo tình hình kinh tế"
LETTER = "Tờ trình điều chỉnh"
RESTRICTED = "khiếu nại"
PIN = "258036"


KEPT_BLOBS = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => {
      const open = indexedDB.open(name);
      open.onsuccess = () => done(open.result);
    });
    if (db.objectStoreNames.contains('blobs')) {
      found.push(...(await new Promise((done) => {
        const ask = db.transaction('blobs').objectStore('blobs').getAllKeys();
        ask.onsuccess = () => done(ask.result.map(String));
      })));
    }
    db.close();
  }
  return found;
}"""


def wait_saved(page: Page) -> None:
    """Until every mark is on the server; the first one has been taken in when undo is there."""
    expect(page.get_by_test_id("undo").or_(page.get_by_test_id("redo")).first).to_be_visible()
    status = page.get_by_test_id("mark-status")
    expect(status).to_have_attribute("data-unsent", "0")
    expect(status).to_have_attribute("data-state", "server")


def take_tool(page: Page, tool: str) -> None:
    """Open the pen case, if it is closed, and take a tool."""
    closed, wanted = page.get_by_test_id("open-tools"), page.get_by_test_id(f"tool-{tool}")
    expect(closed.or_(wanted).first).to_be_visible()
    if closed.is_visible():
        closed.tap()
    wanted.tap()


def list_marks(page: Page) -> int:
    """How many lines the list of my marks has."""
    if not page.get_by_test_id("panel").is_visible():
        page.get_by_test_id("open-panel").tap()
    page.get_by_test_id("tab-marks").tap()
    page.get_by_test_id("mark-list").or_(page.get_by_test_id("no-marks")).first.wait_for()
    count = page.get_by_test_id("mark-row").count()
    page.get_by_test_id("open-panel").tap()
    return count


def stroke(window: Window, top: float) -> None:
    """A pen stroke across the first page."""
    draw(window.page, across(page_box(window.page), top))


def poll(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a state that no selector can express."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the awaited state did not come"
        time.sleep(0.05)


def test_finds_the_meeting_and_reads_a_paper(window: Opener) -> None:
    tablet = window()
    tablet.page.goto(tablet.base)
    expect(tablet.page.get_by_test_id("demo-banner")).to_be_visible()
    shot(tablet.page, "sign-in")
    switch, title = tablet.page.get_by_test_id("switch-language"), tablet.page.locator("html")
    switch.tap()
    expect(title).to_have_attribute("lang", "en")
    expect(switch).to_have_text("Tiếng Việt")
    shot(tablet.page, "sign-in-english")
    switch.tap()
    expect(title).to_have_attribute("lang", "vi")
    tablet.enter("delegate")
    for group in ("now", "coming", "past"):
        expect(tablet.page.get_by_test_id(f"group-{group}")).to_be_visible()
    shot(tablet.page, "my-meetings")
    tablet.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    expect(tablet.page.get_by_test_id("agenda-item")).to_have_count(6)
    expect(tablet.page.get_by_test_id("document-row").filter(has_text=RESTRICTED)).to_have_count(0)
    shot(tablet.page, "meeting")
    tablet.page.get_by_test_id("document-row").filter(has_text=REPORT).first.tap()
    expect(tablet.page.locator("[data-testid=pages] canvas").first).to_be_visible()
    expect(tablet.page.get_by_test_id("page-label")).to_contain_text("1 / 60")
    shot(tablet.page, "document")


def test_restricted_papers_are_shown_to_those_named(window: Opener) -> None:
    tablet = window(viewport=PORTRAIT)
    tablet.enter("second_delegate")
    tablet.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    expect(tablet.page.get_by_test_id("document-row").filter(has_text=RESTRICTED)).to_have_count(1)
    tablet.page.get_by_test_id("document-row").filter(has_text=RESTRICTED).tap()
    expect(tablet.page.get_by_test_id("document-view")).to_be_visible()
    tablet.page.get_by_test_id("open-menu").tap()
    expect(tablet.page.get_by_test_id("download-refused")).to_contain_text("Ghi chú của tôi")
    expect(tablet.page.get_by_test_id("download-clean")).to_have_count(0)


def test_goes_to_a_printed_page_and_searches_without_diacritics(window: Opener) -> None:
    tablet = window()
    tablet.enter("delegate")
    tablet.open_paper(REPORT)
    page = tablet.page
    page.get_by_test_id("page-label").tap()
    page.locator("#go-label").fill("10")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("page-label")).to_contain_text("14 / 60")
    page.get_by_test_id("open-search").tap()
    page.get_by_test_id("search-bar").locator("input[type=search]").fill("ngan sach")
    expect(page.get_by_test_id("search-count")).to_contain_text("/")
    shot(page, "search")
    page.get_by_test_id("search-next").tap()
    page.keyboard.press("Escape")
    page.get_by_test_id("open-panel").tap()
    expect(page.get_by_test_id("panel")).to_be_visible()
    shot(page, "outline")


def test_marks_reach_the_second_device_and_nobody_else(window: Opener) -> None:
    first, second, other = window(), window(viewport=PORTRAIT), window()
    for tablet, tile in ((first, "chair"), (second, "chair"), (other, "approver")):
        tablet.enter(tile)
        tablet.open_paper(LETTER)
    theirs = list_marks(other.page)
    take_tool(first.page, "pen")
    stroke(first, 0.3)
    stroke(first, 0.4)
    wait_saved(first.page)
    poll(lambda: list_marks(second.page) == list_marks(first.page) >= 1)
    assert list_marks(other.page) == theirs
    shot(first.page, "marks")
    first.page.get_by_test_id("undo").tap()
    first.page.get_by_test_id("undo").tap()
    wait_saved(first.page)
    poll(lambda: list_marks(second.page) == 0)
    first.page.get_by_test_id("redo").tap()
    poll(lambda: list_marks(second.page) == 1)


def test_offline_marks_survive_a_closed_tab_and_come_back_once(window: Opener) -> None:
    tablet = window()
    tablet.enter("guest")
    set_pin(tablet.page)
    tablet.open_paper(LETTER)
    take_tool(tablet.page, "pen")
    stroke(tablet, 0.2)
    expect(tablet.page.get_by_test_id("undo")).to_be_enabled()
    wait_saved(tablet.page)
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.page.get_by_test_id("open-menu").tap()
    kept = tablet.page.get_by_test_id("kept-state")
    expect(kept).to_have_attribute("data-complete", "true")
    tablet.page.get_by_test_id("open-menu").tap()
    expect(kept).to_have_count(0)
    tablet.line.cut()
    stroke(tablet, 0.35)
    stroke(tablet, 0.5)
    status = tablet.page.get_by_test_id("mark-status")
    expect(status).to_have_attribute("data-state", "device")
    expect(status).to_have_attribute("data-unsent", "2")
    shot(tablet.page, "offline")
    address = tablet.page.url
    tablet.page.close()
    tablet.page = tablet.context.new_page()
    tablet.page.goto(address)
    unlock(tablet.page)
    expect(tablet.page.locator("[data-testid=pages] canvas").first).to_be_visible()
    expect(tablet.page.get_by_test_id("mark-status")).to_have_attribute("data-unsent", "2")
    take_tool(tablet.page, "pen")
    stroke(tablet, 0.12)
    expect(tablet.page.get_by_test_id("mark-status")).to_have_attribute("data-unsent", "3")
    tablet.line.mend()
    wait_saved(tablet.page)
    again = window()
    again.enter("guest")
    again.open_paper(LETTER)
    assert strokes_on_the_server(again) == 4


def strokes_on_the_server(tablet: Window) -> int:
    """Ink annotations in the PDF that this person downloads."""
    content = download(tablet, "annotations")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return sum(
            str(one["/Subtype"]) == "/Ink"
            for page in pdf.pages
            for one in page.obj.get("/Annots", [])
        )


def download(tablet: Window, marks: str) -> bytes:
    """The PDF from the menu of the page."""
    tablet.page.get_by_test_id("open-menu").tap()
    with tablet.page.expect_download() as waiting:
        tablet.page.get_by_test_id(f"download-{marks}").tap()
    return waiting.value.path().read_bytes()


def set_pin(page: Page) -> None:
    """Accept the offer of a PIN, typed twice."""
    page.get_by_test_id("pin-set").tap()
    for _ in range(2):
        expect(page.locator("[data-testid=pin-pad] .dots .on")).to_have_count(0)
        for digit in PIN:
            page.get_by_test_id(f"pin-{digit}").tap()
    expect(page.get_by_test_id("pin-setup")).to_have_count(0)


def unlock(page: Page) -> None:
    """Open the tablet again with its PIN."""
    page.get_by_test_id("unlock-page").wait_for()
    for digit in PIN:
        page.get_by_test_id(f"pin-{digit}").tap()
    expect(page.get_by_test_id("unlock-page")).to_have_count(0)


def test_text_marks_snap_to_words_and_export(window: Opener) -> None:
    tablet = window(viewport=LANDSCAPE)
    tablet.enter("operator")
    tablet.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    tablet.page.get_by_test_id("document-row").filter(has_text=LETTER).first.tap()
    take_tool(tablet.page, "highlight")
    box = page_box(tablet.page)
    y = box["y"] + box["height"] * 0.42
    start = box["x"] + box["width"] * 0.2
    draw(tablet.page, [(start + step * 20, y) for step in range(14)], "mouse")
    wait_saved(tablet.page)
    content = download(tablet, "annotations")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        kinds = [str(one["/Subtype"]) for one in pdf.pages[0].obj.get("/Annots", [])]
    assert "/Highlight" in kinds
    for kind in ("flattened", "clean"):
        with pikepdf.open(io.BytesIO(download(tablet, kind))) as pdf:
            assert list(pdf.pages[0].obj.get("/Annots", [])) == []


def test_signing_out_leaves_nothing_readable(window: Opener, demo: RunningServer) -> None:
    tablet = window()
    tablet.enter("admin")
    page = tablet.page
    page.get_by_test_id("account").tap()
    page.get_by_test_id("sign-out").tap()
    page.get_by_test_id("sign-out-confirm").first.tap()
    expect(page.get_by_test_id("sign-in-page")).to_be_visible()
    cookies = {one["name"]: one["value"] for one in tablet.context.cookies()}
    poll(lambda: httpx.get(f"{demo.base}/api/me", cookies=cookies).status_code == 401)
    kept = [key for key in page.evaluate(KEPT_BLOBS) if ",outbox," not in key]
    assert kept == []
