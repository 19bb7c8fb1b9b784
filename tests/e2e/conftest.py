"""A demo province and real Chromium windows with touch; screenshots go to `docs/screenshots`."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    WebSocket,
    expect,
    sync_playwright,
)

from server.demo.seed import PASSWORD
from tests.harness.line import Line
from tests.harness.server import ROOT, RunningServer

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LANDSCAPE, PORTRAIT = {"width": 1180, "height": 820}, {"width": 820, "height": 1180}
READING_SECONDS = 240
STEP_MS = 30_000
"""How long a page may take for one step here: two shared cores, not a user's patience."""
KEPT_FRAMES = 60
OPENED = pytest.StashKey[list["Window"]]()
DEVICE = "0196f3a0-4444-4aaa-8bbb-0000000000e2"

expect.set_options(timeout=STEP_MS)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The demo province with all papers read."""
    server = RunningServer(tmp_path_factory.mktemp("demo"), demo=True).start()
    wait_for_papers(server)
    yield server
    server.stop()


def wait_for_papers(server: RunningServer) -> None:
    """Until every document that the delegate sees has been read."""
    headers = {"Origin": server.base}
    with httpx.Client(base_url=server.base, headers=headers, timeout=60) as http:
        body = {"tile": "delegate", "device": {"id": DEVICE, "label": "test"}}
        assert http.post("/api/demo/enter", json=body).status_code == 200
        deadline = time.monotonic() + READING_SECONDS
        while time.monotonic() < deadline:
            meetings = http.get("/api/meetings").json()["meetings"]
            views = [http.get(f"/api/meetings/{one['meeting']['id']}").json() for one in meetings]
            states = {paper["state"] for view in views for paper in view["view"]["documents"]}
            if states == {"ready"}:
                return
            time.sleep(0.5)
    raise AssertionError(f"the papers were not read in time:\n{server.log()[-2000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@dataclass
class Window:
    """One tablet: its own storage, its own line to the server."""

    page: Page
    context: BrowserContext
    line: Line
    faults: list[str]
    frames: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_FRAMES))

    def hear(self, live: WebSocket) -> None:
        """Keep the last frames of the live line, for a failing test to show."""
        live.on("framesent", lambda frame: self.frames.append(f"> {str(frame)[:200]}"))
        live.on("framereceived", lambda frame: self.frames.append(f"< {str(frame)[:200]}"))

    @property
    def base(self) -> str:
        """The address this tablet uses."""
        return f"http://localhost:{self.line.port}"

    def by(self, testid: str) -> object:
        """The element with this test id."""
        return self.page.get_by_test_id(testid)

    def enter(self, tile: str) -> None:
        """Go to the sign-in page and enter the demo as a role."""
        self.page.goto(self.base)
        self.page.locator(f'[data-testid=demo-tile][data-tile="{tile}"]').tap()
        expect(self.page.get_by_test_id("home")).to_be_visible()

    def sign_in(self, account: str) -> None:
        """Sign in by name and password: for people who have no tile, so that no other test writes
        on their papers."""
        self.page.goto(self.base)
        self.page.get_by_test_id("username").fill(account)
        self.page.get_by_test_id("password").fill(PASSWORD)
        self.page.get_by_test_id("password").press("Enter")
        expect(self.page.get_by_test_id("home")).to_be_visible()

    def open_paper(self, words: str) -> None:
        """From the list of meetings to a paper of the session that is on."""
        self.page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
        row = self.page.get_by_test_id("document-row").filter(has_text=words).first
        view = self.page.get_by_test_id("document-view")
        row.tap()
        # A tap while the page still glides only stops it.
        with suppress(AssertionError):
            expect(view).to_be_visible(timeout=10_000)
        if not view.is_visible() and row.is_visible():
            row.tap()
        expect(view).to_be_visible()
        expect(self.page.locator("[data-testid=pages] canvas").first).to_be_visible()


Opener = Callable[..., Window]


@pytest.fixture
def window(
    chromium: Browser, demo: RunningServer, request: pytest.FixtureRequest
) -> Iterator[Opener]:
    """Open a tablet; each test ends by looking for errors in its console."""
    opened: list[Window] = []
    request.node.stash[OPENED] = opened
    yield from windows(chromium, demo, opened)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what its tablets showed, and their last words on the live line."""
    report = yield
    if report.when == "call" and report.failed:
        for number, made in enumerate(item.stash.get(OPENED, [])):
            with suppress(Error):
                shot(made.page, f"failed-{item.name}-{number}")
            report.sections.append((f"tablet {number}", "\n".join(made.frames)))
    return report


def windows(
    chromium: Browser, server: RunningServer, opened: list[Window] | None = None
) -> Iterator[Opener]:
    """Tablets of a server, closed at the end."""
    opened = [] if opened is None else opened

    def one(**options: object) -> Window:
        line = Line(server.port).__enter__()
        settings: dict[str, object] = {
            "viewport": LANDSCAPE,
            "has_touch": True,
            "locale": "vi-VN",
            "timezone_id": "Asia/Ho_Chi_Minh",
        }
        context = chromium.new_context(**(settings | options))  # type: ignore[arg-type]
        context.set_default_timeout(STEP_MS)
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        made = Window(page, context, line, faults)
        page.on("websocket", made.hear)
        opened.append(made)
        return made

    yield one
    for made in opened:
        made.context.close()
        made.line.__exit__(None, None, None)
    assert [made.faults for made in opened] == [[] for _ in opened]


def shot(page: Page, name: str) -> None:
    """A screenshot for the README and for looking at; written where PHONGHOP_SHOTS says."""
    folder = os.environ.get("PHONGHOP_SHOTS")
    target = Path(folder) if folder else ROOT / "tests" / "results"
    target.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target / f"{name}.png")
