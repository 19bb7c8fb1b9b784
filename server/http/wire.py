"""The base of every message on the wire."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class WireModel(BaseModel):
    """A message on the wire: unknown fields are an error, on both sides.

    Wire models are never tables.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_timedelta="float")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    if not 1900 <= value.year <= 9000:
        raise ValueError("no meeting is so far away")
    return value.astimezone(UTC)


def _composed(value: object) -> object:
    """NFC: tablets type "ệ" in one to three code points; kept text has one form, so that equal
    words are equal (Unicode Standard Annex #15)."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _one_line(value: str) -> str:
    """No line breaks, no NUL, and no signs that turn the direction of what follows
    (CVE-2021-42574): words for people show what they say."""
    if any(unicodedata.category(letter) == "Cc" or letter in TURNING for letter in value):
        raise ValueError("control characters")
    return value


def _many_lines(value: str) -> str:
    return _one_line(value.replace("\n", " ").replace("\t", " ")) and value


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A moment as ISO 8601 with offset; kept in UTC."""

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
"""A UUID in lower-case text."""

Composed = BeforeValidator(_composed)
"""After the StringConstraints in `Annotated`: before them it would split them into steps, and
" " would pass as a title of one letter."""

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    Composed,
    AfterValidator(_one_line),
]
"""One line of words for people."""

ShortLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120),
    Composed,
    AfterValidator(_one_line),
]

Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=8000),
    Composed,
    AfterValidator(_many_lines),
]
