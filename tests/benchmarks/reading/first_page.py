"""From the tap on a document to its first page, ours and pdf.js's."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from tests.benchmarks.reading import pdfjs
from tests.benchmarks.reading.chromium import SLOWDOWN, enter, find_report, slow_down, tablet

RUNS = 7
#: A page of running text; the cover has little on it.
TEXT_PAGE = 6
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
FACTS = """async (id) => {
  const view = await (await fetch('/api/documents/' + id)).json();
  const path = `/api/documents/${id}/versions/${view.version.id}`;
  const image = await (await fetch(path + '/pages/0/image')).arrayBuffer();
  const width = document.querySelector('[data-page]').clientWidth;
  return { path, pages: view.version.page_count, pdf_bytes: view.version.size,
           first_page_bytes: image.byteLength, width };
}"""


@dataclass(frozen=True)
class Opened:
    """One tap: how long it took, and what was shown."""

    ms: float
    facts: dict[str, Any]
    pdf: bytes


def _tap(browser: Browser, base: str, slowdown: int) -> Opened:
    context = tablet(browser)
    page = context.new_page()
    enter(page, base, "delegate")
    report = find_report(page)
    page.evaluate("(hash) => { location.hash = hash; }", f"#/meetings/{report.meeting}")
    page.locator(f'[data-document-id="{report.id}"] a').first.wait_for()
    page.wait_for_load_state("networkidle")
    session = slow_down(page, slowdown)
    ms = float(page.evaluate(TAP, report.id))
    session.detach()
    facts: dict[str, Any] = page.evaluate(FACTS, report.id)
    pdf = context.request.get(base + facts["path"] + "/file").body()
    context.close()
    return Opened(ms, facts, pdf)


def measure_first_page(browser: Browser, base: str) -> list[dict[str, Any]]:
    """`first_page_ms`, `first_page_vs_pdfjs` and, with pdf.js loaded before, `…_preloaded`."""
    plain = [_tap(browser, base, 1) for _ in range(RUNS)]
    facts = plain[0].facts
    slowed: list[float] = []
    peers: dict[tuple[bool, int], list[float]] = {}
    with pdfjs.served(plain[0].pdf) as address:
        for _ in range(RUNS):
            # By turns, so that a busy moment of the machine meets all.
            slowed.append(_tap(browser, base, SLOWDOWN).ms)
            for loaded, number in ((False, 1), (True, 1), (False, TEXT_PAGE), (True, TEXT_PAGE)):
                ms = pdfjs.first_page_ms(
                    browser, address, facts["width"], SLOWDOWN, loaded=loaded, number=number
                )
                peers.setdefault((loaded, number), []).append(ms)
    ours = statistics.median(slowed)
    theirs = {key: statistics.median(times) for key, times in peers.items()}
    sizes = {name: facts[name] for name in ("pages", "pdf_bytes", "first_page_bytes")}
    beside = {
        "unit": "x",
        "peer": f"pdf.js {pdfjs.version()}",
        "slowdown": SLOWDOWN,
        "ours_ms": round(ours),
        "ours_runs": [round(ms) for ms in slowed],
    }

    def against(loaded: bool) -> dict[str, Any]:
        return {
            "value": round(theirs[loaded, 1] / ours, 2),
            "page": "cover",
            **beside,
            "pdfjs_ms": round(theirs[loaded, 1]),
            "pdfjs_runs": [round(ms) for ms in peers[loaded, 1]],
            "pdfjs_text_page_ms": round(theirs[loaded, TEXT_PAGE]),
            **sizes,
        }

    times = [opened.ms for opened in plain]
    return [
        {
            "figure": "first_page_ms",
            "value": round(statistics.median(times)),
            "unit": "ms",
            "runs": [round(ms) for ms in times],
            **sizes,
        },
        {"figure": "first_page_vs_pdfjs", "pdfjs_start": "loaded by the tap", **against(False)},
        {
            "figure": "first_page_vs_pdfjs_preloaded",
            "pdfjs_start": "library and worker loaded before the tap",
            **against(True),
        },
    ]
