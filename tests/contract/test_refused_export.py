"""Work that the server refused, as the tablet writes it (client annotating/xfdf), comes back
through the server's own reader: same kinds, places, words, on any page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.imported import ImportedMark, names_of
from annotations.ink import decode_ink, ink_from_text
from annotations.pdf_drawing import PageFrame, apply
from annotations.pdf_import import PagePlace, import_marks
from annotations.xfdf_read import read_xfdf
from tests.unit.annotations.test_pdf import Monospace

VECTORS = Path(__file__).parent / "vectors"
GIVEN: dict[str, Any] = json.loads((VECTORS / "refused.json").read_text(encoding="utf-8"))
PUTS = [op for one in GIVEN["refused"] for op in one["ops"] if op["op"] == "put"]
ODD = PageFrame(31.0, 700.0, 2.0)
"""A page whose CropBox begins elsewhere and whose unit is no point: no tablet knows that."""


def read() -> dict[str, ImportedMark]:
    raws = read_xfdf((VECTORS / "refused.xfdf").read_bytes())
    places = {0: PagePlace(ODD), 1: PagePlace(ODD, 90)}
    marks = import_marks(iter(raws), places, Monospace()).marks
    return dict(zip(names_of(marks), marks, strict=True))


@pytest.mark.parametrize("put", PUTS, ids=lambda put: f"{put['kind']}-{put['id'][-2:]}")
def test_a_new_mark_comes_back_as_it_was(put: dict[str, Any]) -> None:
    back = read()[put["id"]]
    assert (back.kind, back.page, back.created) == (
        put["kind"],
        put["page"],
        put["created"] // 1000 * 1000,
    )
    written = [
        op["body"]
        for one in GIVEN["refused"]
        for op in one["ops"]
        if op["id"] == put["id"] and op.get("body")
    ]
    # Text on the page is broken into the lines of its box.
    assert back.body.split() == (written[-1] if written else "").split()
    looks = {"color", "fill", "stamp", "opacity", "width"}
    for name in put["style"].keys() & (looks - {"width"} if put["kind"] == "highlight" else looks):
        assert back.style[name] == put["style"][name]
    if put["kind"] == "free_text":
        assert back.style["font_size"] == put["style"]["font_size"]
    if "ink" in put:
        assert points(back) == pytest.approx(moved(put), abs=0.06)  # steps of half precision
    elif "reply_to" not in put:
        for name, value in put["geometry"].items():
            assert flat(back.geometry[name]) == pytest.approx(flat(value), abs=0.002)


def flat(value: Any) -> list[float]:
    return [n for part in value for n in flat(part)] if isinstance(value, list) else [value]


def points(mark: ImportedMark) -> list[float]:
    stroke = decode_ink(mark.ink or b"")
    return [*stroke.xs, *stroke.ys]


def moved(put: dict[str, Any]) -> list[float]:
    stroke = decode_ink(ink_from_text(put["ink"]))
    matrix = put["geometry"].get("matrix", [1, 0, 0, 1, 0, 0])
    spots = [apply(matrix, x, y) for x, y in zip(stroke.xs, stroke.ys, strict=True)]
    return [x for x, _ in spots] + [y for _, y in spots]


def test_no_words_of_a_conflict_are_lost_and_nothing_answers_what_is_not_there() -> None:
    marks = list(read().values())
    bodies = [mark.body for mark in marks]
    assert "Lời của tôi" in bodies
    assert "Bản trên máy chủ\nLời trên máy chủ" in bodies
    assert "Nét đã bị xóa, lời còn đây" in bodies
    assert {mark.reply_to for mark in marks} == {None}
    notes = [(mark.page, *mark.geometry["point"]) for mark in marks if mark.kind == "note"]
    assert len(set(notes)) == len(notes)


def test_a_mark_that_was_moved_lies_where_it_was_moved_to() -> None:
    patches = [op for one in GIVEN["refused"] for op in one["ops"] if op["op"] == "patch"]
    (box,) = (op for op in patches if "geometry" in op)
    (back,) = (mark for name, mark in read().items() if name.startswith(f"{box['id']}."))
    assert back.kind == "rectangle"
    assert back.geometry["rect"] == pytest.approx(box["geometry"]["rect"], abs=0.002)
