"""What a delegate feels: the first page, scrolling and memory, in a real Chromium.

Usage: python -m tests.benchmarks.reading.browser http://127.0.0.1:8000
Needs a running demo server with the built client and its 60-page report ready. Prints one JSON
line per figure: `first_page_ms`, `first_page_vs_pdfjs`, `pages_rss_mb`, `scroll_slow_frames`.

How each is taken:
- first page: the meeting's page is open, nothing of the document is in any cache (a new browser
  context per run); the clock runs from the tap on the document's row to the frame after its first
  page is on its canvas. Median of the runs.
- pdf.js: the same file by the same session, pdf.js and its worker already loaded, from getDocument
  to the frame after the first page is drawn in the same size; no text layer. Both with the page's
  thread slowed down four times.
- slow frames: 20 pages scrolled by the wheel at reading-on-the-run speed, four times slowed down.
  The same time without scrolling is counted too: on a busy machine that is not 0, and says so.
- memory: a document of 300 different pages, scrolled through page by page. `value` is what the
  renderer holds for itself and shares with the compositor (resident pages without the clean pages
  of the browser's own program files, which every Chromium process maps); rss and pss beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Route,
    ViewportSize,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[3]
PDFJS = ROOT / "client_web/node_modules/pdfjs-dist/build"
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
RUNS = 5
SLOWDOWN = 4
SCROLLED_PAGES = 20
MEMORY_PAGES = 300
SLOW_FRAME_MS = 33.4
READY_WITHIN_S = 300

FIND = """async () => {
  const json = async (path) => (await fetch(path)).json();
  const found = [];
  for (const { meeting } of (await json('/api/meetings')).meetings) {
    const { view } = await json('/api/meetings/' + meeting.id);
    for (const d of view.documents) found.push({ meeting: meeting.id, state: meeting.state, ...d });
  }
  return found;
}"""
SHOWN = "[data-page] canvas.shown"
TAP = """async (id) => {
  const frame = () => new Promise(requestAnimationFrame);
  const row = document.querySelector(`[data-document-id="${id}"] a`);
  const began = performance.now();
  row.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, pointerType: 'touch' }));
  row.click();
  while (!document.querySelector('[data-page] canvas.shown')) await frame();
  await frame();
  return performance.now() - began;
}"""
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
PDFJS_PAGE = """<!doctype html><meta charset="utf-8"><title>pdf.js</title><canvas></canvas>
<script type="module">
  import * as pdfjs from '/bench-pdfjs/pdf.min.mjs';
  pdfjs.GlobalWorkerOptions.workerSrc = '/bench-pdfjs/pdf.worker.min.mjs';
  const worker = new pdfjs.PDFWorker();
  await worker.promise;
  window.open_ = async (url, width) => {
    const began = performance.now();
    const pdf = await pdfjs.getDocument({ url, worker }).promise;
    const page = await pdf.getPage(1);
    const scale = (width * devicePixelRatio) / page.getViewport({ scale: 1 }).width;
    const viewport = page.getViewport({ scale });
    const canvas = document.querySelector('canvas');
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    canvas.style.width = width + 'px';
    await page.render({ canvas, viewport }).promise;
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  };
  window.ready_ = true;
</script>"""


@dataclass(frozen=True)
class Report:
    """The document that is opened."""

    id: str
    meeting: str
    pages: int
    size: int


def _context(browser: Browser, scale: float = 1.0) -> BrowserContext:
    return browser.new_context(
        viewport=TABLET, device_scale_factor=scale, has_touch=True, locale="vi-VN"
    )


def enter(page: Page, base: str, tile: str) -> None:
    """Sign in with a tile of the demo's first page."""
    page.goto(base + "/")
    page.locator(f'[data-testid="demo-tile"][data-tile="{tile}"]').click()
    page.get_by_test_id("home").wait_for()


def find_report(page: Page, title: str = "Báo cáo tình hình kinh tế") -> Report:
    for row in page.evaluate(FIND):
        if row["title"].startswith(title) and row["state"] == "ready":
            return Report(row["id"], row["meeting_id"], row["pages"], row["size"])
    raise SystemExit(f"no document «{title}…» is ready in this demo")


def _slow_down(page: Page, rate: int) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    return session


def _open(page: Page, report: Report) -> None:
    page.evaluate(
        "(hash) => { location.hash = hash; }",
        f"#/meetings/{report.meeting}/documents/{report.id}",
    )
    page.locator(SHOWN).first.wait_for(timeout=60_000)


