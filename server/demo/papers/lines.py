"""Break Vietnamese text with light markup into lines and write them justified.

Markup: *bold* and _italic_; nothing else is special.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.demo.papers.sheet import BLACK, Colour, Sheet
from server.demo.papers.typeface import Style, face

GLUE = "\1"  # a space at which no line may end


@dataclass(frozen=True)
class Word:
    """What stands between two spaces: pieces of one style each, and the width in points."""

    pieces: tuple[tuple[Style, str], ...]
    width: float


def words(text: str, size: float, bold: bool = False, italic: bool = False) -> list[Word]:
    """The words of a text, measured at a size; a dash stays with the word before it."""
    found: list[Word] = []
    for raw in text.replace(" - ", f"{GLUE}- ").split():
        pieces: list[tuple[Style, str]] = []
        buffer = ""
        for character in raw.replace(GLUE, " ") + "\0":
            if character in "*_\0":
                if buffer:
                    pieces.append((Style.of(bold, italic), buffer))
                buffer = ""
                bold ^= character == "*"
                italic ^= character == "_"
            else:
                buffer += character
        width = sum(face(style).width(piece, size) for style, piece in pieces)
        if pieces:
            found.append(Word(tuple(pieces), width))
    return found


def space_width(size: float) -> float:
    """The width of a space (the same in all four styles)."""
    return face(Style.REGULAR).width(" ", size)


def broken(line: list[Word], size: float, first: float, rest: float) -> Iterator[list[Word]]:
    """Greedy lines: the first `first` points wide, the others `rest`."""
    space = space_width(size)
    current: list[Word] = []
    used, limit = 0.0, first
    for word in line:
        needed = word.width + (space if current else 0)
        if current and used + needed > limit + 0.01:
            yield current
            current, used, limit = [], 0.0, rest
            needed = word.width
        current.append(word)
        used += needed
    if current:
        yield current


def natural_width(line: list[Word], size: float) -> float:
    """The width of a line with ordinary spaces."""
    return sum(word.width for word in line) + space_width(size) * (len(line) - 1)


def write_line(
    sheet: Sheet,
    line: list[Word],
    x: float,
    y: float,
    size: float,
    extra: float = 0.0,
    colour: Colour = BLACK,
) -> None:
    """Write words from x with `extra` points added to every space."""
    gap = f" {-extra * 1000 / size:.1f} " if extra else ""
    start, style, array, width = x, None, "", 0.0
    for number, word in enumerate(line):
        for place, (piece_style, piece) in enumerate(word.pieces):
            if style is not piece_style:
                if style is not None and array:
                    sheet.run(start, y, array, size, style, colour)
                start, style, array, width = start + width, piece_style, "", 0.0
            if place == 0 and number:
                blank = face(piece_style).hexadecimal(" ")
                array += f"<{blank}>{gap}"
                width += space_width(size) + extra
            array += f"<{face(piece_style).hexadecimal(piece)}>"
            width += face(piece_style).width(piece, size)
    if style is not None and array:
        sheet.run(start, y, array.replace("><", ""), size, style, colour)
