"""What a pen does besides drawing: its pressure, its button and its end, and fingers beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener
from tests.e2e.pen import Point, across, click_on, draw, page_box
from tests.e2e.test_marks import count, fingers, saved, scrolled, swipe, take, to_top, until
from tests.e2e.test_page_marks import again, sign_in, wet
from tests.e2e.test_sharing import share, still

SEEN = 40
"""Difference of a pixel (0 to 255) that an eye notices beside the same pixel a frame before."""
EDGE = 0.05
"""Of the stroke's pixels so many may differ: canvas and SVG smooth the same outline each."""


TAKES_TOUCHES = """async () => {
  // The browser's compositor, which lets a finger scroll, hears of a style with the frames.
  for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
  for (let at = document.elementFromPoint(300, 800); at; at = at.parentElement)
    if (getComputedStyle(at).touchAction === 'none') return true;
  return false;
}"""
"""Whether a finger in the middle of the page draws."""


def pressed(page: Page, points: Sequence[Point], hold: Callable[[], Image.Image]) -> Image.Image:
    """A pen that is pressed harder and harder; what was seen before it lifted."""
    session = page.context.new_cdp_session(page)

    def event(name: str, point: Point, force: float) -> None:
        session.send(
            "Input.dispatchMouseEvent",
            {
                "type": name,
                "x": point[0],
                "y": point[1],
                "button": "left",
                "buttons": 1 if force else 0,
                "clickCount": 1,
                "pointerType": "pen",
                "force": force,
            },
        )

    for step, point in enumerate(points):
        event("mouseMoved" if step else "mousePressed", point, 0.1 + 0.8 * step / len(points))
    found = hold()
    event("mouseReleased", points[-1], 0)
    session.detach()
    return found


def seen(page: Page, clip: dict[str, float]) -> Image.Image:
    """The page as it is shown just now."""
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")  # type: ignore[arg-type]


TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def rested(page: Page, clip: dict[str, float]) -> Image.Image:
    """The page once all that was moved has been painted: the same through several frames, as a
    busy machine may show one twice before it paints the next."""
    shown = [seen(page, clip)]

    def same() -> bool:
        for _ in range(3):
            page.evaluate(
                "new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"
            )
            shown.append(seen(page, clip))
            if far(shown[-2], shown[-1]) > 0:
                return False
        return True

    until(same)
    return shown[-1]


def far(one: Image.Image, other: Image.Image) -> int:
    """How many pixels differ so that it is seen."""
    return sum(
        ImageChops.difference(one, other).point(lambda v: 255 * (v > SEEN)).histogram()[255:]
    )


