"""Bind sheets into a PDF: fonts, outline, page labels, language, and the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pymupdf

from server.demo.papers.sheet import Sheet
from server.demo.papers.typeface import Style


@dataclass(frozen=True)
class OutlineEntry:
    """A heading in the outline; `page` counts from 0."""

    level: int
    title: str
    page: int


@dataclass(frozen=True)
class Labels:
    """From page `first` on (counted from 0), labels in `style` (PDF 12.4.2: D, r, R, a, A)."""

    first: int
    style: str
    start: int = 1
    prefix: str = ""


def bind(
    sheets: Sequence[Sheet],
    title: str,
    author: str,
    outline: Sequence[OutlineEntry] = (),
    labels: Sequence[Labels] = (),
) -> bytes:
    """The PDF of the sheets."""
    document = pymupdf.open()
    fonts: dict[Style, int] = {}
    for sheet in sheets:
        page = document.new_page(width=sheet.width, height=sheet.height)
        if not fonts:
            for style in Style:
                fonts[style] = page.insert_font(
                    fontname=style.resource, fontfile=str(style.path), set_simple=False
                )
        content = document.get_new_xref()
        document.update_object(content, "<<>>")
        document.update_stream(content, sheet.content())
        entries = " ".join(f"/{style.resource} {xref} 0 R" for style, xref in fonts.items())
        document.xref_set_key(page.xref, "Resources", f"<</Font<<{entries}>>>>")
        document.xref_set_key(page.xref, "Contents", f"{content} 0 R")
        if sheet.crop:
            box = " ".join(f"{edge:.3f}" for edge in sheet.crop)
            document.xref_set_key(page.xref, "CropBox", f"[{box}]")
        if sheet.rotate:
            document.xref_set_key(page.xref, "Rotate", str(sheet.rotate))
    if outline:
        # Texts may begin below level 1; a PDF's outline may not.
        lift = outline[0].level - 1
        document.set_toc([[max(1, e.level - lift), e.title, e.page + 1] for e in outline])
    if labels:
        document.set_page_labels(
            [
                {
                    "startpage": label.first,
                    "style": label.style,
                    "firstpagenum": label.start,
                    "prefix": label.prefix,
                }
                for label in labels
            ]
        )
    document.subset_fonts()
    return close(document, title, author)


def close(document: pymupdf.Document, title: str, author: str) -> bytes:
    """Name the document and give its bytes, without a clock or chance in them."""
    document.set_metadata({"title": title, "author": author, "producer": "", "creator": ""})
    document.xref_set_key(document.pdf_catalog(), "Lang", "(vi-VN)")
    data: bytes = document.tobytes(garbage=3, deflate=True, use_objstms=True, no_new_id=True)
    document.close()
    return data
