"""What people look at and do not touch: nothing lies over the words of a paper, nothing is praised
that was not done, and whoever is named is named in full."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import PORTRAIT, Opener, shot
from tests.e2e.pen import across, draw, page_box, resting_box
from tests.e2e.test_marks import saved, take, until

REPORT = "Báo cáo tình hình kinh tế"


def test_the_page_bar_stands_beside_the_page_of_a_tablet_that_lies(window: Opener) -> None:
    tablet = window()
    tablet.sign_in("gd.xaydung")
    tablet.open_paper(REPORT)
    page = tablet.page
    bar = page.get_by_test_id("page-label").locator("..")
    at, paper = resting_box(bar), page_box(page)
    assert at["x"] + at["width"] <= paper["x"]
    tools = resting_box(page.get_by_test_id("open-tools"))
    assert tools["x"] >= paper["x"] + paper["width"] / 2
    page.get_by_test_id("page-label").tap()
    box = resting_box(page.get_by_test_id("go-to-page"))
    assert box["x"] >= 0
    shot(page, "go-to-page")
    page.get_by_test_id("page-label").tap()
    expect(page.get_by_test_id("go-to-page")).to_have_count(0)
    page.get_by_test_id("open-panel").tap()
    until(lambda: page_box(page)["width"] < paper["width"])
    paper = page_box(page)
    # The page's own margin at the left is 30 mm of 210.
    words = paper["x"] + paper["width"] * 30 / 210
    assert paper["x"] < resting_box(bar)["x"] + resting_box(bar)["width"] <= words
    page.get_by_test_id("open-panel").tap()
    page.set_viewport_size(PORTRAIT)

    def in_the_middle() -> bool:
        at = resting_box(bar)
        return at["x"] < PORTRAIT["width"] / 2 < at["x"] + at["width"]

    until(in_the_middle)


def test_nothing_is_called_saved_before_something_was_written(window: Opener) -> None:
    tablet = window()
    tablet.sign_in("gd.xaydung")
    tablet.open_paper(REPORT)
    page = tablet.page
    status = page.get_by_test_id("mark-status")
    saved(page)
    expect(status).to_have_text("Đã kết nối")
    before = resting_box(status)
    status.tap()
    expect(page.get_by_test_id("stand-hint")).to_contain_text("chưa ghi gì")
    page.keyboard.press("Escape")
    take(page, "pen")
    draw(page, across(page_box(page), 0.3))
    expect(status).to_have_text("Đã lưu")
    saved(page)
    assert resting_box(status) == before
    page.get_by_test_id("undo").tap()
    saved(page)
    expect(status).to_have_text("Đã lưu")


CUT = """lines => lines.filter(line => [line, ...line.querySelectorAll('*')].some(part => {
  const { overflowX, overflowY } = getComputedStyle(part);
  return part.scrollHeight > part.clientHeight + 1 && overflowY !== 'visible'
    || part.scrollWidth > part.clientWidth + 1 && overflowX !== 'visible';
})).map(line => line.textContent)"""


def test_where_people_are_looked_at_their_units_are_whole(window: Opener) -> None:
    for viewport in ({"width": 1024, "height": 768}, PORTRAIT):
        tablet = window(viewport=viewport)
        tablet.sign_in("gd.xaydung")
        page = tablet.page
        page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
        people = page.get_by_test_id("participant")
        expect(people).to_have_count(8)
        assert people.evaluate_all(CUT) == []
        page.get_by_test_id("all-participants").click()
        sheet = page.get_by_test_id("participants-sheet")
        expect(sheet.get_by_text("Chủ tịch Ủy ban nhân dân xã Pa Tầng")).to_be_attached()
        assert sheet.get_by_test_id("participant").evaluate_all(CUT) == []
        shot(page, f"people-{viewport['width']}")
