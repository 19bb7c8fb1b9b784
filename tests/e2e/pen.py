"""A pen, a finger and a mouse on a page, as Chromium's input layer delivers them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from playwright.sync_api import Locator, Page

Point = tuple[float, float]
REST_SECONDS = 30.0
"""How long a thing may take until it has a place: two shared cores, not a user's patience."""


def resting_box(thing: Locator) -> dict[str, float]:
    """The box of one thing in CSS pixels, once it has one and has stopped moving: a mark that is
    painted anew is away from the page between two looks, and a page still glides after opening."""
    deadline = time.monotonic() + REST_SECONDS
    before = None
    while True:
        box = thing.bounding_box()
        if box is not None and box == before:
            return dict(box)
        assert time.monotonic() < deadline, "the thing has no place on the page that stays"
        before = box
        time.sleep(0.05)


def click_on(thing: Locator) -> None:
    """A click near the upper left corner of a mark, where its icon is."""
    box = resting_box(thing)
    thing.page.mouse.click(box["x"] + 8, box["y"] + 8)


def page_box(page: Page, number: int = 0) -> dict[str, float]:
    """The box of a shown page in CSS pixels."""
    return resting_box(page.locator(f'[data-testid=mark-overlay][data-page="{number}"]'))


def draw(
    page: Page,
    points: Sequence[Point],
    kind: str = "pen",
    hold: Callable[[], None] | None = None,
) -> None:
    """One stroke with a pen or a mouse; `hold` happens at its end, before it lifts."""
    session = page.context.new_cdp_session(page)

    def event(name: str, point: Point, pressed: int) -> None:
        session.send(
            "Input.dispatchMouseEvent",
            {
                "type": name,
                "x": point[0],
                "y": point[1],
                "button": "left" if name != "mouseMoved" or pressed else "none",
                "buttons": pressed,
                "clickCount": 1,
                "pointerType": kind,
                "force": 0.5 if pressed else 0,
            },
        )

    event("mouseMoved", points[0], 0)
    event("mousePressed", points[0], 1)
    for point in points[1:]:
        event("mouseMoved", point, 1)
    if hold is not None:
        hold()
    event("mouseReleased", points[-1], 0)
    session.detach()


def across(box: dict[str, float], top: float, steps: int = 12) -> list[Point]:
    """A zigzag over the middle of a page, `top` from 0 to 1: so wide that no part of it is taken
    for a line, which a pen that rests makes straight (and a busy machine makes every pen rest),
    with pieces shorter than the shortest line."""
    y = box["y"] + box["height"] * top
    start, width = box["x"] + box["width"] * 0.25, box["width"] * 0.4
    return [
        (start + width * step / steps, y + (25 if step % 2 else -25)) for step in range(steps + 1)
    ]
