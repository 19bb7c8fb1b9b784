"""A tablet whose battery ends: Chromium is killed with a stroke just written, in a tunnel."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, expect

from tests.e2e.conftest import CHROMIUM, LANDSCAPE, STEP_MS, Window
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_marks import count, saved, take, until
from tests.harness.line import Line
from tests.harness.server import RunningServer

PERSON, PAPER = "chair", "Báo cáo tình hình kinh tế"


def opened(chromium: Browser, folder: Path, line: Line) -> Window:
    """A tablet whose storage lies in this folder; what an earlier one left there is found."""
    context: BrowserContext = chromium.browser_type.launch_persistent_context(
        str(folder),
        executable_path="/usr/bin/chromium",
        args=CHROMIUM,
        viewport=LANDSCAPE,  # type: ignore[arg-type]
        has_touch=True,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
    )
    context.set_default_timeout(STEP_MS)
    return Window(context.new_page(), context, line, [])


def killed(folder: Path) -> None:
    """SIGKILL for this tablet's browser with all its processes."""
    mine = f"--user-data-dir={folder}".encode()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            said = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mine in said and not any(word.startswith(b"--type=") for word in said):
            os.killpg(os.getpgid(int(process.name)), signal.SIGKILL)
            return
    raise AssertionError("the browser was not found")


def test_chromium_killed_right_after_pen_up_has_the_stroke_on_reopening(
    chromium: Browser, demo: RunningServer, tmp_path: Path
) -> None:
    folder = tmp_path / "tablet"
    with Line(demo.port) as line:
        tablet = opened(chromium, folder, line)
        tablet.enter(PERSON)
        tablet.open_paper(PAPER)
        expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
        take(tablet.page, "pen")
        before = count(tablet.page)
        line.cut()
        draw(tablet.page, across(page_box(tablet.page), 0.3))
        # The moment at which the tablet says that the work is on this device, and no later.
        status = tablet.page.get_by_test_id("mark-status")
        deadline = time.monotonic() + STEP_MS / 1000
        while (status.get_attribute("data-unsent"), status.get_attribute("data-state")) != (
            "1",
            "device",
        ):
            assert time.monotonic() < deadline, "the stroke did not reach this device"
        killed(folder)
        with contextlib.suppress(Error):
            tablet.context.close()
        line.mend()
        again = opened(chromium, folder, line)
        try:
            again.enter(PERSON)
            again.open_paper(PAPER)
            until(lambda: count(again.page) == before + 1)
            saved(again.page)
        finally:
            again.context.close()
