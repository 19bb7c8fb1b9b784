"""Pages at the end of a flattened copy: the words of notes, which paper cannot open with a tap.

No heading and no word of ours: number, page, author, text.
"""

import dataclasses
from collections.abc import Iterable

from annotations.pdf_drawing import INK_COLOR, LINE_SPACING, Canvas, PageFrame, Typeface, wrap

PAGE_SIZE = (595.0, 842.0)
_MARGIN = 56.0
_INDENT = 22.0
_SIZE = 11.0
_MAX_LINES = 20_000
"""Of one export: 400 printed pages of remarks."""


@dataclasses.dataclass(frozen=True, slots=True)
class Remark:
    """`place`: the printed label or number of the page."""

    number: int
    place: str
    author: str
    body: str


def draw_remarks(remarks: Iterable[Remark], face: Typeface) -> list[bytes]:
    """The content of each page, A4 upright, with the font as resource F."""
    width = PAGE_SIZE[0] - 2 * _MARGIN - _INDENT
    lines: list[tuple[float, str]] = []
    for remark in remarks:
        head = " · ".join(part for part in (f"[{remark.place}]", remark.author) if part)
        lines.append((0.0, f"{remark.number}.  {head}"))
        lines += ((_INDENT, line) for line in wrap(remark.body, width, _SIZE, face))
        lines.append((0.0, ""))
    per_page = int((PAGE_SIZE[1] - 2 * _MARGIN) / (_SIZE * LINE_SPACING))
    lines = lines[:_MAX_LINES]
    return [_page(lines[at : at + per_page], face) for at in range(0, len(lines), per_page)]


def _page(lines: list[tuple[float, str]], face: Typeface) -> bytes:
    canvas = Canvas(PageFrame(0.0, PAGE_SIZE[1]))
    canvas.fill_color(INK_COLOR)
    for row, (indent, line) in enumerate(lines):
        if line:
            down = _MARGIN + _SIZE + row * _SIZE * LINE_SPACING
            canvas.text(_MARGIN + indent, down, line, _SIZE, face)
    return canvas.content()
