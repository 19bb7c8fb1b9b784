"""The four styles of the demo's serif: glyph numbers and widths, for setting type by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import pymupdf

FONTS = Path(__file__).parent.parent / "fonts"


class Style(StrEnum):
    """A style; the value is the end of its file's name."""

    REGULAR = "Regular"
    BOLD = "Bold"
    ITALIC = "Italic"
    BOLD_ITALIC = "BoldItalic"

    @property
    def resource(self) -> str:
        """Its name in a page's font resources."""
        return {"Regular": "FR", "Bold": "FB", "Italic": "FI", "BoldItalic": "FX"}[self.value]

    @property
    def path(self) -> Path:
        return FONTS / f"serif-{self.value}.ttf"

    @staticmethod
    def of(bold: bool, italic: bool) -> Style:
        if bold:
            return Style.BOLD_ITALIC if italic else Style.BOLD
        return Style.ITALIC if italic else Style.REGULAR


@dataclass
class Face:
    """Glyph numbers and advances (in em) of one style, looked up once per character."""

    font: pymupdf.Font
    glyphs: dict[str, tuple[int, float]] = field(default_factory=dict)

    def glyph(self, character: str) -> tuple[int, float]:
        """(glyph number, advance in em); a character that the font lacks is an error of ours."""
        found = self.glyphs.get(character)
        if found is None:
            number = self.font.has_glyph(ord(character))
            if not number:
                raise ValueError(f"the demo's font has no {character!r}")
            found = (number, self.font.glyph_advance(ord(character)))
            self.glyphs[character] = found
        return found

    def width(self, text: str, size: float) -> float:
        """Width of a text in points."""
        return sum(self.glyph(character)[1] for character in text) * size

    def hexadecimal(self, text: str) -> str:
        """The text as glyph numbers, for a string operand with Identity-H encoding."""
        return "".join(f"{self.glyph(character)[0]:04x}" for character in text)


@lru_cache
def face(style: Style) -> Face:
    """The face of a style, opened once."""
    return Face(pymupdf.Font(fontfile=str(style.path)))
