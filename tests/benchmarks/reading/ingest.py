"""Pages a second of one ingest worker: born-digital pages to image, thumbnail, words, hash.

Usage: python -m tests.benchmarks.reading.ingest [PAGES]
Prints one JSON line with the figure `ingest_pages_per_s`. The clock runs from the first page's
request to the last page, process start left out and told beside it. `pages_per_cpu_s` is what one
undisturbed core would do: on a machine with a load above its cores only that one means anything.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import pymupdf

from server.sandbox.child.typeface import font_bytes
from server.sandbox.events import DocumentOpened, IngestDone, PageReady
from server.sandbox.ingest import ingest
from server.sandbox.ladder import choose_sandbox

SENTENCE = (
    "báo cáo tình hình kinh tế xã hội sáu tháng đầu năm phương hướng nhiệm vụ trọng tâm thu ngân "
    "sách nhà nước đạt tỷ đồng tăng so với cùng kỳ đầu tư công giải ngân vốn kế hoạch dự án đường "
    "giao thông nông thôn mới nâng cao chất lượng giáo dục y tế chuyển đổi số cải cách hành chính"
)
SYLLABLES = SENTENCE.split()


def write_report(path: Path, pages: int) -> None:
    """Pages of running text as an office program makes them: 40 lines, a table, a rule."""
    dice = random.Random(30)
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=595, height=842)
        page.insert_font(fontname="F", fontbuffer=font_bytes())
        for line in range(40):
            text = " ".join(dice.choice(SYLLABLES) for _ in range(14))
            page.insert_text((72, 80 + line * 15), text, fontname="F", fontsize=11.5)
        for row in range(6):
            page.draw_rect((72, 690 + row * 16, 300, 706 + row * 16), width=0.5)
            text = f"{dice.randint(1, 99_999):,}"
            page.insert_text((80, 702 + row * 16), text, fontname="F", fontsize=10)
        page.insert_text((290, 820), str(number + 1), fontname="F", fontsize=10)
    document.save(path, garbage=4, deflate=True)


async def measure(pages: int) -> dict[str, object]:
    sandbox = await choose_sandbox()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        write_report(path, pages)
        size = path.stat().st_size
        bytes_out, began, opened = 0, time.perf_counter(), 0.0
        async for event in ingest(sandbox, path):
            match event:
                case DocumentOpened():
                    opened = time.perf_counter()
                case PageReady():
                    bytes_out += len(event.image) + len(event.words)
                case IngestDone():
                    done = event
        took = time.perf_counter() - opened
    return {
        "figure": "ingest_pages_per_s",
        "value": round(pages / took, 2),
        "unit": "pages/s",
        "reach": 6,
        "aim": 12,
        "pages": pages,
        "start_ms": round((opened - began) * 1000),
        "kb_per_page": round(bytes_out / pages / 1000, 1),
        "pdf_kb": round(size / 1000),
        "rung": sandbox.rung,
        "renderer": done.renderer_version,
        "pages_per_cpu_s": round(pages / (done.cpu_ms / 1000), 2),
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print(json.dumps(asyncio.run(measure(count))))
