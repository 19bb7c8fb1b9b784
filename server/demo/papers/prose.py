"""Read the texts of the papers and flow them.

A text file has blocks separated by blank lines: "# ", "## ", "### " are headings, "!name argument"
calls a drawing or table of the paper, anything else is a paragraph. Braces are filled by a Hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from server.demo.papers.figures import Hand
from server.demo.papers.flow import Flow

TEXTS = Path(__file__).parent / "texts"
Insertion = Callable[[Flow], None]


def blocks(name: str) -> list[str]:
    """The blocks of a text file, each on one line."""
    text = (TEXTS / f"{name}.txt").read_text("utf-8")
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]


def groups(name: str) -> dict[str, list[str]]:
    """The paragraphs of a text file under its "# " headings."""
    found: dict[str, list[str]] = {}
    heading = ""
    for block in blocks(name):
        if block.startswith("# "):
            heading = block[2:]
            found[heading] = []
        else:
            found[heading].append(block)
    return found


def capitalised(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def flow_text(
    flow: Flow,
    name: str,
    hand: Hand,
    insertions: Mapping[str, Insertion] | None = None,
    extra: Mapping[str, str] | None = None,
    keep_last: float = 0.0,
) -> None:
    """Flow a text file; `insertions` are its "!" lines ("table budget" -> a function).

    `keep_last` points are kept free below the last paragraph, for the signature.
    """
    found = blocks(name)
    for place, block in enumerate(found):
        if block.startswith("!"):
            (insertions or {})[block[1:]](flow)
            continue
        marks, _, rest = block.partition(" ")
        text = capitalised(hand.fill(rest if set(marks) == {"#"} else block, extra))
        if set(marks) == {"#"}:
            flow.heading(len(marks), text)
        else:
            flow.paragraph(text, keep=keep_last if place == len(found) - 1 else 0.0)
