"""Where a text mark holds on to the text: W3C selectors built from a page's words.

The same as client_web/src/annotating/core/anchors.ts; both are held to
tests/contract/vectors/anchors.json. Re-anchoring on a new version is carry_over's work.
Source: W3C Web Annotation Data Model §4.2.4, §4.2.5; RFC 8118 for "page=".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from annotations.model import JsonObject

CONTEXT: Final = 32
"""Characters kept on either side of a quote: enough to tell repeated phrases of a report apart."""


class Word(NamedTuple):
    """A word of a page: its box in page space, points, and its text as ingest normalised it."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str


def page_text(words: Sequence[Word]) -> str:
    """The text of a page as anchors count it: its words joined by one space."""
    return " ".join(word.text for word in words)


def anchor_of(words: Sequence[Word], first: int, last: int, page: int) -> list[JsonObject]:
    """Anchor words `first` … `last` (both included) of page index `page`, which counts from 0.
    Positions count Unicode code points from the start of the page's text."""
    before = page_text(words[:first]) + (" " if first > 0 else "")
    exact = page_text(words[first : last + 1])
    rest = words[last + 1 :]
    after = (" " if rest else "") + page_text(rest)
    return [
        {
            "type": "TextQuoteSelector",
            "exact": exact,
            "prefix": before[-CONTEXT:],
            "suffix": after[:CONTEXT],
        },
        {
            "type": "TextPositionSelector",
            "start": len(before),
            "end": len(before) + len(exact),
        },
        {"type": "FragmentSelector", "value": f"page={page + 1}"},
    ]


def quads_of(words: Sequence[Word], first: int, last: int) -> list[list[float]]:
    """One quad (model.py) per line for words `first` … `last`: neighbours that overlap by more
    than half of the lower one's height, read left to right, are one line."""
    lines: list[list[float]] = []
    for word in words[first : last + 1]:
        if lines:
            line = lines[-1]
            shared = min(line[3], word.y1) - max(line[1], word.y0)
            least = min(line[3] - line[1], word.y1 - word.y0) / 2
            if shared > least and word.x0 >= line[0]:
                line[1] = min(line[1], word.y0)
                line[2] = max(line[2], word.x1)
                line[3] = max(line[3], word.y1)
                continue
        lines.append([word.x0, word.y0, word.x1, word.y1])
    return [[x0, y0, x1, y0, x0, y1, x1, y1] for x0, y0, x1, y1 in lines]


def words_of(words: Sequence[Word], anchor: Sequence[JsonObject]) -> tuple[int, int] | None:
    """Which words an anchor names on an unchanged page: (first, last), or None when the text at
    its position is no longer its quote."""
    exact = next((one["exact"] for one in anchor if one["type"] == "TextQuoteSelector"), None)
    start = next((one["start"] for one in anchor if one["type"] == "TextPositionSelector"), None)
    if exact is None or start is None:
        return None
    at = 0
    for first, word in enumerate(words):
        if at == start:
            text = ""
            for last in range(first, len(words)):
                text += (" " if text else "") + words[last].text
                if text == exact:
                    return first, last
                if len(text) > len(exact):
                    break
            return None
        at += len(word.text) + 1
    return None
