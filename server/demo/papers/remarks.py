"""Remarks that units wrote into a draft with their own PDF programs, before it came here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pymupdf

from server.demo.papers.binding import close


@dataclass(frozen=True)
class Remark:
    """Words marked in the text, who marked them and why; `answers`: who said what to that."""

    kind: Literal["Highlight", "StrikeOut"]
    phrase: str
    unit: str
    words: str
    answers: tuple[tuple[str, str], ...] = ()


DIGITAL_PLAN = (
    Remark(
        "Highlight",
        "sao lưu dự phòng",
        "Công an tỉnh",
        "Đề nghị ghi rõ: một trong hai địa điểm nằm ngoài trung tâm dữ liệu của tỉnh.",
        (("Sở Khoa học và Công nghệ", "Đã tiếp thu, bổ sung ở bản trình phiên họp."),),
    ),
    Remark(
        "StrikeOut",
        "cả ngày đêm",
        "Văn phòng UBND tỉnh",
        "Thay bằng “24/24 giờ” cho thống nhất với các văn bản khác.",
    ),
    Remark(
        "Highlight",
        "ưu tiên thuê dịch vụ",
        "Sở Tài chính",
        "Nguồn chi sự nghiệp chưa có trong dự toán đầu năm. Đề nghị tách phần vốn đầu tư công.",
    ),
)


def with_remarks(data: bytes, remarks: Sequence[Remark], written: date) -> bytes:
    """The paper with the remarks as annotations; the same day gives the same bytes."""
    document: Any = pymupdf.open(stream=data)
    at = f"D:{written:%Y%m%d}140000+07'00'"
    for number, remark in enumerate(remarks):
        page, quads = _find(document, remark.phrase)
        mark = {"Highlight": page.add_highlight_annot, "StrikeOut": page.add_strikeout_annot}
        made = mark[remark.kind](quads)
        _say(document, made, remark.unit, remark.words, at, f"remark-{number}")
        for place, (unit, words) in enumerate(remark.answers):
            answer = page.add_text_annot(quads[0].ul, words)
            _say(document, answer, unit, words, at, f"remark-{number}-{place}")
            document.xref_set_key(answer.xref, "IRT", f"{made.xref} 0 R")
    known = document.metadata
    return close(document, known["title"], known["author"])


def _find(document: Any, phrase: str) -> tuple[Any, list[Any]]:
    for page in document:
        quads = page.search_for(phrase, quads=True)
        if quads:
            return page, quads
    raise ValueError(f"not in the paper: {phrase}")


def _say(document: Any, mark: Any, unit: str, words: str, at: str, name: str) -> None:
    mark.update()
    mark.set_info(title=unit, content=words, creationDate=at, modDate=at)
    document.xref_set_key(mark.xref, "NM", f"({name})")
