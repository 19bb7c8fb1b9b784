"""The browser of the reading benchmarks: Chromium as on a tablet, signed in to a demo server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Playwright,
    ViewportSize,
)

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TABLET: ViewportSize = {"width": 820, "height": 1180}
#: Tablets as they are sold: px a point → window, CSS px. Figures without a suffix are taken at 1.
WINDOWS: dict[float, ViewportSize] = {
    1: TABLET,
    1.5: {"width": 800, "height": 1280},
    2: TABLET,
}
#: A tablet for a commune is about so many times slower than a desk computer.
SLOWDOWN = 4
#: Before what else runs on the machine; only root may.
PRIORITY = -15
SHOWN = "[data-page] canvas.shown"

PAGE_STEP = "document.querySelector('[data-page]').offsetHeight + 12"

FIND = """async () => {
  const json = async (path) => (await fetch(path)).json();
  const found = [];
  for (const { meeting } of (await json('/api/meetings')).meetings) {
    const { view } = await json('/api/meetings/' + meeting.id);
    for (const d of view.documents) found.push({ meeting: meeting.id, state: meeting.state, ...d });
  }
  return found;
}"""


@dataclass(frozen=True)
class Report:
    """The document that is opened."""

    id: str
    meeting: str
    pages: int
    size: int


def take_priority() -> int:
    """Puts this process and its children before others; the niceness that came of it.

    Where the kernel groups processes by session niceness counts only inside the group: see
    `put_first`.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    put_first("self")
    return os.getpriority(os.PRIO_PROCESS, 0)


def put_first(process: int | str) -> None:
    """Puts the session of a process before others (sched(7), "The autogroup feature")."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(PRIORITY))


@contextlib.contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A browser of its own, so that one figure does not warm the next."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    # It is a session of its own, which did not inherit the place of ours.
    session = browser.new_browser_cdp_session()
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        put_first(process["id"])
    session.detach()
    try:
        yield browser
    finally:
        browser.close()


def tablet(browser: Browser, density: float = 1) -> BrowserContext:
    """A new profile with nothing in its caches; `density` in device px a CSS px."""
    return browser.new_context(
        viewport=WINDOWS[density], device_scale_factor=density, has_touch=True, locale="vi-VN"
    )


def at_density(figure: str, density: float) -> dict[str, str | float]:
    """How a figure taken at this density is called, and the window it was taken in."""
    window = WINDOWS[density]
    named = figure if density == 1 else f"{figure}_at_{density:g}".replace(".", "_")
    return {"figure": named, "window": f"{window['width']}x{window['height']}", "density": density}


def enter(page: Page, base: str, tile: str) -> None:
    """Sign in with a tile of the demo's first page."""
    page.goto(base + "/")
    page.locator(f'[data-testid="demo-tile"][data-tile="{tile}"]').click()
    page.get_by_test_id("home").wait_for()


def find_report(page: Page, title: str = "Báo cáo tình hình kinh tế") -> Report:
    """The demo's report of 60 pages. Raises SystemExit when its pages are not made yet."""
    for row in page.evaluate(FIND):
        if row["title"].startswith(title) and row["state"] == "ready":
            return Report(row["id"], row["meeting_id"], row["pages"], row["size"])
    raise SystemExit(f"no document «{title}…» is ready in this demo")


def slow_down(page: Page, rate: int) -> CDPSession:
    """Slows the page's own thread; workers keep their speed. The session must be kept."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    return session


def open_report(page: Page, report: Report) -> None:
    """By its address; returns when its first page is shown."""
    page.evaluate(
        "(hash) => { location.hash = hash; }",
        f"#/meetings/{report.meeting}/documents/{report.id}",
    )
    page.locator(SHOWN).first.wait_for(timeout=60_000)


def page_step(page: Page) -> float:
    """CSS px from the top of one page to the top of the next."""
    return float(page.evaluate(PAGE_STEP))
