"""Annexes of the sixty-page report: tables by commune, one sheet each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.demo.papers.figures import Hand, number
from server.demo.papers.flow import Flow
from server.demo.papers.setting import Locality, Setting
from server.demo.papers.tables import Head, Table, set_table

KINDS = {"P": "Phường", "X": "Xã", "T": "Thị trấn", "D": "Đặc khu"}


@dataclass(frozen=True)
class Column:
    """One figure per commune; `total` columns are summed in the last row."""

    title: str
    low: float
    high: float
    decimals: int = 0
    total: bool = True


@dataclass(frozen=True)
class Annex:
    """One kind of annex, made once for every locality."""

    caption: str
    columns: tuple[Column, ...]


ANNEXES = (
    Annex(
        "Một số chỉ tiêu dân số, ngân sách, đời sống",
        (
            Column("Dân số (người)", 2_400, 11_900),
            Column("Số hộ", 690, 3_300),
            Column("Diện tích (km²)", 6.2, 84.0, 1),
            Column("Thu NSNN (tỷ đồng)", 3.1, 48.0, 1),
            Column("Hộ nghèo (%)", 1.8, 16.4, 1, total=False),
            Column("Nước sạch (%)", 58, 97, 1, total=False),
        ),
    ),
    Annex(
        "Một số chỉ tiêu nông nghiệp, giáo dục, y tế",
        (
            Column("Lúa (ha)", 84, 640),
            Column("Năng suất (tạ/ha)", 48.2, 62.4, 1, total=False),
            Column("Đàn lợn (con)", 620, 6_800),
            Column("Trâu, bò (con)", 210, 2_140),
            Column("Học sinh", 380, 2_260),
            Column("Có BHYT (%)", 86, 98.6, 1, total=False),
        ),
    ),
    Annex(
        "Kết quả cải cách hành chính và chuyển đổi số",
        (
            Column("Hồ sơ tiếp nhận", 820, 6_900),
            Column("Trực tuyến (%)", 52, 94, 1, total=False),
            Column("Đúng hạn (%)", 94.1, 100, 1, total=False),
            Column("Tổ công nghệ cộng đồng", 4, 18),
            Column("Tài khoản định danh", 1_700, 8_400),
            Column("Cuộc họp không giấy", 11, 46),
        ),
    ),
)


def write_annexes(
    flow: Flow, setting: Setting, hand: Hand, number_symbol: str, sheets: int
) -> None:
    """Annexes, until the flow has so many sheets."""
    makers = _annexes(setting, hand)
    place = 0
    while len(flow.sheets) < sheets:
        place += 1
        caption, table = next(makers)
        flow.new_sheet()
        flow.paragraph(f"PHỤ LỤC {place}", bold=True, align="centre", before=0)
        if place == 1:
            flow.entry(1, "Phụ lục")
        flow.entry(2, f"Phụ lục {place}. {caption}")
        flow.paragraph(caption, bold=True, align="centre", before=0)
        flow.paragraph(
            f"(Kèm theo Báo cáo số {number_symbol} của Ủy ban nhân dân tỉnh)",
            size=13,
            italic=True,
            align="centre",
            before=0,
        )
        flow.space(6)
        set_table(flow, table)


def _annexes(setting: Setting, hand: Hand) -> Iterator[tuple[str, Table]]:
    for annex in ANNEXES:
        for locality in setting.localities:
            yield f"{annex.caption} tại {locality.area}", _table(annex, locality, hand)


def _table(annex: Annex, locality: Locality, hand: Hand) -> Table:
    rows, sums = [], [0.0] * len(annex.columns)
    for index, entry in enumerate(locality.communes, 1):
        values = [hand.between(c.low, c.high, c.decimals) for c in annex.columns]
        sums = [total + value for total, value in zip(sums, values, strict=True)]
        rows.append(
            [str(index), f"{KINDS[entry[0]]} {entry[2:]}"]
            + [number(v, c.decimals) for v, c in zip(values, annex.columns, strict=True)]
        )
    count = len(locality.communes)
    rows.append(
        ["=", "Cộng / bình quân"]
        + [
            number(total if c.total else total / count, c.decimals)
            for total, c in zip(sums, annex.columns, strict=True)
        ]
    )
    head = [Head("TT"), Head("Đơn vị"), *[Head(column.title) for column in annex.columns]]
    return Table(
        (0.7, 3.2, *([1.4] * len(annex.columns))),
        "cl" + "r" * len(annex.columns),
        [head],
        rows,
        row_padding=8.0,
    )
