"""Plain values of a PDF, as readers and writers of annotations exchange them. No PDF library.

Every string of a file has been decoded as text (ISO 32000-2 7.9.2.2): no mark's own property is
anything else. Dates: 7.9.4; rich text: 12.7.5.1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any, Final

PdfValue = Any
"""None, bool, int, float, str, PdfName, PdfRef, list[PdfValue] or dict[str, PdfValue]."""

MAX_RICH: Final = 65_536
"""Characters of rich text that are looked at: three times the longest body."""
LARGEST: Final = 1e6
"""Numbers beyond are taken for faults: the largest page has 14,400 units a side."""


class PdfName(str):
    """A PDF name, without its slash."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PdfRef:
    """An object that is named and not followed: its number, unique in the file."""

    number: int


def number(value: PdfValue) -> float | None:
    """A finite number of a sane size, or None."""
    if type(value) is not float and type(value) is not int:
        return None
    # NaN fails this comparison too.
    return float(value) if -LARGEST <= value <= LARGEST else None


def numbers(value: PdfValue, least: int, most: int) -> list[float] | None:
    """An array of `least` … `most` numbers, or None."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        return None
    found = [number(one) for one in value]
    return None if None in found else [one for one in found if one is not None]


_LANGUAGE: Final = re.compile("\x1b[^\x1b]*\x1b")
_CONTROLS: Final = dict.fromkeys({*range(32)} - {9, 10, 13})


def text_of(value: PdfValue) -> str:
    """A text string as every database holds it: line ends as LF; language codes, control characters
    and halves of surrogate pairs taken out. "" for what is no string."""
    if type(value) is not str:
        return ""
    text = _LANGUAGE.sub("", value.encode("utf-8", "replace").decode("utf-8"))
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


class _Plain(HTMLParser):
    """Collects the words; never fetches, never expands more than a character reference."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "div", "li", "br"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_of(rich: str) -> str:
    """The words of rich text (the XHTML of /RC), a line per paragraph."""
    reader = _Plain()
    reader.feed(rich[:MAX_RICH])
    reader.close()
    return "".join(reader.parts).strip()


_DATE: Final = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([Zz+-])(?:(\d\d)'?(?:(\d\d)'?)?)?)?"
)


def date_of(value: PdfValue) -> int | None:
    """A PDF date in ms since 1970, or None where it is none. Without a zone: UTC."""
    found = _DATE.match(text_of(value).strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, zone_h, zone_m = found.groups()
    offset = timedelta(hours=int(zone_h or 0), minutes=int(zone_m or 0))
    try:
        at = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(59, int(second or 0)),
            tzinfo=UTC
            if sign in (None, "Z", "z")
            else timezone(offset if sign == "+" else -offset),
        )
        ms = math.floor(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return ms if ms >= 0 else None


def date_text(ms: int) -> str:
    """Milliseconds since 1970 as a PDF date in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("D:%Y%m%d%H%M%SZ")


def color_of(value: PdfValue) -> str | None:
    """A colour array of 1, 3 or 4 components as "#rrggbb"; None for none or nonsense."""
    parts = numbers(value, 1, 4)
    if parts is None or len(parts) == 2:
        return None
    share = [min(1.0, max(0.0, part)) for part in parts]
    if len(share) == 1:
        share *= 3
    elif len(share) == 4:
        black = 1 - share[3]
        share = [(1 - ink) * black for ink in share[:3]]
    return "#" + "".join(f"{round(part * 255):02x}" for part in share)
