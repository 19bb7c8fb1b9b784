"""How smoothly pages go by."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser

from tests.benchmarks.reading.chromium import (
    SLOWDOWN,
    at_density,
    enter,
    find_report,
    open_report,
    page_step,
    slow_down,
    tablet,
)

RUNS = 3
#: Device px a CSS px.
DENSITIES = (1, 1.5)
SCROLLED_PAGES = 20
#: CSS px a second: the speed of somebody looking for a page.
SPEED = 2600
SLOW_FRAME_MS = 33.4
FRAMES = """() => {
  window.frames_ = [];
  window.counting_ = true;
  let last = performance.now();
  const step = () => {
    const now = performance.now();
    window.frames_.push(now - last);
    last = now;
    if (window.counting_) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}"""
COUNTED = "() => { window.counting_ = false; return window.frames_; }"


def _slow(frames: list[float]) -> int:
    return sum(ms > SLOW_FRAME_MS for ms in frames)


def _scroll(browser: Browser, base: str, density: float) -> dict[str, Any]:
    context = tablet(browser, density)
    page = context.new_page()
    enter(page, base, "delegate")
    open_report(page, find_report(page))
    page.wait_for_load_state("networkidle")
    session = slow_down(page, SLOWDOWN)
    distance = page_step(page) * SCROLLED_PAGES
    began = time.monotonic()
    page.evaluate(FRAMES)
    session.send(
        "Input.synthesizeScrollGesture",
        {
            "x": 410,
            "y": 700,
            "yDistance": -distance,
            "speed": SPEED,
            "gestureSourceType": "mouse",
        },
    )
    frames: list[float] = page.evaluate(COUNTED)
    took = time.monotonic() - began
    label = page.get_by_test_id("page-label").inner_text()
    page.evaluate(FRAMES)
    page.wait_for_timeout(took * 1000)
    still: list[float] = page.evaluate(COUNTED)
    session.detach()
    context.close()
    return {
        "value": _slow(frames),
        "frames": len(frames),
        "longest_ms": round(max(frames)),
        "slow_without_scrolling": _slow(still),
        "ended_at": " ".join(label.split()),
        "seconds": round(took, 1),
    }


def measure_scrolling(browser: Browser, base: str) -> list[dict[str, Any]]:
    """`scroll_slow_frames`, and at more px a point: the middle one of the runs, all beside it."""
    return [_at(density, browser, base) for density in DENSITIES]


def _at(density: float, browser: Browser, base: str) -> dict[str, Any]:
    runs = [_scroll(browser, base, density) for _ in range(RUNS)]
    runs.sort(key=lambda run: run["value"])
    return {
        **at_density("scroll_slow_frames", density),
        **runs[RUNS // 2],
        "unit": "frames",
        "runs": [run["value"] for run in runs],
        "slowdown": SLOWDOWN,
        "pages": SCROLLED_PAGES,
    }
