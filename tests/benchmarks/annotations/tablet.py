"""A delegate's tablet with the built client: opening a paper with 10,000 marks, and the pen.

Usage: python -m tests.benchmarks.annotations.tablet
Its own process, because Playwright's blocking calls have a loop of their own.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from sqlmodel import Session as SqlSession
from sqlmodel import select

from server.annotating.layers import open_private_layer, raw
from server.app import build_server
from server.database import WriteSession
from server.demo.people import DEMO_TILES
from server.demo.seed import PASSWORD
from server.documents.tables import DocumentRow
from server.identity import Actor
from server.people.tables import PersonRow
from server.settings import Settings
from tests.benchmarks.annotations.machine import line, percentile
from tests.benchmarks.annotations.strokes import Pushes, put
from tests.benchmarks.annotations.writing import draw_into
from tests.benchmarks.reading import server_figures
from tests.benchmarks.reading.chromium import (
    SLOWDOWN,
    Report,
    enter,
    find_report,
    launched,
    slow_down,
    tablet,
    take_priority,
)
from tests.harness.marks import Outbox
from tests.harness.server import RunningServer
from tests.harness.tablet import Tablet

MARKS, PAGES, RUNS = 10_000, 60, 5
ON_PAGE, TWO_HOURS = 2_000, 2_400
"""Strokes on the page that is written on; and what two hours of steady writing add, one every
three seconds."""
STROKES, POINTS = 8, 60
TITLE = "Báo cáo tình hình kinh tế"
OVERLAY = '[data-testid=mark-overlay][data-page="{page}"]'
NOTE_WHOLE = """(least) => {
  // When the whole layer is in the core: its last answer from the server has been taken in.
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  const note = (text) => {
    if (!text.startsWith('{"t":"ann.')) return;
    const pattern = /"(?:seq|to)":(\\d+)(?:,"part":\\d+,"last":(true|false))?/;
    const head = pattern.exec(text.slice(0, 200));
    if (!head || Number(head[1]) < least || head[2] === 'false') return;
    if (!text.endsWith('"more":true}')) window.__whole = performance.now();
  };
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    ...own,
    set(take) {
      own.set.call(this, take && function (event) {
        take.call(this, event);
        if (typeof event.data === 'string') note(event.data);
      });
    },
  });
}"""
TAP = """async ([id, expected]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const row = document.querySelector(`[data-document-id="${id}"] a`);
  const began = performance.now();
  const at = {};
  row.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, pointerType: 'touch' }));
  row.click();
  const marks = () => document.querySelectorAll(
    '[data-testid=mark-overlay][data-page="0"] [data-mark]').length;
  for (;;) {
    await frame();
    if (!at.page && document.querySelector('[data-page] canvas.shown'))
      at.page = performance.now() - began;
    if (!at.first && marks() > 0) at.first = performance.now() - began;
    if (marks() >= expected) break;
    if (performance.now() - began > 60000) throw new Error('only ' + marks() + ' marks');
  }
  await frame();
  at.all = performance.now() - began;
  while (!(window.__whole > began)) {
    await frame();
    if (performance.now() - began > 60000) throw new Error('the layer never came whole');
  }
  at.whole = window.__whole - began;
  return at;
}"""


def fill(data: Path, count: int, pages: int, page: int | None = None) -> int:
    """Draw into the delegate's layer of the report; returns how many lie on the first page."""
    server = build_server(Settings(data=data, demo=True))
    username = dict(DEMO_TILES)["delegate"]

    def find(session: SqlSession) -> tuple[PersonRow, DocumentRow]:
        person = session.exec(select(PersonRow).where(PersonRow.username == username)).one()
        documents = session.exec(select(DocumentRow)).all()
        return person, next(one for one in documents if one.title.startswith(TITLE))

    person, document = server.database.read_now(find)
    actor = Actor(person.id, "", "", person.organisation_id, frozenset({"delegate"}))
    first = 0

    def write(session: WriteSession) -> None:
        nonlocal first
        layer = open_private_layer(session, document.id)
        assert document.version_id is not None
        ops = []
        for number in range(count):
            op = put(document.version_id, number)
            op["page"] = number % pages if page is None else page
            first += op["page"] == 0
            ops.append(op)
        draw_into(raw(session), person.id, Pushes(layer, document.version_id), ops)

    server.database.write_now(actor, write)
    server.database.stop()
    return first


