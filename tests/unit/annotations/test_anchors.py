"""Anchors of text marks: the same in both languages, and found again on an unchanged page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.anchors import Word, anchor_of, page_text, quads_of, words_of
from annotations.checks import check_anchor, check_geometry

VECTORS = Path(__file__).parents[2] / "contract" / "vectors" / "anchors.json"
DATA: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
WORDS = [Word(*word) for word in DATA["words"]]


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: f"{case['first']}-{case['last']}")
def test_vectors_shared_with_typescript(case: dict[str, Any]) -> None:
    first, last = case["first"], case["last"]
    anchor = anchor_of(WORDS, first, last, case["page"])
    assert anchor == case["anchor"]
    assert quads_of(WORDS, first, last) == case["quads"]
    check_anchor(anchor)
    check_geometry("highlight", {"quads": case["quads"]})
    quote, position = anchor[0], anchor[1]
    text = page_text(WORDS)
    assert text[position["start"] : position["end"]] == quote["exact"]
    assert words_of(WORDS, anchor) == (first, last)


def test_a_changed_page_is_not_mistaken_for_the_old_one() -> None:
    anchor = anchor_of(WORDS, 4, 8, 0)
    changed = [word._replace(text="số") if i == 5 else word for i, word in enumerate(WORDS)]
    assert words_of(changed, anchor) is None
    assert words_of(WORDS[:6], anchor) is None
    assert words_of(WORDS[1:], anchor) is None
    assert words_of(WORDS[:2], anchor) is None
    assert words_of(WORDS, anchor[:1]) is None
    assert words_of(WORDS, anchor[1:]) is None
