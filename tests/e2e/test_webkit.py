"""A smoke run in WebKit: sign in, open a paper, draw a stroke, open it again."""

from __future__ import annotations

import pytest

from tests.e2e import webkit
from tests.harness.server import RunningServer

pytestmark = [
    pytest.mark.proof,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        webkit.browser() is None, reason="needs Debian's webkit2gtk-driver and xvfb"
    ),
]
PAPER = "Tờ trình điều chỉnh"
OVERLAY = '[data-testid=mark-overlay][data-page="0"]'
COUNT = f"return document.querySelectorAll('{OVERLAY} [data-mark]').length"
BOX = f"const b = document.querySelector('{OVERLAY}').getBoundingClientRect(); return [b.x, b.y]"
SAVED = """const s = document.querySelector('[data-testid=mark-status]');
return s?.dataset.unsent === '0' && s.dataset.state === 'server'"""


def enter(window: webkit.WebKit, base: str) -> None:
    """Sign in as a delegate and open the paper."""
    window.go(base)
    window.click('[data-testid=demo-tile][data-tile="second_delegate"]')
    read(window)


def read(window: webkit.WebKit) -> None:
    """From the list of meetings to the first page."""
    window.click("[data-testid=group-now] [data-testid=meeting-card]")
    window.click("[data-testid=document-row]", PAPER)
    window.until("return !!document.querySelector('[data-testid=pages] canvas')")
    window.until("return !!document.querySelector(arguments[0])", OVERLAY)


def test_webkit_signs_in_opens_a_paper_draws_and_finds_the_stroke_again(
    demo: RunningServer,
) -> None:
    with webkit.driver() as opened:
        window = opened()
        try:
            enter(window, demo.base)
            window.click("[data-testid=open-tools], [data-testid=tool-pen]")
            window.click("[data-testid=tool-pen]")
            before = window.run(COUNT)
            x, y = window.run(BOX)
            window.draw([(x + 150 + 6 * step, max(y, 0) + 260 + step % 5) for step in range(30)])
            window.until(f"{COUNT} === arguments[0]", before + 1)
            window.until(SAVED)
        finally:
            window.close()
        window = opened()
        try:
            enter(window, demo.base)
            window.until(f"{COUNT} === arguments[0]", before + 1)
        finally:
            window.close()
