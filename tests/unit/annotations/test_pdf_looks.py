"""How a mark looks in a PDF: turned, moved, numbered, filled; and what others had said of it."""

import re
from typing import Any

import pytest

from annotations.ink import encode_ink
from annotations.pdf import PdfMark, to_pdf
from annotations.pdf_drawing import wrap
from annotations.pdf_values import PdfName
from tests.unit.annotations.test_pdf import FRAME, Monospace, annotation


def made(kind: str, **changes: Any) -> PdfMark:
    return to_pdf(annotation(kind, **changes), "Lê Ấn", FRAME, Monospace())


def content(mark: PdfMark) -> str:
    return mark.appearance.content.decode()


def test_a_moved_stroke_stands_where_it_went() -> None:
    moved = {"rect": [20, 30, 70, 60], "matrix": [1, 0, 0, 1, 10, 20]}
    assert made("ink", geometry=moved).entries["InkList"] == [[50, 440, 100, 410]]


@pytest.mark.parametrize("points", [[10.0], [10.0, 30.0], [10.0, 20.0, 30.0, 25.0, 40.0]])
def test_ink_without_pressure_is_one_smooth_line(points: list[float]) -> None:
    ink = made("ink", ink=encode_ink(points, points))
    words = content(ink).split()
    assert (words.count("m"), words.count("S"), words.count("f")) == (1, 1, 0)
    assert words.count("c") == max(0, len(points) - 2)
    assert words.count("l") == 1


def test_pressed_ink_is_a_filled_area() -> None:
    words = content(made("ink")).split()
    assert (words.count("S"), words.count("f")) == (0, 1)


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
@pytest.mark.parametrize(
    ("style", "paint"),
    [
        ({"color": "#000000", "width": 2}, "S"),
        ({"color": "#000000", "width": 0}, "n"),
        ({"color": "#000000", "width": 2, "fill": "#ff0000"}, "B"),
        ({"color": "#000000", "width": 0, "fill": "#ff0000"}, "f"),
    ],
)
def test_shapes_are_drawn_and_filled_as_asked(kind: str, style: Any, paint: str) -> None:
    shape = made(kind, style=style)
    assert content(shape).split()[-1] == paint
    assert ("IC" in shape.entries) == ("fill" in style)
    rect, less = shape.entries["Rect"], shape.entries["RD"]
    inner = [rect[0] + less[0], rect[1] + less[1], rect[2] - less[2], rect[3] - less[3]]
    assert inner == pytest.approx([40, 430, 90, 460])


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("kind", ["free_text", "stamp"])
def test_text_says_its_turn_and_where_it_stands(kind: str, rotate: int) -> None:
    geometry = {"rect": [10, 10, 60, 40], "rotate": rotate}
    text = made(kind, geometry=geometry, body="x")
    assert text.entries.get("Rotate", 0) == -rotate % 360
    rect, less = text.entries["Rect"], text.entries["RD"]
    inner = [rect[0] + less[0], rect[1] + less[1], rect[2] - less[2], rect[3] - less[3]]
    upright = [40, 430, 90, 460]
    assert inner == pytest.approx(upright if rotate % 180 == 0 else [50, 420, 80, 470])


def test_empty_lines_of_text_are_room() -> None:
    lines = re.findall(r"Tm <", content(made("free_text", body="a\n\nb")))
    assert len(lines) == 2


@pytest.mark.parametrize("kind", ["note", "highlight"])
def test_a_number_stands_beside_the_mark(kind: str) -> None:
    mark = annotation(kind, body="x")
    plain = to_pdf(mark, "", FRAME, Monospace(), drawn_in=True)
    numbered = to_pdf(mark, "", FRAME, Monospace(), drawn_in=True, number=12)
    assert Monospace().glyphs("12") in content(numbered)
    assert Monospace().glyphs("12") not in content(plain)
    assert numbered.appearance.has_text
    assert numbered.appearance.box[2] > plain.appearance.box[2]


def test_what_another_program_said_is_written_back() -> None:
    said = {
        "by": "Sở Y tế",
        "nm": "its-own",
        "pdf": {
            "Subj": "Góp ý",
            "BS": {"d": {"W": 9, "S": {"n": "D"}, "D": [3, 2]}},
            "LE": [{"n": "Circle"}, {"n": "Butt"}],
            "RC": "<p>Xem</p>",
            "A": {"d": {"S": {"n": "JavaScript"}}},
        },
    }
    line = made("line", foreign_props=said)
    assert line.entries["NM"] == "its-own"
    assert line.entries["Subj"] == "Góp ý"
    assert line.entries["RC"] == "<p>Xem</p>"
    assert line.entries["BS"] == {"W": 2.0, "S": "D", "D": [3, 2]}
    assert line.entries["LE"] == ["Circle", "Butt"]
    assert isinstance(line.entries["LE"][0], PdfName)
    assert "A" not in line.entries
    assert made("note", foreign_props=said).entries["BS"]["W"] == 9


def test_a_changed_mark_looks_as_it_does_here() -> None:
    said = {"pdf": {"Subj": "Góp ý", "LE": [{"n": "Circle"}, {"n": "Butt"}], "RC": "<p>old</p>"}}
    line = made("arrow", foreign_props=said, group_revs=(2, 1, 1, 1))
    assert line.entries["Subj"] == "Góp ý"
    assert line.entries["LE"] == ["None", "OpenArrow"]
    assert "RC" not in line.entries


def test_what_is_resolved_has_a_state() -> None:
    note = made("note", resolved=True)
    assert note.state is not None
    assert (note.state["StateModel"], note.state["State"]) == ("Review", "Completed")
    assert note.state["NM"] != note.entries["NM"]
    assert made("note").state is None


def test_lines_are_broken_where_they_must() -> None:
    assert list(wrap("aa bb cccccc d", 20, 10, Monospace())) == ["aa", "bb", "cccc", "cc d"]
    assert list(wrap("", 20, 10, Monospace())) == [""]
