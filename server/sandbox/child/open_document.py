"""Open the one foreign document of this process, and name what is wrong with it."""

import contextlib
from collections.abc import Callable
from typing import Any

from server.sandbox.child.mupdf import pymupdf
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import DocumentRefused, RefusalCode

RENDERER = f"pymupdf-{pymupdf.pymupdf_version}/mupdf-{pymupdf.mupdf_version}/derive-2"
"""Changes whenever a page could come out different; part of the approval manifest."""

_MEMORY_WORDS = ("malloc", "calloc", "realloc", "out of memory", "cannot allocate")


def refusal_of(error: BaseException) -> tuple[RefusalCode, str]:
    """What an exception of the libraries means for the person who uploaded the file."""
    if isinstance(error, DocumentRefused):
        return error.code, error.detail
    text = f"{type(error).__name__}: {error}"
    cause = error.__cause__ or error.__context__
    lowered = f"{text} {cause}".lower()
    if isinstance(error, MemoryError | RecursionError | pymupdf.mupdf.FzErrorLimit) or any(
        word in lowered for word in _MEMORY_WORDS
    ):
        return "too_complex", text
    return "damaged", text


def open_document(data: memoryview, limits: SandboxLimits) -> Any:
    """The PDF in `data`; `DocumentRefused` for what is not one, is locked, or has too many pages.

    PyMuPDF opens by content whatever `filetype` says, so the result is asked what it is.
    """
    document: Any = pymupdf.open(stream=data, filetype="pdf")
    if not document.is_pdf:
        raise DocumentRefused("disguised", "opened as another format")
    if document.needs_pass:
        raise DocumentRefused("encrypted")
    pages = document.page_count
    if pages < 1:
        raise DocumentRefused("damaged", "no pages")
    if pages > limits.max_pages:
        raise DocumentRefused("too_many_pages", str(pages))
    return document


def unturn(page: Any) -> Callable[[float, float], tuple[float, float]]:
    """From the displayed page to page space. Not PyMuPDF's matrix: that one forgets UserUnit."""
    wide, high = float(page.rect.width), float(page.rect.height)
    turns: dict[int, Callable[[float, float], tuple[float, float]]] = {
        90: lambda x, y: (y, wide - x),
        180: lambda x, y: (wide - x, high - y),
        270: lambda x, y: (high - y, x),
    }
    return turns.get(int(page.rotation), lambda x, y: (x, y))


def read_outline(document: Any, limits: SandboxLimits) -> list[dict[str, Any]]:
    """`[{title, page, level, y}]`: page from 0, level from 1, y in page space or None.

    A broken outline is no reason to refuse readable pages: what could be read is returned.
    """
    rows: list[dict[str, Any]] = []
    with contextlib.suppress(Exception):
        flatten: dict[int, Any] = {}
        for level, title, number, target in document.get_toc(simple=False):
            if len(rows) >= limits.max_outline_entries:
                break
            index = number - 1
            if not 0 <= index < document.page_count:
                continue
            point = target.get("to") if isinstance(target, dict) else None
            y = None
            if point is not None:
                if index not in flatten:
                    flatten[index] = unturn(document.load_page(index))
                y = round(float(flatten[index](point.x, point.y)[1]), 2)
                y = y if -1e6 < y < 1e6 else None
            rows.append({"title": str(title)[:1000], "page": index, "level": level, "y": y})
    return rows


def read_labels(document: Any) -> list[str]:
    """The printed label of every page, or an empty list where the document has none."""
    with contextlib.suppress(Exception):
        if document.get_page_labels():
            return [str(document.load_page(n).get_label()) for n in range(document.page_count)]
    return []
