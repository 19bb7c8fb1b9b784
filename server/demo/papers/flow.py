"""Flow paragraphs, headings and drawings over sheets, in the measures of NĐ 30/2020/NĐ-CP.

Phụ lục I of the decree: A4, margins 20–25 mm above and below, 30–35 mm left, 15–20 mm right, type
of 13–14 points, first lines moved in by 1 or 1.27 cm, page numbers centred in the upper margin and
not on the first page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from server.demo.papers.binding import OutlineEntry
from server.demo.papers.lines import broken, natural_width, space_width, words, write_line
from server.demo.papers.sheet import A4_HEIGHT, A4_WIDTH, MM, Sheet

BODY_SIZE = 14.0
INDENT = 12.7 * MM


@dataclass(frozen=True)
class Geometry:
    """Size and margins of a sheet, in points."""

    width: float = A4_WIDTH
    height: float = A4_HEIGHT
    left: float = 30 * MM
    right: float = 18 * MM
    top: float = 22 * MM
    bottom: float = 20 * MM

    @property
    def column(self) -> float:
        """Width of the text."""
        return self.width - self.left - self.right

    def landscape(self) -> Geometry:
        """The same paper lying on its side."""
        return Geometry(self.height, self.width, 20 * MM, 20 * MM, 22 * MM, 16 * MM)


def plain_number(page: int) -> str:
    """Arabic page numbers, none on the first page."""
    return str(page + 1) if page else ""


@dataclass
class Flow:
    """A growing row of sheets; `y` is the lower edge of what is written on the last one."""

    geometry: Geometry = field(default_factory=Geometry)
    number: Callable[[int], str] = plain_number
    size: float = BODY_SIZE
    leading: float = 1.28
    sheets: list[Sheet] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)
    tables: int = 0
    figures: int = 0
    y: float = 0.0

    def __post_init__(self) -> None:
        self.new_sheet()

    @property
    def sheet(self) -> Sheet:
        """The sheet being written."""
        return self.sheets[-1]

    @property
    def left(self) -> float:
        return self.geometry.left

    @property
    def right(self) -> float:
        return self.geometry.width - self.geometry.right

    @property
    def room(self) -> float:
        """Points left above the lower margin."""
        return self.geometry.height - self.geometry.bottom - self.y

    def new_sheet(self, geometry: Geometry | None = None) -> Sheet:
        """Begin a sheet, of another shape if one is given."""
        if geometry:
            self.geometry = geometry
        sheet = Sheet(self.geometry.width, self.geometry.height)
        self.sheets.append(sheet)
        printed = self.number(len(self.sheets) - 1)
        if printed:
            sheet.text(sheet.width / 2, 13.5 * MM, printed, 13, align="centre")
        self.y = self.geometry.top
        return sheet

    def need(self, height: float) -> None:
        """Begin a sheet unless `height` points are left."""
        if self.room < height:
            self.new_sheet()

    def space(self, height: float) -> None:
        """Leave points free, but not at the head of a sheet."""
        if self.y > self.geometry.top + 1:
            self.y += height

    def entry(self, level: int, title: str) -> None:
        """Put a heading at this place into the outline."""
        clean = title.replace("*", "").replace("_", "")
        self.outline.append(OutlineEntry(level, clean, len(self.sheets) - 1))

    def paragraph(
        self,
        text: str,
        *,
        size: float | None = None,
        bold: bool = False,
        italic: bool = False,
        align: str = "justify",
        indent: float = INDENT,
        left: float = 0.0,
        right: float = 0.0,
        before: float = 6.0,
        keep: float = 0.0,
    ) -> None:
        """One paragraph. `keep` asks for that many points below it on the same sheet."""
        size = size or self.size
        step = size * self.leading
        width = self.geometry.column - left - right
        if align == "centre":
            indent = 0.0
        lines = list(broken(words(text, size, bold, italic), size, width - indent, width))
        self.space(before)
        # Two lines at least stay together at either end (no widows, no orphans).
        together = step * (len(lines) if len(lines) <= 3 else 2)
        self.need(together + keep)
        for number, line in enumerate(lines):
            last = number == len(lines) - 1
            if self.room < step or (number == len(lines) - 2 and number and self.room < 2 * step):
                self.new_sheet()
            offset = indent if number == 0 else 0.0
            x = self.left + left + offset
            slack = width - offset - natural_width(line, size)
            extra = 0.0
            if align == "justify" and not last and len(line) > 1:
                extra = min(slack / (len(line) - 1), 3 * space_width(size))
            elif align == "centre":
                x += slack / 2
            elif align == "right":
                x += slack
            write_line(self.sheet, line, x, self.y + size * 0.98, size, extra)
            self.y += step

    def heading(self, level: int, title: str, *, before: float | None = None) -> None:
        """A heading, also put into the outline: 1 centred capitals, 2 bold, 3 bold italic."""
        gap = {1: 12.0, 2: 8.0}.get(level, 6.0) if before is None else before
        self.space(gap)
        self.need(self.size * self.leading * 4)
        self.entry(level, title)
        if level == 1:
            for part in title.upper().split(". ", 1):
                self.paragraph(part, bold=True, align="centre", before=0, keep=self.size * 4)
            return
        self.paragraph(title, bold=True, italic=level == 3, align="left", before=0, keep=56)

    def drawing(
        self, height: float, draw: Callable[[Sheet, float, float, float], None], caption: str = ""
    ) -> None:
        """Reserve a place of the full width and let `draw(sheet, x, y, width)` fill it."""
        note = 34.0 if caption else 8.0
        self.space(8)
        self.need(height + note)
        draw(self.sheet, self.left, self.y, self.geometry.column)
        self.y += height + 4
        if caption:
            self.figures += 1
            self.paragraph(
                f"*Hình {self.figures}.* {caption}", size=12, italic=True, align="centre", before=2
            )
            self.space(4)
