"""What the renderer holds after a long document was leafed through."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import pymupdf
from playwright.sync_api import Browser, BrowserContext

from tests.benchmarks.reading.bare_browser import BareBrowser, bare_browser
from tests.benchmarks.reading.chromium import (
    PAGE_STEP,
    SHOWN,
    Report,
    at_density,
    enter,
    find_report,
    tablet,
)

MEMORY_PAGES = 300
#: Device px a CSS px → runs.
RUNS: dict[float, int] = {1: 3, 1.5: 1, 2: 1}
#: What was begun when a page came is done by then.
SETTLED_S = 1.0
READY_WITHIN_S = 300


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
    context = tablet(browser)
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


NEXT = """(async (number, height) => {
  const scroller = document.querySelector('[data-testid="pages"]');
  scroller.scrollTop = number * height;
  const frame = () => new Promise(requestAnimationFrame);
  const shown = () => document.querySelector(`[data-page="${number}"] canvas.shown`) !== null;
  for (let left = 120; left > 0 && !shown(); left -= 1) await frame();
})"""
LABEL = "document.querySelector('[data-testid=page-label]').innerText"


def _leaf_through(browser: BareBrowser, base: str, report: Report) -> dict[str, dict[str, float]]:
    tile = "[data-testid=demo-tile][data-tile=secretary]"
    browser.go(base + "/")
    browser.wait_for(tile)
    browser.evaluate(f"document.querySelector('{tile}').click()")
    browser.wait_for("[data-testid=home]")
    place = f"#/meetings/{report.meeting}/documents/{report.id}"
    browser.evaluate(f"location.hash = '{place}'")
    browser.wait_for(SHOWN)
    time.sleep(SETTLED_S)
    before = browser.memory_mb()
    height = browser.evaluate(PAGE_STEP)
    for number in range(1, report.pages):
        browser.evaluate(f"{NEXT}({number}, {height})")
    after = browser.memory_mb()
    label = " ".join(browser.evaluate(LABEL).split())
    if not label.startswith(f"{report.pages} ") and f"{report.pages} /" not in label:
        raise SystemExit(f"the last page was not reached: {label}")
    browser.collect_garbage()
    time.sleep(SETTLED_S)
    return {"before": before, "after": after, "collected": browser.memory_mb()}


def measure_memory(browser: Browser, base: str) -> list[dict[str, Any]]:
    """`pages_rss_mb` and the same at more px a point: before anybody collects garbage."""
    context, report = _upload_long(browser, base)
    lines = [_at(density, base, report) for density in RUNS]
    context.request.delete(
        f"{base}/api/documents/{report.id}",
        headers={"Idempotency-Key": str(uuid.uuid4()), "Origin": base},
    )
    context.close()
    return lines


def _at(density: float, base: str, report: Report) -> dict[str, Any]:
    runs: list[dict[str, dict[str, float]]] = []
    for _ in range(RUNS[density]):
        with bare_browser(density) as bare:
            runs.append(_leaf_through(bare, base, report))
    middle = sorted(runs, key=lambda run: run["after"]["own"])[len(runs) // 2]
    return {
        **at_density("pages_rss_mb", density),
        "value": round(middle["after"]["own"]),
        "unit": "MB",
        "runs": [round(run["after"]["own"]) for run in runs],
        "pages": report.pages,
        "rss_mb": round(middle["after"]["rss"]),
        "pss_mb": round(middle["after"]["pss"]),
        "first_page_own_mb": round(middle["before"]["own"]),
        "after_collection_mb": round(middle["collected"]["own"]),
    }
