"""Each page as axe-core sees it, in light and dark, and as a wall of 1920×1080 shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.pen import resting_box
from tests.harness.server import ROOT

AXE = ROOT / "client_web" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
Visit = Callable[[Window], None]


def faults(page: Page) -> list[str]:
    """What axe-core finds serious on the page as it stands."""
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


def sign_in(window: Window) -> None:
    window.page.goto(window.base)
    expect(window.page.get_by_test_id("sign-in-page")).to_be_visible()


def home(window: Window) -> None:
    window.enter("second_delegate")


def meeting(window: Window) -> None:
    home(window)
    window.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    expect(window.page.get_by_test_id("agenda-item")).to_have_count(6)


def reading(window: Window) -> None:
    home(window)
    window.open_paper("Tờ trình điều chỉnh")


def tools(window: Window) -> None:
    reading(window)
    window.page.get_by_test_id("open-tools").tap()


def panel(window: Window) -> None:
    reading(window)
    window.page.get_by_test_id("open-panel").tap()


def new_meeting(window: Window) -> None:
    window.enter("secretary")
    window.page.get_by_test_id("create-meeting").tap()


def about(window: Window) -> None:
    home(window)
    window.page.get_by_test_id("account").tap()
    window.page.get_by_test_id("about-link").tap()
    expect(window.page.get_by_test_id("about-page")).to_be_visible()


def taking(window: Window) -> None:
    meeting(window)
    window.page.get_by_test_id("take-meeting").tap()
    expect(window.page.get_by_test_id("take-all")).to_be_visible()
    window.page.wait_for_timeout(400)


def kept(window: Window) -> None:
    home(window)
    window.page.get_by_test_id("account").tap()
    window.page.get_by_test_id("kept-documents").tap()
    expect(window.page.get_by_test_id("nothing-kept")).to_be_visible()
    window.page.wait_for_timeout(400)


def layers(window: Window) -> None:
    home(window)
    window.open_paper("Báo cáo thẩm tra")
    window.page.get_by_test_id("open-panel").tap()
    window.page.get_by_test_id("tab-layers").tap()
    shared = window.page.get_by_test_id("layer").filter(has_text="Góp ý trước phiên họp")
    expect(shared).to_be_visible()
    shared.get_by_test_id("write-on").tap()


def new_layer(window: Window) -> None:
    layers(window)
    window.page.get_by_test_id("new-layer").tap()
    expect(window.page.get_by_test_id("layer-person").first).to_be_visible()
    window.page.wait_for_timeout(400)


def thread(window: Window) -> None:
    layers(window)
    window.page.get_by_test_id("tab-marks").tap()
    window.page.get_by_test_id("mark-row").filter(has_text="Số hụt thu").tap()
    note = window.page.locator("[data-mark][data-kind=note].resolved")
    expect(note).to_be_visible()
    if window.page.get_by_test_id("panel").is_visible():
        window.page.get_by_test_id("open-panel").tap()
    place = resting_box(note)
    window.page.touchscreen.tap(place["x"] + 8, place["y"] + 8)
    expect(window.page.get_by_test_id("thread")).to_contain_text("Biểu số 01")
    window.page.wait_for_timeout(400)


PAGES: tuple[Visit, ...] = (
    sign_in,
    home,
    meeting,
    reading,
    tools,
    panel,
    new_meeting,
    about,
    taking,
    kept,
    layers,
    new_layer,
    thread,
)


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.__name__)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_on_any_page(window: Opener, visit: Visit, scheme: str) -> None:
    tablet = window(viewport=PORTRAIT, color_scheme=scheme)
    visit(tablet)
    shot(tablet.page, f"{visit.__name__}-{scheme}-portrait")
    assert faults(tablet.page) == []


@pytest.mark.parametrize("visit", [home, meeting, reading], ids=lambda visit: visit.__name__)
def test_pages_fit_a_wall_screen(window: Opener, visit: Visit) -> None:
    wall = window(viewport={"width": 1920, "height": 1080}, locale="en-GB")
    visit(wall)
    shot(wall.page, f"{visit.__name__}-wall")
    width = wall.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 1920
