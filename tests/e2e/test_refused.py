"""Work that the server refused leaves as a file that the page menu takes in again."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Opener, Window, shot
from tests.e2e.pen import across, draw, page_box, resting_box
from tests.e2e.test_marks import MARKS, count, saved, take, take_rare, until
from tests.e2e.test_sharing import name_of, open_layers, share

PAPER = "Tờ trình điều chỉnh"
OWNER, GUEST = "gd.congthuong", "tr.thongke"
"""Nobody else writes on this paper as they."""
INK, NOTE = MARKS + "[data-kind=ink]", MARKS + "[data-kind=note]"
BOX = MARKS + "[data-kind=rectangle]"


def open_paper(window: Opener, account: str) -> Window:
    """A tablet that shows the paper."""
    tablet = window()
    tablet.sign_in(account)
    tablet.open_paper(PAPER)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    return tablet


def drop_all(page: Page) -> None:
    """Throw refused work away, for good."""
    items = page.get_by_test_id("refused-item")
    while items.count() > 0:
        before = items.count()
        items.first.get_by_test_id("refused-drop").click()
        page.get_by_test_id("question-confirm").click()
        expect(items).to_have_count(before - 1)


def test_what_a_closed_layer_refused_comes_back_from_its_file(
    window: Opener, tmp_path: Path
) -> None:
    owner, guest = open_paper(window, OWNER), open_paper(window, GUEST)
    page = guest.page
    share(owner, "Góp ý trước phiên", name_of(guest))
    open_layers(page)
    layer = page.get_by_test_id("layer").filter(has_text="Góp ý trước phiên")
    layer.get_by_test_id("write-on").click()
    expect(page.get_by_test_id("writing-on")).to_be_visible()
    guest.line.cut()
    box = page_box(page)
    take(page, "pen")
    draw(page, across(box, 0.3))
    take_rare(page, "tool-rectangle")
    top = box["y"] + box["height"] * 0.4
    left = box["x"] + box["width"] * 0.3
    draw(page, [(left, top), (left + 40, top + 20), (left + 120, top + 60)])
    take(page, "note")
    page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.25)
    page.get_by_test_id("thread-words").or_(page.get_by_test_id("note-body")).fill(
        "Đề nghị nêu rõ <nguồn vốn> & tiến độ"
    )
    page.get_by_test_id("note-done").click()
    take(page, "hand")
    saved(page, 3)
    drawn = {kind: resting_box(page.locator(kind)) for kind in (INK, NOTE, BOX)}
    take(owner.page, "hand")
    open_layers(owner.page)
    mine = owner.page.get_by_test_id("layer").filter(has_text="Góp ý trước phiên")
    mine.get_by_test_id("layer-more").click()
    owner.page.get_by_test_id("layer-audience").get_by_text("Chỉ mình tôi").click()
    owner.page.get_by_test_id("save-layer").click()
    expect(owner.page.get_by_test_id("layer-sheet")).to_have_count(0)
    guest.line.mend()
    expect(page.get_by_test_id("refused-badge")).to_have_text("3")
    page.get_by_test_id("mark-status").click()
    with page.expect_download() as waiting:
        page.get_by_test_id("export-refused").click()
    shot(page, "refused-saved")
    name = waiting.value.suggested_filename
    assert re.fullmatch(r"Tờ trình điều chỉnh.*\.xfdf", name)
    file = tmp_path / name
    waiting.value.save_as(file)
    drop_all(page)
    page.get_by_test_id("sheet-close").click()
    until(lambda: count(page, "ink") == count(page, "rectangle") == count(page, "note") == 0)
    page.get_by_test_id("open-menu").tap()
    page.get_by_test_id("take-marks").set_input_files(file)
    for kind, before in drawn.items():
        expect(page.locator(kind)).to_have_count(1)
        after = resting_box(page.locator(kind))
        for side in ("x", "y", "width", "height"):
            # Ink comes back without its pressure: the same line, drawn evenly.
            assert abs(after[side] - before[side]) < 3, (kind, before, after)
    title = page.locator(NOTE + " title").text_content()
    assert title == "Đề nghị nêu rõ <nguồn vốn> & tiến độ"
    saved(page)
