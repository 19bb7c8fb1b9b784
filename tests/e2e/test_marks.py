"""What hands do to a page: pens, palms, fingers, tools, tabs, and work that the server refuses."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

import pikepdf
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.pen import Point, across, click_on, draw, page_box, resting_box

LETTER = "Tờ trình điều chỉnh"
PLAN = "Giấy mời"
MARKS = "[data-testid=mark-overlay] [data-mark]"


def count(page: Page, kind: str = "") -> int:
    """Marks painted on the pages on screen."""
    return page.locator(MARKS + (f"[data-kind={kind}]" if kind else "")).count()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a state that no selector can express."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the awaited state did not come"
        time.sleep(0.05)


def saved(page: Page, unsent: int = 0) -> None:
    """Until so many changes wait on this device."""
    status = page.get_by_test_id("mark-status")
    expect(status).to_have_attribute("data-unsent", str(unsent))
    expect(status).to_have_attribute("data-state", "device" if unsent else "server")


def take(page: Page, tool: str) -> None:
    """Take a tool; open the pen case first where it is closed. (A tap while the page still glides
    only stops it.)"""
    button = page.get_by_test_id(f"tool-{tool}")

    def opened() -> bool:
        if page.get_by_test_id("open-tools").is_visible():
            page.get_by_test_id("open-tools").tap()
        return button.is_visible()

    until(opened)
    button.click()


def take_rare(page: Page, testid: str) -> None:
    """Take a tool or a stamp from the popover."""
    take(page, "hand")
    page.get_by_test_id("more-tools").click()
    page.get_by_test_id(testid).click()
    expect(page.get_by_test_id("more-panel")).to_have_count(0)


def exported(tablet: Window) -> list[tuple[str, str]]:
    """Subtype and words of the marks on the first page of the PDF with annotations."""
    tablet.page.get_by_test_id("open-menu").tap()
    with tablet.page.expect_download() as waiting:
        tablet.page.get_by_test_id("download-annotations").tap()
    with pikepdf.open(io.BytesIO(waiting.value.path().read_bytes())) as pdf:
        marks = list(pdf.pages[0].obj.get("/Annots", []))
        return [(str(one["/Subtype"]), str(one.get("/Contents", ""))) for one in marks]


def read(window: Opener, tile: str, paper: str, **options: object) -> Window:
    """A tablet that shows a paper."""
    tablet = window(**options)
    tablet.enter(tile)
    tablet.open_paper(paper)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    return tablet


def fingers(session: CDPSession, frames: Sequence[Sequence[Point]]) -> None:
    """Fingers that come, move and go: one list of places per moment."""
    before = 0
    for places in [*frames, []]:
        kind = "touchMove"
        if len(places) != before:
            kind = "touchStart" if len(places) > before else "touchEnd"
        points = [{"id": i, "x": x, "y": y} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        before = len(places)


def swipe(top: float, bottom: float, x: float = 300) -> list[list[Point]]:
    """One finger from `bottom` up to `top`."""
    return [[(x, bottom + (top - bottom) * i / 12)] for i in range(13)]


def scrolled(page: Page) -> float:
    """How far the pages are scrolled."""
    return float(page.get_by_test_id("pages").evaluate("pages => pages.scrollTop"))


def to_top(page: Page) -> None:
    """Back to the top, once the page has stopped gliding."""

    def rests() -> bool:
        page.get_by_test_id("pages").evaluate("pages => pages.scrollTo(0, 0)")
        page.wait_for_timeout(150)
        return scrolled(page) == 0

    until(rests)


def test_fingers_draw_until_a_pen_is_found(window: Opener) -> None:
    tablet = read(window, "secretary", LETTER, viewport=PORTRAIT)
    page = tablet.page
    touch = page.context.new_cdp_session(page)
    start = count(page)
    fingers(touch, swipe(400, 800))
    until(lambda: scrolled(page) > 50)
    assert count(page) == start
    to_top(page)
    take(page, "pen")
    fingers(touch, swipe(400, 800))
    until(lambda: count(page) == start + 1)
    assert scrolled(page) == 0
    two = [[(300.0, 800.0)]] + [
        [(300.0, 800 - i * 20.0), (420.0, 800 - i * 20.0)] for i in range(15)
    ]
    fingers(touch, two)
    until(lambda: scrolled(page) > 50)
    assert count(page) == start + 1
    to_top(page)
    # A palm lands, then the pen: the palm's stroke goes, and from now on fingers scroll.
    touch.send(
        "Input.dispatchTouchEvent",
        {"type": "touchStart", "touchPoints": [{"id": 9, "x": 600, "y": 900}]},
    )
    draw(page, across(page_box(page), 0.3))
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.get_by_test_id("pen-found")).to_be_visible()
    until(lambda: count(page) == start + 2)
    shot(page, "pen-found")
    page.get_by_test_id("fingers-draw").tap()
    expect(page.get_by_test_id("pen-found")).to_have_count(0)
    fingers(touch, swipe(500, 700, 200))
    until(lambda: count(page) == start + 3)
    saved(page)


def test_erases_recolours_moves_and_undoes(window: Opener) -> None:
    tablet = read(window, "operator", PLAN)
    page = tablet.page
    take(page, "pen")
    box = page_box(page)
    draw(page, across(box, 0.2))
    draw(page, across(box, 0.3))
    until(lambda: count(page, "ink") == 2)
    take(page, "eraser")
    line = across(box, 0.2)
    draw(page, [(line[4][0], line[4][1] - 30), (line[4][0], line[4][1] + 30)])
    until(lambda: count(page, "ink") == 1)
    page.keyboard.press("Control+z")
    until(lambda: count(page, "ink") == 2)
    take(page, "select")
    at = across(box, 0.3)[5]
    page.mouse.click(*at)
    expect(page.get_by_test_id("selection-bar")).to_be_visible()
    page.get_by_test_id("selection-style").click()
    page.get_by_test_id("color-red").click()
    expect(page.locator(MARKS + "[fill='#c62828']")).to_have_count(1)
    shot(page, "selection")
    draw(page, [at, (at[0] + 10, at[1] + 20), (at[0] + 20, at[1] + 40)], "mouse")
    expect(page.locator(MARKS + "[transform]")).to_have_count(1)
    page.keyboard.press("Delete")
    until(lambda: count(page, "ink") == 1)
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.locator(MARKS + "[fill='#c62828']")).to_have_count(0)
    until(lambda: count(page, "ink") == 2)
    page.keyboard.press("Escape")
    saved(page)


def test_two_tabs_share_one_outbox(window: Opener) -> None:
    tablet = read(window, "approver", PLAN)
    first = tablet.page
    second = tablet.context.new_page()
    second.goto(first.url)
    expect(second.get_by_test_id("mark-toolbar")).to_be_visible()
    start = count(second)
    tablet.line.cut()
    for page, top in ((first, 0.2), (second, 0.3), (first, 0.4)):
        page.bring_to_front()
        take(page, "pen")
        draw(page, across(page_box(page), top))
    until(lambda: count(first) == count(second) == start + 3)
    saved(second, 3)
    first.close()
    tablet.line.mend()
    saved(second)
    tablet.page = second
    again = read(window, "approver", PLAN)
    until(lambda: count(again.page) == start + 3)


def test_refused_work_is_kept_and_can_be_restored(window: Opener) -> None:
    note = MARKS + "[data-kind=note]"
    here, there = read(window, "guest", PLAN), read(window, "guest", PLAN)
    box = page_box(here.page)
    take(here.page, "note")
    here.page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.2)
    here.page.get_by_test_id("note-body").fill("Hỏi lại về nguồn vốn")
    here.page.get_by_test_id("note-done").click()
    expect(there.page.locator(note)).to_have_count(1)
    there.line.cut()
    take(there.page, "hand")
    click_on(there.page.locator(note))
    there.page.get_by_test_id("note-body").fill("Xin thêm ý kiến Sở Kế hoạch")
    there.page.get_by_test_id("note-done").click()
    saved(there.page, 1)
    here.page.keyboard.press("Control+z")
    expect(here.page.locator(note)).to_have_count(0)
    saved(here.page)
    there.line.mend()
    expect(there.page.get_by_test_id("refused-badge")).to_have_text("1")
    there.page.get_by_test_id("mark-status").click()
    item = there.page.get_by_test_id("refused-item")
    expect(item).to_contain_text("Xin thêm ý kiến")
    shot(there.page, "refused")
    with there.page.expect_download() as waiting:
        there.page.get_by_test_id("export-refused").click()
    assert waiting.value.suggested_filename.endswith(".xfdf")
    assert "Sở Kế hoạch" in waiting.value.path().read_text(encoding="utf-8")
    there.page.get_by_test_id("refused-retry").click()
    expect(there.page.get_by_test_id("refused-badge")).to_have_count(0)
    expect(here.page.locator(note)).to_have_count(1)
    assert here.page.locator(note + " title").text_content() == "Xin thêm ý kiến Sở Kế hoạch"


def test_shapes_are_drawn_moved_recoloured_and_exported(window: Opener) -> None:
    tablet = read(window, "second_delegate", LETTER, viewport=PORTRAIT)
    page = tablet.page
    box = page_box(page)

    def at(x: float, y: float) -> Point:
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    for number, kind in enumerate(("rectangle", "ellipse", "line", "arrow")):
        take_rare(page, f"tool-{kind}")
        top = 0.2 + number * 0.12
        draw(page, [at(0.3, top), at(0.4, top + 0.03), at(0.6, top + 0.06)])
        expect(page.locator(MARKS + f"[data-kind={kind}]")).to_have_count(1)
    page.get_by_test_id("more-tools").click()
    shot(page, "more-tools")
    take(page, "select")
    box_drawn = page.locator(MARKS + "[data-kind=rectangle]")
    before = box_drawn.get_attribute("x") or ""
    draw(page, [at(0.3, 0.23), at(0.32, 0.24), at(0.35, 0.25)], "mouse")
    expect(box_drawn).not_to_have_attribute("x", before)
    page.get_by_test_id("selection-style").click()
    page.get_by_test_id("color-green").click()
    expect(page.locator(MARKS + "[stroke='#1b7a3d']")).to_have_count(1)
    # The middle of a shape is the page's: only its outline is it.
    page.keyboard.press("Escape")
    take(page, "select")
    page.mouse.click(*at(0.45, 0.235))
    expect(page.get_by_test_id("selection-bar")).to_have_count(0)
    page.mouse.click(*at(0.45, 0.59))
    page.keyboard.press("Delete")
    expect(page.locator(MARKS + "[data-kind=arrow]")).to_have_count(0)
    page.keyboard.press("Control+z")
    saved(page)
    kinds = [subtype for subtype, _ in exported(tablet)]
    assert sorted(kinds) == ["/Circle", "/Line", "/Line", "/Square"]


def test_a_pen_held_still_draws_a_straight_line(window: Opener) -> None:
    tablet = read(window, "approver", LETTER)
    page = tablet.page
    box = page_box(page)
    take(page, "pen")
    y, x = box["y"] + box["height"] * 0.3, box["x"] + box["width"] * 0.2
    points = [(x + step * 20, y + step % 2 * 4) for step in range(12)]
    draw(page, points, hold=lambda: page.wait_for_timeout(1_000))
    expect(page.locator(MARKS + "[data-kind=line]")).to_have_count(1)
    assert count(page, "ink") == 0
    page.get_by_test_id("favourite-1").get_by_role("button").click()
    draw(page, across(box, 0.5))
    expect(page.locator(MARKS + "[data-kind=ink][fill='#c62828']")).to_have_count(1)
    saved(page)


def test_vietnamese_text_is_composed_on_the_page_and_exported(window: Opener) -> None:
    tablet = read(window, "chair", PLAN, viewport=PORTRAIT)
    page = tablet.page
    box = page_box(page)
    place = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6
    take_rare(page, "tool-text")
    draw(page, [place])
    editor = page.get_by_test_id("text-editor")
    expect(editor).to_be_focused()
    # As Telex does: letters are composed, replaced, and only then committed; no key is a letter.
    session = page.context.new_cdp_session(page)
    for composing in ("d", "đ", "đe", "đê", "đề"):
        session.send(
            "Input.imeSetComposition",
            {"text": composing, "selectionStart": len(composing), "selectionEnd": len(composing)},
        )
    session.send("Input.insertText", {"text": "đề"})
    page.keyboard.insert_text(" nghị làm rõ")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("nguồn vốn")
    expect(editor).to_have_value("đề nghị làm rõ\nnguồn vốn")
    shot(page, "text-editor")
    page.keyboard.press("Escape")
    expect(editor).to_have_count(0)
    text = page.locator(MARKS + "[data-kind=free_text]")
    expect(text).to_have_text("đề nghị làm rõnguồn vốn")
    draw(page, [(place[0] + 10, place[1] + 8)])
    expect(editor).to_have_value("đề nghị làm rõ\nnguồn vốn")
    page.keyboard.press("End")
    page.keyboard.insert_text("?")
    draw(page, [(place[0], place[1] + 200)])
    expect(editor).to_have_count(0)
    saved(page)
    [(subtype, words)] = exported(tablet)
    assert subtype == "/FreeText"
    assert words.replace("?", "") == "đề nghị làm rõ\nnguồn vốn"
    assert "?" in words


def test_a_stamp_reaches_the_list_and_the_pdf(window: Opener) -> None:
    tablet = read(window, "second_delegate", PLAN)
    page = tablet.page
    box = page_box(page)
    take(page, "hand")
    page.get_by_test_id("more-tools").click()
    page.get_by_test_id("pen-options").click()
    page.get_by_test_id("hand").get_by_text("Tay trái").click()
    take_rare(page, "stamp-da_xem")
    page.get_by_test_id("more-tools").click()
    shot(page, "more-tools-left")
    page.get_by_test_id("stamp-can_lam_ro").click()
    draw(page, [(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.2)])
    stamp = page.locator(MARKS + "[data-kind=stamp]")
    expect(stamp).to_have_text("Cần làm rõ")
    saved(page)
    assert [subtype for subtype, _ in exported(tablet)] == ["/Stamp"]
    page.get_by_test_id("open-marks").click()
    expect(page.get_by_test_id("mark-row")).to_contain_text("Cần làm rõ")
    shot(page, "stamp")


def test_the_point_eraser_cuts_a_stroke_in_one_step(window: Opener) -> None:
    tablet = read(window, "operator", LETTER)
    page = tablet.page
    start = count(page, "ink")
    box = page_box(page)
    take(page, "pen")
    line = across(box, 0.35)
    draw(page, line)
    until(lambda: count(page, "ink") == start + 1)
    saved(page)
    before = len(exported(tablet))
    take_rare(page, "tool-point_eraser")
    middle = line[6]
    draw(page, [(middle[0], middle[1] - 40), middle, (middle[0], middle[1] + 40)])
    until(lambda: count(page, "ink") == start + 2)
    saved(page)
    shot(page, "point-eraser")
    assert len(exported(tablet)) == before + 1
    page.keyboard.press("Control+z")
    until(lambda: count(page, "ink") == start + 1)
    saved(page)
    assert len(exported(tablet)) == before


def test_larger_letters_break_their_lines_at_the_edge_of_the_page(window: Opener) -> None:
    tablet = window()
    tablet.sign_in("gd.congthuong")
    tablet.open_paper(PLAN)
    page = tablet.page
    box = page_box(page)
    place = box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.3
    take_rare(page, "tool-text")
    draw(page, [place])
    page.get_by_test_id("text-editor").fill("Đề nghị làm rõ nguồn vốn đối ứng")
    page.keyboard.press("Escape")
    text = page.locator(MARKS + "[data-kind=free_text]")
    lines = text.locator("tspan")
    expect(text).to_have_count(1)
    before = lines.count()
    take(page, "select")
    page.mouse.click(place[0] + 12, place[1] + 8)
    page.get_by_test_id("selection-style").click()
    page.get_by_test_id("width-2").click()
    until(lambda: lines.count() > before)
    shown = resting_box(text)
    assert shown["x"] + shown["width"] <= box["x"] + box["width"]
    shot(page, "text-larger")
    page.keyboard.press("Escape")
    saved(page)
    [(subtype, words)] = exported(tablet)
    assert subtype == "/FreeText"
    assert words.replace("\n", " ") == "Đề nghị làm rõ nguồn vốn đối ứng"
    assert words.count("\n") == lines.count() - 1
