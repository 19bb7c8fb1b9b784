"""Strokes of one go are joined alike by the server and by a tablet without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.model import Annotation
from server.annotating.sketches import STROKES, Together

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "scribbles.json").read_text(encoding="utf-8")
)


def made(given: dict[str, Any]) -> Annotation:
    """The mark of a vector."""
    return Annotation(
        id=given["id"],
        layer=given["layer"],
        document="d",
        version=given["version"],
        page=given["page"],
        kind=given["kind"],
        rev=1,
        seq=1,
        deleted=False,
        author="me",
        created=given["created"],
        modified=given["created"],
        geometry={"rect": given["rect"]},
        style={},
        body=given["body"],
    )


def lines_of(marks: list[Annotation]) -> list[list[str]]:
    """Lines of the list, read as `notes.Walk` reads them."""
    together = Together()
    for mark in sorted(marks, key=lambda one: (one.page, one.created, one.id)):
        together.put(mark, together.joins(mark))
    return [[mark.id for mark in entry.marks] for entry in together.entries]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_server_joins_as_the_vectors_say(case: dict[str, Any]) -> None:
    assert lines_of([made(one) for one in case["marks"]]) == case["lines"]


def test_a_page_of_handwriting_is_bounded() -> None:
    given = CASES[0]["marks"][0]
    marks = [made({**given, "id": f"{number:04}"}) for number in range(STROKES + 1)]
    assert [len(line) for line in lines_of(marks)] == [STROKES, 1]
