"""The one font of written marks, embedded once per exported document."""

import functools
import io
from pathlib import Path
from typing import Any

from server.sandbox.child.mupdf import pymupdf

_FILE = Path(__file__).parent / "fonts" / "sans.ttf"
_UNKNOWN = 0xFFFD


@functools.cache
def font_bytes() -> bytes:
    """Read before the lockdown, kept for after it."""
    return _FILE.read_bytes()


class EmbeddedFont:
    """Glyph codes and widths (see `annotations.pdf_drawing.Typeface`)."""

    def __init__(self) -> None:
        self._font: Any = pymupdf.Font(fontbuffer=font_bytes())

    def glyphs(self, text: str) -> str:
        return "".join(f"{self._glyph(ord(letter)):04X}" for letter in text)

    def width(self, text: str) -> float:
        return sum(float(self._font.glyph_advance(ord(letter))) for letter in text)

    def _glyph(self, code: int) -> int:
        return int(self._font.has_glyph(code) or self._font.has_glyph(_UNKNOWN))


@functools.cache
def font_document() -> bytes:
    """A PDF of one page whose resource /F is the font as a Type 0 font with Identity-H."""
    document = pymupdf.open()
    document.new_page().insert_font(fontname="F", fontbuffer=font_bytes())
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
