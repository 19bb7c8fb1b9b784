"""Our export before four judges: the same count, kinds, boxes and texts in each of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from server.sandbox.ladder import Sandbox
from tests.harness.pdf_judges import JUDGES, Seen
from tests.integration.sandbox.marks import SUBTYPES, mark, one_of_each
from tests.integration.sandbox.test_export import export

Write = Callable[..., Path]
MEDIA = (15, 25, 415, 525)
"""Not at the origin."""
CROP = (45, 55, 395, 475)
"""User space: left, bottom, right, top."""


def pages(document: Any) -> None:
    """Upright and turned pages, whole and cut."""
    for crop in (False, True):
        for rotation in (0, 90, 180, 270):
            page = document.new_page(width=400, height=500)
            document.xref_set_key(page.xref, "MediaBox", "[{} {} {} {}]".format(*MEDIA))
            if crop:
                document.xref_set_key(page.xref, "CropBox", "[{} {} {} {}]".format(*CROP))
            page.set_rotation(rotation)


def marks() -> list[dict[str, Any]]:
    found = []
    for page in range(8):
        ours = one_of_each(page, rotate=-90 * page % 360)
        answer = mark("note", {"point": [60, 240]}, page, body="Trả lời", reply_to=ours[6]["id"])
        found += [*ours, answer]
    return found


def places(one: dict[str, Any]) -> list[tuple[float, float]]:
    """Points of the mark in user space."""
    geometry = one["geometry"]
    box = CROP if one["page"] >= 4 else MEDIA
    if "quads" in geometry:
        flat = [number for quad in geometry["quads"] for number in quad]
    else:
        keys = [key for key in ("rect", "point", "from", "to") if key in geometry]
        flat = [number for key in keys for number in geometry[key]]
    xs, ys = flat[::2], flat[1::2]
    return [(box[0] + x, box[3] - y) for x, y in zip(xs, ys, strict=True)]


async def test_four_programs_see_the_same(
    sandbox: Sandbox, write_pdf: Write, tmp_path: Path
) -> None:
    ours = marks()
    data = await export(sandbox, write_pdf(pages), marks=ours)
    seen = {name: judge(data, tmp_path) for name, judge in JUDGES.items()}
    wanted = [(one["page"], SUBTYPES[one["kind"]].lower(), one.get("body", "")) for one in ours]
    for name, found in seen.items():
        assert [(one.page, one.kind, one.text) for one in found] == wanted, name
    for place, one in enumerate(ours):
        reference = seen["pikepdf"][place].box
        for name, found in seen.items():
            assert found[place].box == pytest.approx(reference, abs=1), (name, one)
        assert holds(reference, one), one


def holds(box: tuple[float, float, float, float], one: dict[str, Any]) -> bool:
    """The box lies about the mark: its points are within, and no side is far away."""
    points = places(one)
    if one["kind"] in ("free_text", "stamp") and one["geometry"]["rotate"] in (90, 270):
        (ax, ay), (bx, by) = points
        cx, cy, half, tall = (ax + bx) / 2, (ay + by) / 2, abs(ay - by) / 2, abs(ax - bx) / 2
        points = [(cx - half, cy - tall), (cx + half, cy + tall)]
    near = 24 if one["kind"] in ("note", "ink", "arrow", "highlighter") else 4
    # A note's icon stands beside its place on a turned page: viewers turn it back about a corner.
    slack = 24 if one["kind"] == "note" and one["page"] % 4 else 1
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x0, y0, x1, y1 = box
    low = x0 <= min(xs) + slack and y0 <= min(ys) + slack
    inside = low and x1 >= max(xs) - slack and y1 >= max(ys) - slack
    tight = max(min(xs) - x0, min(ys) - y0, x1 - max(xs), y1 - max(ys)) <= near + slack
    return inside and tight


async def test_marks_of_the_file_and_ours_side_by_side(
    sandbox: Sandbox, write_pdf: Write, tmp_path: Path
) -> None:
    def build(document: Any) -> None:
        page = document.new_page(width=400, height=500)
        remark = page.add_highlight_annot(pymupdf.Rect(40, 40, 140, 54))
        remark.set_info(title="Sở Tài chính", content="Làm rõ")
        remark.update()

    note = mark("note", {"point": [200, 200]}, body="Của tôi")
    theirs = mark(
        "highlight",
        {"quads": [[40, 40, 140, 40, 40, 54, 140, 54]]},
        foreign_props={"index": 0, "by": "Sở Tài chính", "pdf": {}},
        layer="file",
    )
    data = await export(sandbox, write_pdf(build), marks=[theirs, note])
    for name, judge in JUDGES.items():
        found: list[Seen] = judge(data, tmp_path)
        assert [(one.kind, one.text) for one in found] == [
            ("highlight", "Làm rõ"),
            ("text", "Của tôi"),
        ], name
