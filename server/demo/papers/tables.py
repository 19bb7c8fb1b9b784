"""Tables with spanning headers, wrapped cells and headers repeated on each sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.demo.papers.flow import Flow
from server.demo.papers.lines import Word, broken, natural_width, words, write_line
from server.demo.papers.sheet import Colour, Sheet

PADDING = 3.2
SHADE: Colour = (0.93, 0.93, 0.93)


@dataclass(frozen=True)
class Head:
    """A header cell over some columns and rows."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class Table:
    """`widths` are shares of the text's width; `align` has one letter (l, c, r) per column.

    `head` holds the header's rows; a row of the body whose first cell begins with "=" is bold.
    """

    widths: Sequence[float]
    align: str
    head: Sequence[Sequence[Head]]
    rows: Sequence[Sequence[str]]
    size: float = 11.5
    leading: float = 1.18
    row_padding: float = PADDING


def column_numbers(count: int) -> list[Head]:
    """The row of column numbers under a header: (1), (2), …"""
    return [Head(f"({number})") for number in range(1, count + 1)]


def simple_head(*titles: str) -> list[list[Head]]:
    """A header of one row."""
    return [[Head(title) for title in titles]]


def set_table(flow: Flow, table: Table, caption: str = "", unit: str = "", level: int = 0) -> None:
    """Write a table where the flow stands; `level` puts its caption into the outline."""
    if caption:
        flow.tables += 1
        flow.space(8)
        flow.need(110)
        if level:
            flow.entry(level, caption)
        flow.paragraph(
            f"Bảng {flow.tables}. {caption}", size=13, bold=True, align="centre", before=0, keep=90
        )
    if unit:
        flow.paragraph(f"Đơn vị tính: {unit}", size=11.5, italic=True, align="right", before=1,
                       keep=80)  # fmt: skip
    flow.y += 3 if caption or unit else 8
    total = sum(table.widths)
    widths = [flow.geometry.column * share / total for share in table.widths]
    edges = [flow.left]
    for width in widths:
        edges.append(edges[-1] + width)
    head = _measured_head(table, edges)
    body = [_cells(table, row, widths) for row in table.rows]
    heights = [max(len(cell) for cell in cells) * _step(table) + 2 * table.row_padding
               for cells in body]  # fmt: skip
    flow.need(sum(head.heights) + sum(heights[:2]))
    _write_head(flow, table, head, edges)
    for cells, height in zip(body, heights, strict=True):
        if flow.room < height:
            flow.new_sheet()
            _write_head(flow, table, head, edges)
        _write_row(flow.sheet, table, cells, edges, flow.y, height)
        flow.y += height
    flow.space(6)


@dataclass(frozen=True)
class _MeasuredHead:
    cells: list[tuple[int, int, int, int, list[list[Word]]]]
    heights: list[float]


def _step(table: Table) -> float:
    return table.size * table.leading


def _measured_head(table: Table, edges: list[float]) -> _MeasuredHead:
    taken: set[tuple[int, int]] = set()
    cells = []
    heights = [_step(table) + 2 * PADDING] * len(table.head)
    for row, heads in enumerate(table.head):
        column = 0
        for head in heads:
            while (row, column) in taken:
                column += 1
            for r in range(row, row + head.rows):
                taken.update((r, c) for c in range(column, column + head.columns))
            width = edges[column + head.columns] - edges[column] - 2 * PADDING
            bold = not head.text.startswith("(")
            measured = words(head.text, table.size, bold, not bold)
            lines = list(broken(measured, table.size, width, width))
            cells.append((row, column, head.rows, head.columns, lines))
            needed = len(lines) * _step(table) + 2 * PADDING
            have = sum(heights[row : row + head.rows])
            if needed > have:
                heights[row + head.rows - 1] += needed - have
            column += head.columns
    return _MeasuredHead(cells, heights)


def _write_head(flow: Flow, table: Table, head: _MeasuredHead, edges: list[float]) -> None:
    tops = [flow.y]
    for height in head.heights:
        tops.append(tops[-1] + height)
    for row, column, rows, columns, lines in head.cells:
        x, y = edges[column], tops[row]
        width, height = edges[column + columns] - x, tops[row + rows] - y
        flow.sheet.box(x, y, width, height, fill=SHADE, stroke=(0, 0, 0), line_width=0.5)
        _write_lines(flow.sheet, table, lines, x, y, width, height, "c")
    flow.y = tops[-1]


def _cells(table: Table, row: Sequence[str], widths: list[float]) -> list[list[list[Word]]]:
    bold = row[0].startswith("=")
    texts = [row[0].removeprefix("="), *row[1:]]
    found = []
    for text, width in zip(texts, widths, strict=True):
        inner = width - 2 * PADDING
        measured = words(text, table.size, bold)
        found.append(list(broken(measured, table.size, inner, inner)) or [[]])
    return found


def _write_row(
    sheet: Sheet,
    table: Table,
    cells: list[list[list[Word]]],
    edges: list[float],
    y: float,
    height: float,
) -> None:
    for number, lines in enumerate(cells):
        x, width = edges[number], edges[number + 1] - edges[number]
        sheet.box(x, y, width, height, stroke=(0, 0, 0), line_width=0.5)
        _write_lines(sheet, table, lines, x, y, width, height, table.align[number])


def _write_lines(
    sheet: Sheet,
    table: Table,
    lines: list[list[Word]],
    x: float,
    y: float,
    width: float,
    height: float,
    align: str,
) -> None:
    baseline = y + (height - len(lines) * _step(table)) / 2 + table.size * 0.9
    for line in lines:
        if line:
            slack = width - 2 * PADDING - natural_width(line, table.size)
            shift = {"l": 0.0, "c": slack / 2, "r": slack}[align]
            write_line(sheet, line, x + PADDING + shift, baseline, table.size)
        baseline += _step(table)