def _first_page(browser: Browser, base: str, slowdown: int) -> tuple[float, dict[str, Any]]:
    context = _context(browser)
    page = context.new_page()
    enter(page, base, "delegate")
    report = find_report(page)
    page.evaluate("(hash) => { location.hash = hash; }", f"#/meetings/{report.meeting}")
    page.locator(f'[data-document-id="{report.id}"] a').first.wait_for()
    page.wait_for_load_state("networkidle")
    _slow_down(page, slowdown)
    ms = float(page.evaluate(TAP, report.id))
    facts: dict[str, Any] = page.evaluate(
        """async (id) => {
          const view = await (await fetch('/api/documents/' + id)).json();
          const path = `/api/documents/${id}/versions/${view.version.id}`;
          const image = await (await fetch(path + '/pages/0/image')).arrayBuffer();
          const width = document.querySelector('[data-page]').clientWidth;
          return { path, pages: view.version.page_count, pdf_bytes: view.version.size,
                   first_page_bytes: image.byteLength, width };
        }""",
        report.id,
    )
    context.close()
    return ms, facts


def _pdfjs(browser: Browser, base: str, facts: dict[str, Any]) -> float:
    context = _context(browser)
    page = context.new_page()
    enter(page, base, "delegate")

    def library(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        route.fulfill(path=PDFJS / name, content_type="text/javascript")

    page.route("**/bench-pdfjs/*.mjs", library)
    page.route(
        "**/bench-pdfjs/page",
        lambda route: route.fulfill(body=PDFJS_PAGE, content_type="text/html"),
    )
    page.goto(base + "/bench-pdfjs/page")
    page.wait_for_function("window.ready_ === true")
    _slow_down(page, SLOWDOWN)
    ms = float(
        page.evaluate(
            "([url, width]) => window.open_(url, width)", [facts["path"] + "/file", facts["width"]]
        )
    )
    context.close()
    return ms


def measure_first_page(browser: Browser, base: str) -> list[dict[str, Any]]:
    plain = [_first_page(browser, base, 1) for _ in range(RUNS)]
    facts = plain[0][1]
    slowed, theirs = [], []
    for _ in range(RUNS):
        slowed.append(_first_page(browser, base, SLOWDOWN)[0])
        theirs.append(_pdfjs(browser, base, facts))
    ours, peer = statistics.median(slowed), statistics.median(theirs)
    sizes = {name: facts[name] for name in ("pages", "pdf_bytes", "first_page_bytes")}
    times = [ms for ms, _ in plain]
    return [
        {
            "figure": "first_page_ms",
            "value": round(statistics.median(times)),
            "unit": "ms",
            "runs": [round(ms) for ms in times],
            **sizes,
        },
        {
            "figure": "first_page_vs_pdfjs",
            "value": round(peer / ours, 2),
            "unit": "x",
            "peer": f"pdf.js {_pdfjs_version()}",
            "slowdown": SLOWDOWN,
            "ours_ms": round(ours),
            "pdfjs_ms": round(peer),
            **sizes,
        },
    ]


def _pdfjs_version() -> str:
    package = json.loads((PDFJS.parent / "package.json").read_text())
    return str(package["version"])


def measure_scrolling(browser: Browser, base: str) -> dict[str, Any]:
    context = _context(browser)
    page = context.new_page()
    enter(page, base, "delegate")
    _open(page, find_report(page))
    page.wait_for_load_state("networkidle")
    session = _slow_down(page, SLOWDOWN)
    height = float(page.evaluate("document.querySelector('[data-page]').offsetHeight + 12"))
    began = time.monotonic()
    page.evaluate(FRAMES)
    session.send(
        "Input.synthesizeScrollGesture",
        {
            "x": 410,
            "y": 700,
            "yDistance": -height * SCROLLED_PAGES,
            "speed": 2600,
            "gestureSourceType": "mouse",
        },
    )
    frames = page.evaluate(COUNTED)
    took = time.monotonic() - began
    label = page.get_by_test_id("page-label").inner_text()
    page.evaluate(FRAMES)
    page.wait_for_timeout(took * 1000)
    still = page.evaluate(COUNTED)
    context.close()
    return {
        "figure": "scroll_slow_frames",
        "value": sum(ms > SLOW_FRAME_MS for ms in frames),
        "unit": "frames",
        "slowdown": SLOWDOWN,
        "pages": SCROLLED_PAGES,
        "frames": len(frames),
        "longest_ms": round(max(frames)),
        "slow_without_scrolling": sum(ms > SLOW_FRAME_MS for ms in still),
        "ended_at": " ".join(label.split()),
        "seconds": round(took, 1),
    }


def _long_report(original: bytes, pages: int) -> bytes:
    """The report again and again, each page numbered anew so that no two are alike."""
    source = pymupdf.open(stream=original, filetype="pdf")
    made = pymupdf.open()
    while made.page_count < pages:
        made.insert_pdf(source, to_page=min(source.page_count, pages - made.page_count) - 1)
    for number in range(made.page_count):
        made[number].insert_text((20, 20), f"{number + 1}/{pages}", fontsize=9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.pdf"
        made.save(path, garbage=3, deflate=True)
        return path.read_bytes()


def _upload_long(browser: Browser, base: str) -> tuple[BrowserContext, Report]:
    context = _context(browser)
    page = context.new_page()
    enter(page, base, "secretary")
    report = find_report(page)
    view = page.evaluate("async (id) => (await fetch('/api/documents/' + id)).json()", report.id)
    path = f"{base}/api/documents/{report.id}/versions/{view['version']['id']}/file"
    original = context.request.get(path).body()

    def keyed(kind: str) -> dict[str, str]:
        return {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": kind, "Origin": base}

    made = context.request.post(
        f"{base}/api/meetings/{report.meeting}/documents",
        data=json.dumps({"title": f"Đo bộ nhớ: {MEMORY_PAGES} trang"}),
        headers=keyed("application/json"),
    ).json()
    document = f"{base}/api/documents/{made['id']}"
    sent = context.request.put(
        f"{document}/file?name=long.pdf",
        data=_long_report(original, MEMORY_PAGES),
        headers=keyed("application/pdf"),
    )
    if not sent.ok:
        raise SystemExit(f"the long document was refused: {sent.status} {sent.text()}")
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        version = context.request.get(document).json()["version"]
        if version and version["state"] == "ready":
            return context, Report(made["id"], report.meeting, MEMORY_PAGES, version["size"])
        page.wait_for_timeout(1_000)
    raise SystemExit("the long document was not ready in time")


def _memory_mb(browser: Browser) -> dict[str, float]:
    """Of the renderer that holds most, MB."""
    session = browser.new_browser_cdp_session()
    largest: dict[str, float] = {"rss": 0.0}
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        if process["type"] != "renderer":
            continue
        lines = Path(f"/proc/{process['id']}/smaps_rollup").read_text().splitlines()[1:]
        kb = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        if kb["Rss"] / 1024 > largest["rss"]:
            largest = {
                "own": (kb["Rss"] - kb["Shared_Clean"]) / 1024,
                "rss": kb["Rss"] / 1024,
                "pss": kb["Pss"] / 1024,
            }
    session.detach()
    return largest


def measure_memory(browser: Browser, base: str) -> dict[str, Any]:
    context, report = _upload_long(browser, base)
    page = context.pages[0]
    _open(page, report)
    page.wait_for_timeout(1_000)
    before = _memory_mb(browser)
    session = context.new_cdp_session(page)
    height = float(page.evaluate("document.querySelector('[data-page]').offsetHeight + 12"))
    for number in range(1, report.pages):
        page.evaluate(
            """async ([number, height]) => {
              const scroller = document.querySelector('[data-testid="pages"]');
              scroller.scrollTop = number * height;
              const frame = () => new Promise(requestAnimationFrame);
              const shown = () =>
                document.querySelector(`[data-page="${number}"] canvas.shown`) !== null;
              for (let left = 120; left > 0 && !shown(); left -= 1) await frame();
            }""",
            [number, height],
        )
    after = _memory_mb(browser)
    session.send("HeapProfiler.collectGarbage")
    page.wait_for_timeout(500)
    collected = _memory_mb(browser)
    label = page.get_by_test_id("page-label").inner_text()
    context.request.delete(
        f"{base}/api/documents/{report.id}",
        headers={"Idempotency-Key": str(uuid.uuid4()), "Origin": base},
    )
    context.close()
    return {
        "figure": "pages_rss_mb",
        "value": round(after["own"]),
        "unit": "MB",
        "pages": report.pages,
        "ended_at": " ".join(label.split()),
        "rss_mb": round(after["rss"]),
        "pss_mb": round(after["pss"]),
        "first_page_own_mb": round(before["own"]),
        "after_collection_mb": round(collected["own"]),
    }


def measure(base: str) -> None:
    """Prints the figures of a running demo server at `base`."""
    with sync_playwright() as playwright:
        for take in (measure_first_page, measure_scrolling, measure_memory):
            # A browser of its own for each, so that one figure does not warm the next.
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            try:
                figures = take(browser, base)
                for figure in figures if isinstance(figures, list) else [figures]:
                    print(json.dumps({**figure, "load": os.getloadavg()[0]}), flush=True)
            finally:
                browser.close()


if __name__ == "__main__":
    measure(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000")
