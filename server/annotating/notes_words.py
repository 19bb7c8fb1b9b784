"""The words of a printed list of notes: a document speaks for itself, without the client."""

from __future__ import annotations

from typing import Literal

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_VI = {
    "title": "Ghi chú của tôi",
    "of": "Ghi chú của {name}",
    "page": "Trang",
    "page_label": "Trang {label}",
    "meeting": "Cuộc họp: {title}",
    "document": "Tài liệu: {title}",
    "sought": "Có chữ: “{words}”",
    "printed": "In lúc {time}, ngày {day}",
    "strokes": "{count} nét bút",
    "ink": "Nét bút",
    "highlighter": "Bút dạ quang",
    "highlight": "Tô chữ",
    "underline": "Gạch chân",
    "strikeout": "Gạch ngang chữ",
    "squiggly": "Gạch lượn",
    "note": "Ghi chú",
    "free_text": "Chữ viết",
    "rectangle": "Khung chữ nhật",
    "ellipse": "Khung tròn",
    "line": "Đường thẳng",
    "arrow": "Mũi tên",
    "stamp": "Dấu",
    "shared": "đã chia sẻ",
    "none": "Không có ghi chú nào.",
}
_EN = {
    "title": "My notes",
    "of": "Notes of {name}",
    "page": "Page",
    "page_label": "Page {label}",
    "meeting": "Meeting: {title}",
    "document": "Document: {title}",
    "sought": "With the words “{words}”",
    "printed": "Printed at {time} on {day}",
    "strokes": "{count} pen strokes",
    "ink": "Pen",
    "highlighter": "Marker",
    "highlight": "Highlighted text",
    "underline": "Underlined text",
    "strikeout": "Struck text",
    "squiggly": "Wavy underline",
    "note": "Note",
    "free_text": "Text",
    "rectangle": "Rectangle",
    "ellipse": "Ellipse",
    "line": "Line",
    "arrow": "Arrow",
    "stamp": "Stamp",
    "shared": "shared",
    "none": "There are no notes.",
}
WORDS: dict[Language, dict[str, str]] = {"vi": _VI, "en": _EN}