def test_pressure_is_kept_when_the_pen_lifts_and_the_stroke_does_not_jump(window: Opener) -> None:
    tablet = sign_in(window, "gd.khoahoc")
    page = tablet.page
    take(page, "pen")
    box = page_box(page)
    line = across(box, 0.2, 36)
    clip = {
        "x": line[0][0] - 20,
        "y": line[0][1] - 20,
        "width": line[-1][0] - line[0][0] + 40,
        "height": 90.0,
    }
    # Its colours are shown beside the tool: they leave with the first stroke.
    draw(page, across(box, 0.45))
    until(lambda: count(page, "ink") == 1)
    empty = rested(page, clip)
    wet_ink = pressed(page, line, hold=lambda: rested(page, clip))
    until(lambda: count(page, "ink") == 2)
    dry = rested(page, clip)
    drawn = far(dry, empty)
    assert drawn > 500
    assert far(wet_ink, empty) > 500
    assert far(wet_ink, dry) <= EDGE * drawn
    # The end was pressed harder than the beginning, and still is after another opening.
    width, height = dry.size

    def ends(picture: Image.Image) -> tuple[int, int]:
        left, right = (0, 0, width // 4, height), (width * 3 // 4, 0, width, height)
        return (
            far(picture.crop(left), empty.crop(left)),
            far(picture.crop(right), empty.crop(right)),
        )

    for picture in (wet_ink, dry):
        thin, thick = ends(picture)
        assert thick > 1.5 * thin
    saved(page)
    again(tablet)
    until(lambda: count(page, "ink") == 2)
    page.wait_for_load_state("networkidle")
    take(page, "hand")
    assert far(rested(page, clip), dry) <= EDGE * drawn


BARREL = """([x, y, buttons]) => {
  // Chromium's protocol knows no other end of a pen: the page hears the events it would send.
  const page = document.elementFromPoint(x, y);
  page.setPointerCapture = () => undefined;
  const say = (type, at, held) => page.dispatchEvent(new PointerEvent(type, {
    pointerId: 77, pointerType: 'pen', clientX: x, clientY: at, buttons: held,
    button: type === 'pointermove' ? -1 : 5, pressure: held ? 0.5 : 0,
    bubbles: true, cancelable: true, isPrimary: true,
  }));
  say('pointerdown', y - 30, buttons);
  for (const at of [y - 15, y, y + 15, y + 30]) say('pointermove', at, buttons);
  say('pointerup', y + 30, 0);
}"""


def test_the_button_and_the_other_end_of_the_pen_erase(window: Opener) -> None:
    tablet = sign_in(window, "gd.tuphap")
    page = tablet.page
    page.add_init_script("Element.prototype.setPointerCapture = () => undefined")
    again(tablet)
    take(page, "pen")
    box = page_box(page)
    lines = [across(box, top) for top in (0.2, 0.3, 0.4)]
    for line in lines:
        draw(page, line)
    until(lambda: count(page, "ink") == 3)
    for left, (line, buttons) in enumerate(zip(lines, (2, 32, 3), strict=True)):
        x, y = line[4][0], line[0][1] + 25
        page.evaluate(BARREL, [x, y, buttons])
        until(lambda left=left: count(page, "ink") == 2 - left)  # type: ignore[misc]
    # The pen itself draws as before.
    draw(page, lines[0])
    until(lambda: count(page, "ink") == 1)
    saved(page)


def test_a_second_finger_in_the_middle_of_a_stroke_leaves_none(window: Opener) -> None:
    tablet = sign_in(window, "chanhthanhtra", viewport=PORTRAIT)
    page = tablet.page
    take(page, "pen")
    touch = page.context.new_cdp_session(page)
    before = page_box(page)["width"]
    way: list[list[Point]] = [[(300.0, 500 + step * 9.0)] for step in range(12)]
    # On the same page, in the middle of a long stroke: the pages are zoomed, nothing stays drawn.
    pinch = [[(300 - step * 5.0, 608.0), (420 + step * 5.0, 640.0)] for step in range(12)]
    fingers(touch, way + pinch)
    until(lambda: page_box(page)["width"] > before * 1.2)
    assert (count(page), wet(page)) == (0, 0)
    back = [[(240 + step * 4.0, 608.0), (480 - step * 5.0, 640.0)] for step in range(12)]
    fingers(touch, back)
    to_top(page)
    fingers(touch, swipe(500, 700))
    until(lambda: count(page, "ink") == 1)
    assert wet(page) == 0
    saved(page)


def test_a_thumb_beside_the_page_leaves_the_drawing_finger_alone(window: Opener) -> None:
    tablet = sign_in(window, "gd.nongnghiep")
    page = tablet.page
    take(page, "pen")
    box = page_box(page)
    touch = page.context.new_cdp_session(page)
    thumb = (box["x"] / 2, 420.0)
    assert page.evaluate("at => document.elementFromPoint(...at).closest('article')", thumb) is None
    for drawn, thumb_first in enumerate((True, False)):
        line = across(box, 0.2 + 0.2 * drawn)
        frames: list[list[Point]] = [[thumb] if thumb_first else [line[0]]]
        frames += [[thumb, point] if thumb_first else [point, thumb] for point in line[1:]]
        fingers(touch, frames)
        until(lambda drawn=drawn: count(page, "ink") == drawn + 1)  # type: ignore[misc]
        assert (wet(page), page_box(page)) == (0, box)
    saved(page)


LOST = """([x, y]) => {
  // A finger that comes and is never heard of again, as after a dialog of the system.
  const page = document.elementFromPoint(x, y).closest('article');
  page.setPointerCapture = () => undefined;
  page.dispatchEvent(new PointerEvent('pointerdown', {
    pointerId: 55, pointerType: 'touch', clientX: x, clientY: y, buttons: 1, bubbles: true,
  }));
  delete page.setPointerCapture;
}"""


def test_a_finger_draws_again_though_the_lift_of_the_last_was_never_heard(window: Opener) -> None:
    tablet = sign_in(window, "ct.muonglan", viewport=PORTRAIT)
    page = tablet.page
    take(page, "pen")
    page_box(page)
    touch = page.context.new_cdp_session(page)
    page.evaluate(LOST, [300, 400])
    until(lambda: wet(page) == 1)
    fingers(touch, swipe(500, 700))
    until(lambda: count(page, "ink") == 1)
    assert wet(page) == 0
    saved(page)


def test_who_draws_is_remembered_and_said_where_a_finger_scrolls(window: Opener) -> None:
    tablet = sign_in(window, "tr.thue", viewport=PORTRAIT)
    page = tablet.page
    take(page, "pen")
    draw(page, across(page_box(page), 0.2))
    until(lambda: count(page, "ink") == 1)
    saved(page)
    # Another day nobody has a pen: the finger scrolls, and the way back is offered once.
    again(tablet)
    take(page, "pen")
    touch = page.context.new_cdp_session(page)
    fingers(touch, swipe(400, 800))
    until(lambda: scrolled(page) > 50)
    expect(page.get_by_test_id("pen-found")).to_contain_text("ngón tay cuộn trang")
    still(page, "pen-scrolls")
    to_top(page)  # a tap on a gliding page only stops it
    page.get_by_test_id("fingers-draw").tap()
    for reload in (False, True):
        if reload:
            again(tablet)
            take(page, "pen")
        to_top(page)
        until(lambda: page.evaluate(TAKES_TOUCHES))
        fingers(touch, swipe(400, 800, 300 + 60 * reload))
        until(lambda reload=reload: count(page, "ink") == 2 + reload)  # type: ignore[misc]
        assert scrolled(page) == 0
    expect(page.get_by_test_id("pen-found")).to_have_count(0)
    saved(page)


def test_the_bar_of_tools_is_one_stop_of_the_keyboard(window: Opener) -> None:
    page = sign_in(window, "gd.nongnghiep").page
    take(page, "pen")
    bar = page.get_by_role("toolbar")
    expect(bar.locator("button:not([tabindex='-1'])")).to_have_count(1)
    page.get_by_test_id("tool-pen").focus()
    for key, tool in (("ArrowUp", "tool-hand"), ("ArrowDown", "tool-pen"), ("End", "close-tools")):
        page.keyboard.press(key)
        expect(page.get_by_test_id(tool)).to_be_focused()
    page.keyboard.press("Tab")
    expect(bar.locator(":focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_test_id("close-tools")).to_be_focused()


def test_an_answered_stroke_is_not_cut_and_goes_only_when_one_is_sure(window: Opener) -> None:
    tablet = sign_in(window, "ct.tanloc")
    page = tablet.page
    share(tablet, "Hỏi đáp về tờ trình")
    take(page, "pen")
    line = across(page_box(page), 0.3)
    draw(page, line)
    until(lambda: count(page, "ink") == 1)
    take(page, "select")
    page.mouse.click(*line[5])
    page.get_by_test_id("selection-thread").click()
    page.get_by_test_id("answer").fill("Đề nghị giải trình thêm")
    page.get_by_test_id("send-answer").click()
    page.get_by_test_id("sheet-close").click()
    saved(page)
    x, y = line[4]
    over = [(x, y - 30), (x, y), (x, y + 30)]
    take(page, "hand")
    page.get_by_test_id("more-tools").click()
    page.get_by_test_id("tool-point_eraser").click()
    draw(page, over)
    expect(page.get_by_test_id("toast").filter(has_text="trả lời")).to_be_visible()
    assert count(page, "ink") == 1
    take(page, "eraser")
    draw(page, over)
    question = page.get_by_role("dialog").filter(has_text="đã có người trả lời")
    expect(question).to_be_visible()
    still(page, "answered-sure")
    question.get_by_role("button").first.click()
    expect(question).to_have_count(0)
    assert count(page, "ink") == 1
    draw(page, over)
    question.get_by_role("button", name="Xóa", exact=True).click()
    until(lambda: count(page, "ink") == 0)
    saved(page)


def test_undo_stops_where_the_other_device_has_written(window: Opener) -> None:
    here = sign_in(window, "ct.phukhe")
    take(here.page, "note")
    box = page_box(here.page)
    here.page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.2)
    here.page.get_by_test_id("note-body").fill("Hỏi về nguồn vốn")
    here.page.get_by_test_id("note-done").click()
    saved(here.page)
    there = sign_in(window, "ct.phukhe")
    until(lambda: count(there.page, "note") == 1)
    icon = there.page.locator("[data-testid=mark-overlay] [data-kind=note]")
    click_on(icon)
    there.page.get_by_test_id("note-body").fill("Hỏi về nguồn vốn và tiến độ")
    there.page.get_by_test_id("note-done").click()
    title = here.page.locator("[data-testid=mark-overlay] [data-kind=note] title")
    until(lambda: title.text_content() == "Hỏi về nguồn vốn và tiến độ")
    here.page.keyboard.press("Control+z")
    expect(here.page.get_by_test_id("toast").filter(has_text="Không hoàn tác")).to_be_visible()
    assert count(here.page, "note") == 1
    saved(here.page)
    # A stroke of one's own is taken back as ever, also when the server has it.
    take(here.page, "pen")
    draw(here.page, across(box, 0.4))
    until(lambda: count(here.page, "ink") == 1)
    saved(here.page)
    until(lambda: count(there.page, "ink") == 1)
    here.page.keyboard.press("Control+z")
    until(lambda: count(here.page, "ink") == 0)
    until(lambda: count(there.page, "ink") == 0)