@contextmanager
def demo(folder: Path) -> Iterator[RunningServer]:
    """A demo whose papers are read; it may be stopped and started inside."""
    server = RunningServer(folder / "data", demo=True).start()
    try:
        uvloop.run(server_figures.all_read(server))
        yield server
    finally:
        server.stop()


def to_meeting(page: Page, base: str) -> Report:
    """The delegate's meeting with the report in its list."""
    enter(page, base, "delegate")
    report = find_report(page, TITLE)
    page.evaluate("(hash) => { location.hash = hash; }", f"#/meetings/{report.meeting}")
    page.locator(f'[data-document-id="{report.id}"] a').first.wait_for()
    page.wait_for_load_state("networkidle")
    return report


def first_load(browser: Browser, base: str, expected: int) -> None:
    """first_load_10k_ms: from the tap until every mark of the page on screen is painted, on a
    tablet that never saw the paper, and on one that did. Beside it: the first mark, and `whole_ms`,
    when all 10,000 are in the core (in the list, in the search, on every page)."""
    fresh: list[dict[str, float]] = []
    again: list[dict[str, float]] = []
    load = os.getloadavg()[0]
    for _ in range(RUNS):
        context = tablet(browser)
        context.add_init_script(f"({NOTE_WHOLE})({MARKS})")
        page = context.new_page()
        report = to_meeting(page, base)
        fresh.append(page.evaluate(TAP, [report.id, expected]))
        # Until all is kept, then as after a night: a new tab of the same tablet.
        page.wait_for_timeout(4000)
        page.close()
        page = context.new_page()
        page.goto(base + "/")
        page.evaluate("(hash) => { location.hash = hash; }", f"#/meetings/{report.meeting}")
        page.locator(f'[data-document-id="{report.id}"] a').first.wait_for()
        page.wait_for_load_state("networkidle")
        again.append(page.evaluate(TAP, [report.id, expected]))
        context.close()
    for figure, runs in (("first_load_10k_ms", fresh), ("kept_load_10k_ms", again)):
        line(
            figure,
            statistics.median(one["all"] for one in runs),
            "ms",
            runs=[round(one["all"]) for one in runs],
            first_mark_ms=statistics.median(one.get("first", one["all"]) for one in runs),
            whole_ms=statistics.median(one["whole"] for one in runs),
            page_ms=statistics.median(one.get("page", one["all"]) for one in runs),
            marks=MARKS,
            marks_on_page=expected,
            load_before=load,
        )


