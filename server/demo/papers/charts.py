"""Charts drawn as vectors: columns, lines, rings and bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from server.demo.papers.figures import number
from server.demo.papers.sheet import Colour, Sheet
from server.demo.papers.typeface import Style

PALETTE: tuple[Colour, ...] = (
    (0.13, 0.36, 0.58),
    (0.80, 0.45, 0.14),
    (0.34, 0.55, 0.28),
    (0.60, 0.22, 0.27),
    (0.45, 0.45, 0.52),
    (0.82, 0.67, 0.20),
)
GRID: Colour = (0.82, 0.82, 0.82)


@dataclass(frozen=True)
class Series:
    """One row of values under a name."""

    name: str
    values: Sequence[float]


def _scale(highest: float) -> tuple[float, float]:
    """(top of the axis, step) for about five lines."""
    rough = highest / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough)
    return math.ceil(highest / step) * step, step


@dataclass(frozen=True)
class _Frame:
    x: float
    y: float
    width: float
    height: float
    top: float

    def at(self, value: float) -> float:
        return self.y + self.height * (1 - value / self.top)


def _frame(
    sheet: Sheet, x: float, y: float, width: float, height: float, highest: float, unit: str
) -> _Frame:
    top, step = _scale(highest)
    decimals = 0 if step >= 1 else 1
    frame = _Frame(x + 46, y + 18, width - 56, height - 66, top)
    sheet.text(x + 6, y + 10, f"({unit})", 10, Style.ITALIC)
    for index in range(round(top / step) + 1):
        level = frame.at(index * step)
        sheet.line(frame.x, level, frame.x + frame.width, level, 0.4, GRID)
        sheet.text(frame.x - 5, level + 3, number(index * step, decimals), 10, align="right")
    sheet.line(frame.x, frame.y, frame.x, frame.y + frame.height, 0.8)
    sheet.line(frame.x, frame.y + frame.height, frame.x + frame.width, frame.y + frame.height, 0.8)
    return frame


def _categories(sheet: Sheet, frame: _Frame, labels: Sequence[str]) -> None:
    share = frame.width / len(labels)
    crowded = share < 34
    for index, label in enumerate(labels):
        centre = frame.x + share * (index + 0.5)
        drop = 11 + (10 if crowded and index % 2 else 0)
        sheet.text(centre, frame.y + frame.height + drop, label, 8.5 if crowded else 10,
                   align="centre")  # fmt: skip


def _legend(sheet: Sheet, x: float, y: float, width: float, names: Sequence[str]) -> None:
    share = width / len(names)
    for index, name in enumerate(names):
        left = x + share * index + share * 0.12
        sheet.box(left, y - 7, 9, 9, fill=PALETTE[index % len(PALETTE)])
        sheet.text(left + 13, y, name, 10)


def columns(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    height: float,
    labels: Sequence[str],
    series: Sequence[Series],
    unit: str,
    decimals: int = 0,
) -> None:
    """Columns side by side, each with its value on top when there is room."""
    sheet.box(x, y, width, height, stroke=(0.6, 0.6, 0.6), line_width=0.5)
    frame = _frame(sheet, x, y, width, height, max(max(s.values) for s in series) * 1.06, unit)
    share = frame.width / len(labels)
    each = share * 0.72 / len(series)
    for place, row in enumerate(series):
        for index, value in enumerate(row.values):
            left = frame.x + share * index + share * 0.14 + each * place
            top = frame.at(value)
            sheet.box(left, top, each * 0.94, frame.y + frame.height - top,
                      fill=PALETTE[place % len(PALETTE)])  # fmt: skip
            if each > 15:
                sheet.text(left + each * 0.47, top - 3, number(value, decimals), 8, align="centre")
    _categories(sheet, frame, labels)
    _legend(sheet, x + 10, y + height - 8, width - 20, [row.name for row in series])


def lines(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    height: float,
    labels: Sequence[str],
    series: Sequence[Series],
    unit: str,
) -> None:
    """Lines with a mark at each value."""
    sheet.box(x, y, width, height, stroke=(0.6, 0.6, 0.6), line_width=0.5)
    frame = _frame(sheet, x, y, width, height, max(max(s.values) for s in series) * 1.06, unit)
    share = frame.width / len(labels)
    for place, row in enumerate(series):
        colour = PALETTE[place % len(PALETTE)]
        points = [(frame.x + share * (i + 0.5), frame.at(v)) for i, v in enumerate(row.values)]
        sheet.polyline(points, 1.8, colour)
        for px, py in points:
            sheet.polygon([(px, py - 3.2), (px + 3.2, py), (px, py + 3.2), (px - 3.2, py)], colour)
    _categories(sheet, frame, labels)
    _legend(sheet, x + 10, y + height - 8, width - 20, [row.name for row in series])


def bars(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    height: float,
    labels: Sequence[str],
    values: Sequence[float],
    unit: str,
    decimals: int = 1,
) -> None:
    """Lying bars, one per label, with the value at the end."""
    sheet.box(x, y, width, height, stroke=(0.6, 0.6, 0.6), line_width=0.5)
    sheet.text(x + width - 8, y + 12, f"({unit})", 10, Style.ITALIC, align="right")
    share = (height - 26) / len(labels)
    start, longest = x + 96, width - 150
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        top = y + 18 + share * index
        sheet.text(start - 6, top + share * 0.5 + 3.2, label, 10, align="right")
        length = longest * value / max(values)
        sheet.box(start, top + share * 0.16, length, share * 0.68, fill=PALETTE[0])
        sheet.text(start + length + 4, top + share * 0.5 + 3.2, number(value, decimals), 9.5)
    sheet.line(start, y + 16, start, y + height - 6, 0.8)


def ring(
    sheet: Sheet, x: float, y: float, width: float, height: float, parts: Sequence[Series]
) -> None:
    """A ring of shares (the first value of each part), with a list beside it."""
    sheet.box(x, y, width, height, stroke=(0.6, 0.6, 0.6), line_width=0.5)
    total = sum(part.values[0] for part in parts)
    radius = height * 0.40
    centre_x, centre_y = x + radius + 30, y + height / 2
    angle = -math.pi / 2
    for index, part in enumerate(parts):
        sweep = 2 * math.pi * part.values[0] / total
        steps = max(2, round(sweep * 24))
        outer = [angle + sweep * k / steps for k in range(steps + 1)]
        shape = [(centre_x + radius * math.cos(a), centre_y + radius * math.sin(a)) for a in outer]
        shape += [
            (centre_x + radius * 0.52 * math.cos(a), centre_y + radius * 0.52 * math.sin(a))
            for a in reversed(outer)
        ]
        sheet.polygon(shape, PALETTE[index % len(PALETTE)])
        angle += sweep
        row = y + height / 2 + (index - (len(parts) - 1) / 2) * 20
        left = x + 2 * radius + 64
        sheet.box(left, row - 8, 10, 10, fill=PALETTE[index % len(PALETTE)])
        percent = number(100 * part.values[0] / total, 1)
        sheet.text(left + 16, row, f"{part.name}: {percent}%", 11)
