"""Read a new document page by page and send each page as soon as it is ready."""

import json
import resource
from typing import Any

from annotations.imported import to_item
from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import grant_cpu
from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.open_document import (
    RENDERER,
    open_document,
    read_labels,
    read_outline,
    refusal_of,
)
from server.sandbox.child.page import derive_page, page_size
from server.sandbox.child.read_marks import take_marks
from server.sandbox.child.warm_up import warm_up
from server.sandbox.limits import SandboxLimits

__all__ = ["refusal_of", "run", "warm_up"]

STORE_KEPT_PERCENT = 30
TEXT_SAMPLE_PAGES = 5


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    """Send `document`, `marks`, then `page` for each page in order, then `done`."""
    grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
    document = open_document(data, limits)
    brought = take_marks(document, limits)
    grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
    # Sizes first: the one page nobody can show is found before 4,999 others are rendered.
    for index in range(document.page_count):
        page_size(document.load_page(index), limits)
    metadata: dict[str, Any] = document.metadata or {}
    sample = range(min(document.page_count, TEXT_SAMPLE_PAGES))
    channel.send(
        {
            "event": "document",
            "page_count": document.page_count,
            "outline": read_outline(document, limits),
            "labels": read_labels(document),
            "title": str(metadata.get("title") or "")[:1000],
            "pdf_version": str(metadata.get("format") or "").removeprefix("PDF "),
            "has_text": any(document.load_page(n).get_text("words") for n in sample),
            "repaired": bool(document.is_repaired),
        }
    )
    items = json.dumps([to_item(mark) for mark in brought.marks], ensure_ascii=False).encode()
    channel.send({"event": "marks", "left": dict(brought.left), "over": brought.over}, [items])
    with_text = 0
    for index in range(document.page_count):
        grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
        files = derive_page(document, index, limits)
        with_text += files.header["word_count"] > 0
        channel.send(files.header, (files.image, files.thumb, files.words))
        pymupdf.TOOLS.store_shrink(STORE_KEPT_PERCENT)
    used = resource.getrusage(resource.RUSAGE_SELF)
    channel.send(
        {
            "event": "done",
            "renderer_version": RENDERER,
            "pages_with_text": with_text,
            "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
        }
    )
