"""Small PDFs for tests, made on the spot."""

from __future__ import annotations

import pymupdf


def paper(pages: int = 3, words: str = "Báo cáo trang") -> bytes:
    """A born-digital PDF with a line of words per page."""
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=595, height=842)
        page.insert_text((72, 90), f"{words} {number + 1}", fontsize=14)
    return bytes(document.tobytes())
