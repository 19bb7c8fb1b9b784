"""What a page shows of marks made before it was opened, and of hands on several pages at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.pen import Point, across, draw, page_box
from tests.e2e.test_marks import count, fingers, saved, take, until
from tests.e2e.test_sharing import open_layers, share

LETTER = "Tờ trình điều chỉnh"
SMALL = {
    "portrait": {"width": 768, "height": 1024},
    "landscape": {"width": 1024, "height": 768},
}
"""The smallest iPads still in use, CSS px."""


def sign_in(window: Opener, account: str, **options: object) -> Window:
    """A tablet of a person whom no other test writes as, with the letter on it."""
    tablet = window(**options)
    tablet.sign_in(account)
    tablet.open_paper(LETTER)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    return tablet


def again(tablet: Window) -> None:
    """The paper opened anew: what is on it was there before."""
    tablet.page.reload()
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    saved(tablet.page)


def through(line: list[Point], place: int = 4) -> list[Point]:
    """A short way across a stroke."""
    x, y = line[place]
    return [(x, y - 30), (x, y), (x, y + 30)]


def settled(page: Page) -> None:
    """Until the server's list of layers has come and nothing is told anew any more."""
    page.wait_for_load_state("networkidle")


def test_a_stroke_of_before_leaves_the_page_when_it_is_erased(window: Opener) -> None:
    tablet = sign_in(window, "pct.thuongtruc")
    page = tablet.page
    take(page, "pen")
    lines = [across(page_box(page), top) for top in (0.2, 0.3)]
    for line in lines:
        draw(page, line)
    until(lambda: count(page, "ink") == 2)
    saved(page)
    again(tablet)
    until(lambda: count(page, "ink") == 2)
    settled(page)
    take(page, "eraser")
    draw(page, through(lines[0]))
    until(lambda: count(page, "ink") == 1)
    take(page, "select")
    page.mouse.click(*lines[1][5])
    page.get_by_test_id("selection-delete").click()
    until(lambda: count(page, "ink") == 0)
    saved(page)


def test_what_the_other_device_deletes_leaves_the_page_after_a_layer_was_hidden(
    window: Opener,
) -> None:
    here = sign_in(window, "pct.vanxa")
    share(here, "Ý kiến thẩm tra")
    take(here.page, "pen")
    line = across(page_box(here.page), 0.3)
    draw(here.page, line)
    until(lambda: count(here.page, "ink") == 1)
    saved(here.page)
    there = sign_in(window, "pct.vanxa")
    until(lambda: count(there.page, "ink") == 1)
    open_layers(there.page)
    layer = there.page.get_by_test_id("layer").filter(has_text="Ý kiến thẩm tra")
    layer.get_by_test_id("layer-seen").click()
    until(lambda: count(there.page, "ink") == 0)
    layer.get_by_test_id("layer-seen").click()
    until(lambda: count(there.page, "ink") == 1)
    take(here.page, "eraser")
    draw(here.page, through(line))
    until(lambda: count(here.page, "ink") == 0)
    until(lambda: count(there.page, "ink") == 0)


def edge(page: Page) -> float:
    """The y between the first and the second page, brought to the middle of the window."""
    page.get_by_test_id("pages").evaluate(
        """pages => {
          const second = pages.querySelector('article.page[data-page="1"]');
          const { top } = second.getBoundingClientRect();
          pages.scrollTo(0, pages.scrollTop + top - innerHeight / 2);
        }"""
    )
    expect(page.locator('[data-testid=mark-overlay][data-page="1"]')).to_be_visible()
    until(lambda: abs(page_box(page, 1)["y"] - page_height(page) / 2) < 40)
    return page_box(page, 1)["y"]


def page_height(page: Page) -> float:
    """The height of the window."""
    return float(page.evaluate("innerHeight"))


def wet(page: Page) -> int:
    """Strokes that are neither stored nor gone."""
    return page.locator("[data-testid=wet-canvas]:not([hidden])").count()


def test_two_fingers_on_two_pages_leave_no_stroke(window: Opener) -> None:
    tablet = sign_in(window, "pct.nongnghiep", viewport=PORTRAIT)
    page = tablet.page
    middle = edge(page)
    take(page, "pen")
    touch = page.context.new_cdp_session(page)
    above = [(300.0, middle - 200 + step * 8) for step in range(8)]
    pinch: list[list[Point]] = [[place] for place in above]
    pinch += [
        [(300.0, middle - 140 - step * 6), (420.0, middle + 100 + step * 6)] for step in range(10)
    ]
    before = page_box(page, 1)["width"]
    fingers(touch, pinch)
    until(lambda: page_box(page, 1)["width"] > before)
    assert (wet(page), count(page)) == (0, 0)
    # The page is not stuck: one finger draws again, and two pages take their strokes in turn.
    middle = edge(page)
    fingers(touch, [[(300.0, middle - 200 + step * 12)] for step in range(12)])
    until(lambda: count(page, "ink") == 1)
    fingers(touch, [[(300.0, middle + 60 + step * 12)] for step in range(12)])
    until(lambda: count(page, "ink") == 2)
    assert wet(page) == 0
    saved(page)


def test_a_palm_on_one_page_and_the_pen_on_the_other(window: Opener) -> None:
    tablet = sign_in(window, "ch.quansu", viewport=PORTRAIT)
    page = tablet.page
    middle = edge(page)
    take(page, "pen")
    touch = page.context.new_cdp_session(page)
    palm = {"type": "touchStart", "touchPoints": [{"id": 9, "x": 500, "y": middle + 150}]}
    touch.send("Input.dispatchTouchEvent", palm)
    draw(page, [(250 + step * 12, middle - 150 + step % 2 * 30) for step in range(12)])
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until(lambda: count(page, "ink") == 1)
    assert wet(page) == 0
    assert page.locator(".pen-near.marking").count() <= 1
    # A second finger of the hand lifts: nothing begins, nothing is taken away.
    take(page, "select")
    page.mouse.click(250 + 5 * 12, middle - 120)
    expect(page.get_by_test_id("selection-bar")).to_be_visible()
    saved(page)


def test_all_tools_stand_on_a_small_tablet_in_both_directions(window: Opener) -> None:
    for name, viewport in SMALL.items():
        tablet = sign_in(window, "pgd.datdai", viewport=viewport)
        page = tablet.page
        take(page, "pen")
        shot(page, f"tools-small-{name}")
        bar = page.get_by_role("toolbar", name="Bút và công cụ ghi chú")
        needs = bar.evaluate("bar => [bar.scrollWidth, bar.scrollHeight]")
        has = bar.evaluate("bar => [bar.clientWidth, bar.clientHeight]")
        assert needs == has
        for button in bar.get_by_role("button").all():
            box = button.bounding_box()
            if box is not None:
                assert min(box["width"], box["height"]) >= 44
        page.get_by_test_id("more-tools").click()
        shot(page, f"tools-small-more-{name}")
        listed = page.get_by_test_id("open-marks")
        (listed if listed.is_visible() else page.get_by_test_id("more-list")).click()
        expect(page.get_by_test_id("mark-list")).to_be_visible()
