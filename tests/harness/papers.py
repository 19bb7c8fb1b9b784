"""Small PDFs for tests, made on the spot."""

from __future__ import annotations

import io

import pikepdf
import pymupdf


def paper(pages: int = 3, words: str = "Báo cáo trang") -> bytes:
    """A born-digital PDF with a line of words per page."""
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=595, height=842)
        page.insert_text((72, 90), f"{words} {number + 1}", fontsize=14)
    return bytes(document.tobytes())


def reviewed(squares: int = 0) -> bytes:
    """A page as a unit sends it back: a highlight with a remark and its answer, a stamp without
    words, a link; and so many squares."""
    document = pymupdf.open(stream=paper(1))
    page = document[0]
    remark = page.add_highlight_annot(pymupdf.Rect(72, 76, 200, 94))
    remark.set_info(title="Sở Tài chính", content="Đề nghị làm rõ nguồn vốn")
    remark.update()
    answer = page.add_text_annot((300, 80), "Đã bổ sung")
    answer.set_info(title="Văn phòng")
    answer.update()
    document.xref_set_key(answer.xref, "IRT", f"{remark.xref} 0 R")
    document.xref_set_key(remark.xref, "Subj", "(Review)")
    page.add_stamp_annot((300, 300, 400, 340))
    link = {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(9, 9, 99, 19)}
    page.insert_link({**link, "uri": "https://example.org/"})
    for number in range(squares):
        page.add_rect_annot((10, 100 + number % 600, 20, 110 + number % 600))
    return bytes(document.tobytes())


CROWDED_PAGES = 5
"""Pages of `crowded`, each with its share of the marks."""


def crowded(marks: int) -> bytes:
    """Pages full of small squares with a remark each, as a tool that checks tables leaves them."""
    pdf = pikepdf.new()
    share = marks // CROWDED_PAGES
    for _ in range(CROWDED_PAGES):
        page = pdf.add_blank_page(page_size=(595, 842))
        squares = []
        for number in range(share):
            x, y = 20 + number % 100 * 5.5, 20 + number // 100 % 100 * 8
            square = {"/Type": pikepdf.Name.Annot, "/Subtype": pikepdf.Name.Square}
            look = {"/Rect": [x, y, x + 4, y + 6], "/C": [1, 0, 0], "/Contents": "Ô trống"}
            squares.append(pikepdf.Dictionary({**square, **look}))
        page.obj.Annots = pikepdf.Array(squares)
    data = io.BytesIO()
    pdf.save(data)
    return data.getvalue()