class Pen:
    """A pen that writes through the browser's own input, while its script time is noted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)

    def event(self, name: str, x: float, y: float, pressed: int) -> None:
        """One pointer event."""
        self.session.send(
            "Input.dispatchMouseEvent",
            {
                "type": name,
                "x": x,
                "y": y,
                "button": "left" if name != "mouseMoved" or pressed else "none",
                "buttons": pressed,
                "clickCount": 1,
                "pointerType": "pen",
                "force": 0.5 if pressed else 0,
            },
        )

    def stroke(self, number: int) -> None:
        """A wavy line, down to up."""
        box = self.page.locator(OVERLAY.format(page=0)).bounding_box()
        assert box is not None
        y = max(box["y"], 0) + 160 + 70 * (number % 8)
        x = box["x"] + box["width"] * 0.25
        self.event("mouseMoved", x, y, 0)
        self.event("mousePressed", x, y, 1)
        for step in range(POINTS):
            self.event("mouseMoved", x + 5 * step, y + (5 if step % 4 < 2 else -5), 1)
        self.event("mouseReleased", x + 5 * POINTS, y, 0)


WATCH = """() => {
  const found = window.__pen = { moves: [], waiting: 0 };
  const kinds = ['pointerdown', 'pointermove', 'pointerrawupdate', 'pointerup'];
  const add = EventTarget.prototype.addEventListener;
  // Handlers that are there already are timed from the first listener to the last: capture on
  // the window comes first, bubbling on the window last.
  for (const kind of kinds) {
    let began = 0;
    add.call(window, kind, () => { began = performance.now(); }, { capture: true });
    add.call(window, kind, () => { found.waiting += performance.now() - began; });
  }
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (run) => ask((now) => {
    const began = performance.now();
    run(now);
    found.waiting += performance.now() - began;
  });
  const tick = () => {
    // Last of this frame's callbacks or first of the next: what was spent for one frame.
    if (found.waiting > 0) { found.moves.push(found.waiting); found.waiting = 0; }
    ask(tick);
  };
  ask(tick);
}"""


def write(page: Page, strokes: int) -> list[float]:
    """Script milliseconds per frame in which the pen did something."""
    pen = Pen(page)
    for number in range(strokes):
        pen.stroke(number)
    page.wait_for_timeout(200)
    taken: list[float] = page.evaluate("() => window.__pen.moves.splice(0)")
    return taken


async def two_hours(server: RunningServer, report: Report) -> None:
    """What two hours of writing add to the page, from the delegate's second device: each stroke
    is a push of its own and reaches the open page as a delta of its own."""
    second = Tablet(server)
    await second.sign_in(dict(DEMO_TILES)["delegate"], PASSWORD)
    view = await second.do("GET", f"/documents/{report.id}")
    outbox = Outbox(view["my_layer"], view["version"]["id"])
    async with second.live() as live:
        for number in range(TWO_HOURS):
            await outbox.send(live, outbox.push(put(outbox.version, number)))
    await second.close()


def in_a_thread(work: Callable[..., Coroutine[Any, Any, None]], *given: Any) -> None:
    """Run a coroutine while Playwright's own loop holds this thread."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            uvloop.run(work(*given))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def pen_script(browser: Browser, server: RunningServer) -> None:
    """pen_script_p95_ms on a page full of strokes, and again two hours later."""
    found: dict[str, list[float]] = {}
    load = os.getloadavg()[0]
    context = tablet(browser)
    context.add_init_script(f"({NOTE_WHOLE})({ON_PAGE})")
    page = context.new_page()
    report = to_meeting(page, server.base)
    page.evaluate(TAP, [report.id, ON_PAGE])
    page.get_by_test_id("open-tools").or_(page.get_by_test_id("tool-pen")).first.click()
    page.get_by_test_id("tool-pen").click()
    page.evaluate(WATCH)
    write(page, 2)
    session = slow_down(page, SLOWDOWN)
    found["begin"] = write(page, STROKES)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    in_a_thread(two_hours, server, report)
    page.wait_for_function(
        "([where, count]) => document.querySelectorAll(where + ' [data-mark]').length >= count",
        arg=[OVERLAY.format(page=0), ON_PAGE + TWO_HOURS],
        timeout=120_000,
    )
    page.evaluate("() => window.__pen.moves.splice(0)")
    before = page.locator(OVERLAY.format(page=0) + " [data-mark]").count()
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    found["end"] = write(page, STROKES)
    context.close()
    begin, end = (percentile(found[name], 0.95) for name in ("begin", "end"))
    line(
        "pen_script_p95_ms",
        max(begin, end),
        "ms",
        begin_ms=begin,
        end_ms=end,
        growth=end / begin,
        p50_ms=percentile(found["begin"], 0.5),
        max_ms=max(found["begin"] + found["end"]),
        frames=len(found["begin"]) + len(found["end"]),
        strokes_on_page=before,
        slowdown=SLOWDOWN,
        load_before=load,
    )


def main() -> None:
    """Both figures."""
    take_priority()
    with tempfile.TemporaryDirectory() as name, demo(Path(name)) as server:
        data = Path(name) / "data"
        server.stop()
        expected = fill(data, MARKS, PAGES)
        server.start()
        with sync_playwright() as playwright:
            with launched(playwright) as browser:
                first_load(browser, server.base, expected)
            server.stop()
            fill(data, ON_PAGE - expected, 1, page=0)
            server.start()
            with launched(playwright) as browser:
                pen_script(browser, server)


if __name__ == "__main__":
    main()
