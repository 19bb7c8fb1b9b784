"""The words of a page: normalised text, boxes in page space, one hash. Pure; no file is opened.

Page space: the unrotated page in points, origin at the top left of the CropBox, y down.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from server.sandbox.child.legacy_fonts import (
    convert_word,
    detect_legacy,
    font_is_capitals,
    legacy_of_font,
)

_FOLDED = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2007": " ",
        "\u00ad": "-", "\u037e": ";",
        "\u200b": None, "\ufeff": None, "\x00": None,
    }
)  # fmt: skip


class Word(NamedTuple):
    """A word as drawn; `font` is '' where nobody asked for it."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    block: int
    line: int
    font: str = ""


def normalise_text(text: str) -> str:
    """NFC; no-break spaces are spaces, a soft hyphen is a hyphen, a Greek question mark is ";"."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text.translate(_FOLDED))
    if text.isprintable():
        return text.strip()
    return "".join(c for c in text if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF).strip()


def read_words(words: Sequence[Word]) -> list[Word]:
    """Normalised words; old encodings are converted, by font name first, else by their letters."""
    named = {font: legacy_of_font(font) for font in {word.font for word in words}}
    unnamed = [word.text for word in words if named[word.font] is None]
    guess = detect_legacy(unnamed) if unnamed else None
    result = []
    for word in words:
        legacy = named[word.font] or guess
        text = word.text
        if legacy:
            text = convert_word(text, legacy, capitals=font_is_capitals(word.font))
        text = normalise_text(text)
        if text:
            result.append(word._replace(text=text))
    return result


def words_json(
    page: int, width: float, height: float, rotation: int, words: Sequence[Word]
) -> bytes:
    """The words file of a page as the client reads it: compact UTF-8 JSON, points to 0.01."""
    rows = [
        [round(w.x0, 2), round(w.y0, 2), round(w.x1, 2), round(w.y1, 2), w.text, w.block, w.line]
        for w in words
    ]
    value = {
        "page": page,
        "width": round(width, 3),
        "height": round(height, 3),
        "rotation": rotation,
        "words": rows,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def text_hash(words: Sequence[Word]) -> str:
    """SHA-256 (hex) of the page's words in reading order: equal on equal text wherever it stands.

    A page without text has the hash of the empty text.
    """
    return hashlib.sha256(" ".join(word.text for word in words).encode()).hexdigest()
