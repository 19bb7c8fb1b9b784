"""Marks as PDF values: subtypes, boxes, colours, times, and areas without holes."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.ink import encode_ink
from annotations.model import KINDS, Annotation
from annotations.pdf import STAMP_WORDS, to_pdf
from annotations.pdf_drawing import Canvas, PageFrame, draw_nib, rgb, turn_about
from annotations.pdf_values import PdfName, date_text

FRAME = PageFrame(left=30, top=470)
GEOMETRY: dict[str, dict[str, Any]] = {
    "ink": {"rect": [10, 10, 60, 40]},
    "highlighter": {"rect": [10, 10, 60, 40]},
    **{
        key: {"quads": [[10, 10, 60, 10, 10, 22, 60, 22]]}
        for key in ("highlight", "underline", "strikeout", "squiggly")
    },
    "note": {"point": [40, 50]},
    **{key: {"rect": [10, 10, 60, 40]} for key in ("free_text", "stamp", "rectangle", "ellipse")},
    "line": {"from": [10, 10], "to": [60, 40]},
    "arrow": {"from": [10, 10], "to": [60, 40]},
}


class Monospace:
    """A typeface of half ems."""

    def glyphs(self, text: str) -> str:
        return "".join(f"{ord(letter):04X}" for letter in text)

    def width(self, text: str) -> float:
        return 0.5 * len(text)


def annotation(kind: str, **changes: Any) -> Annotation:
    values: dict[str, Any] = {
        "id": "0196f3a1-0000-7000-8000-000000000001",
        "layer": "l",
        "document": "d",
        "version": "v",
        "page": 3,
        "kind": kind,
        "rev": 1,
        "seq": 1,
        "deleted": False,
        "author": "a",
        "created": 0,
        "modified": 1763800100000,
        "geometry": GEOMETRY[kind],
        "style": {"color": "#ff8000", "width": 2, "opacity": 0.4},
        "ink": encode_ink([10, 60], [10, 40], [0.5, 0.5]) if "ink" in kind or kind == "highlighter"
        else None,
    }  # fmt: skip
    return Annotation(**{**values, **changes})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_what_every_viewer_needs(kind: str) -> None:
    made = to_pdf(annotation(kind, body="Xin\ný kiến"), "Lê Ấn", FRAME, Monospace())
    entries = made.entries
    assert isinstance(entries["Subtype"], PdfName)
    assert (entries["T"], entries["NM"]) == ("Lê Ấn", "0196f3a1-0000-7000-8000-000000000001")
    assert (entries["C"], entries["CA"]) == ([1.0, 0.502, 0.0], 0.4)
    assert entries["M"] == "D:20251122082820Z"
    assert entries["Contents"] == "Xin\ný kiến"
    assert made.appearance.content
    assert entries["Rect"] == made.appearance.box
    assert made.page == 3
    assert (made.popup is None) == (kind == "free_text")
    x0, y0, x1, y1 = entries["Rect"]
    if kind not in ("note", "free_text", "stamp"):
        # User space: x from the CropBox's left edge, y up from its top.
        assert x0 <= 40 <= 90 <= x1
        assert y0 <= 448 <= 460 <= y1
        assert (x1 - x0) < 62


def test_quads_keep_the_order_viewers_use() -> None:
    made = to_pdf(annotation("highlight"), "", FRAME, Monospace())
    assert made.entries["QuadPoints"] == [40, 460, 90, 460, 40, 448, 90, 448]
    assert made.appearance.multiply


@pytest.mark.parametrize(
    ("name", "words"), [("dong_y", "Đồng ý"), ("can_lam_ro", "Cần làm rõ"), ("other", "other")]
)
def test_a_stamp_says_its_words_in_the_middle_of_its_frame(name: str, words: str) -> None:
    style = {"stamp": name, "font_size": 10.0, "width": 2}
    made = to_pdf(annotation("stamp", style=style), "", FRAME, Monospace())
    assert made.entries["Name"] == name
    content = made.appearance.content.decode()
    assert f"<{Monospace().glyphs(words)}> Tj" in content
    start = FRAME.left + 35 - Monospace().width(words) * 10 / 2
    assert f"{start:.3f} {FRAME.top - 28.5:.3f} Tm" in content
    assert "\nS\n" in content


def test_the_tablet_has_the_same_stamps() -> None:
    source = Path(__file__).parents[3] / "client_web/src/annotating/marks/stamps.ts"
    there = re.findall(r"(\w+): \{ words: '([^']+)'", source.read_text(encoding="utf-8"))
    assert dict(there) == STAMP_WORDS


def test_points_are_scaled_by_the_unit_of_the_page() -> None:
    made = to_pdf(annotation("line"), "", PageFrame(0, 100, 2.0), Monospace())
    assert made.entries["L"] == [5, 95, 30, 80]
    assert made.entries["BS"] == {"W": 1.0}


def test_dates_and_colours() -> None:
    assert date_text(0) == "D:19700101000000Z"
    assert rgb("#000000") == (0, 0, 0)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turning_four_times_comes_back(degrees: int) -> None:
    a, b, c, d, e, f = turn_about(degrees, 7, 9)
    assert (a * 7 + c * 9 + e, b * 7 + d * 9 + f) == pytest.approx((7, 9))
    assert a * d - b * c == 1


coordinate = st.floats(0, 300, allow_nan=False).map(lambda v: round(v, 2))


@given(st.lists(st.tuples(coordinate, coordinate, st.floats(0, 1)), min_size=1, max_size=30))
def test_all_pieces_of_a_stroke_turn_one_way(points: list[tuple[float, float, float]]) -> None:
    """Then a non-zero fill is their union, whatever the pen did."""
    canvas = Canvas(PageFrame(0, 0))
    xs, ys, pressure = (list(values) for values in zip(*points, strict=True))
    draw_nib(canvas, xs, ys, pressure, 4)
    assert all(math.isfinite(v) for point in canvas.points for v in point)
    for piece in canvas.content().decode().split("h"):
        corners = re.findall(r"(-?[\d.]+) (-?[\d.]+) [mlc]\b", piece)
        ring = [(float(x), float(y)) for x, y in corners]
        area = sum(
            a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], *ring[:1]], strict=True)
        )
        assert area >= -1e-3
