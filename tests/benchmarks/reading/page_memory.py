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

from tests.benchmarks.reading.chromium import (
    Report,
    enter,
    find_report,
    open_report,
    page_step,
    tablet,
)

MEMORY_PAGES = 300
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


def measure_memory(browser: Browser, base: str) -> list[dict[str, Any]]:
    """`pages_rss_mb`: after the last page, before anybody collects garbage."""
    context, report = _upload_long(browser, base)
    page = context.pages[0]
    open_report(page, report)
    page.wait_for_timeout(1_000)
    before = _memory_mb(browser)
    session = context.new_cdp_session(page)
    height = page_step(page)
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
    return [
        {
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
    ]
