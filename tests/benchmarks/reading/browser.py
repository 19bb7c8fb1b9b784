"""What a delegate feels: the first page, scrolling and memory, in a real Chromium.

Usage: python -m tests.benchmarks.reading.browser http://127.0.0.1:8000 [first] [scroll] [memory]
Needs a running demo server with the built client and its 60-page report ready. Prints one JSON
line per figure: `first_page_ms`, `first_page_vs_pdfjs`, `first_page_vs_pdfjs_preloaded`,
`scroll_slow_frames`, `scroll_slow_frames_at_1_5`, `pages_rss_mb`, `…_at_1_5`, `…_at_2`.

How each is taken:
- first page: the meeting's page is open and at rest, nothing of the document is in any cache (a
  new browser context per run); the clock runs from the tap on the document's row to the frame
  after its first page is on its canvas. Median of the runs.
- pdf.js: the same page of the same file in the same size, from a page that has loaded no viewer
  yet; the tap loads pdf.js, its worker and the file. `…_preloaded`: pdf.js and its worker are
  there and running before the tap, which a page of a meeting would have to pay for each time it is
  looked at; ours has its code there too, and the small worker that paints, but nothing of the
  document. The page's thread of both is slowed down four times; workers are not. The cover is
  shown by both; the time of pdf.js for a page full of text is printed beside.
- slow frames: 20 pages scrolled by the wheel at reading-on-the-run speed, four times slowed down.
  The same time without scrolling is counted too: on a busy machine that is not 0, and says so.
- memory: a document of 300 different pages, scrolled through page by page, in a browser that is
  not inspected (`bare_browser`); the middle of three runs. `value` is what the renderer holds for
  itself and shares with the compositor (resident pages without the clean pages of the browser's
  own program files, which every Chromium process maps); rss and pss beside it.
- at 1.5 and 2 px a point: the windows of two tablets as they are sold, one run of memory each.

The browser runs with priority over other programs where that is allowed (`nice`); give the server
the same. `load` is that of the machine when the figure was done.
"""

from __future__ import annotations

import json
import os
import sys

from playwright.sync_api import sync_playwright

from tests.benchmarks.reading.chromium import launched, take_priority
from tests.benchmarks.reading.first_page import measure_first_page
from tests.benchmarks.reading.page_memory import measure_memory
from tests.benchmarks.reading.scrolling import measure_scrolling

FIGURES = {
    "first": measure_first_page,
    "scroll": measure_scrolling,
    "memory": measure_memory,
}


def measure(base: str, wanted: list[str] | None = None) -> None:
    """Prints the figures of a running demo server at `base`."""
    nice = take_priority()
    with sync_playwright() as playwright:
        for name in wanted or list(FIGURES):
            with launched(playwright) as browser:
                for figure in FIGURES[name](browser, base):
                    load = round(os.getloadavg()[0], 1)
                    print(json.dumps({**figure, "nice": nice, "load": load}), flush=True)


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    measure(address.rstrip("/"), sys.argv[2:])
