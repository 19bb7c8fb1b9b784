"""The base of every message on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class WireModel(BaseModel):
    """A message on the wire: unknown fields are an error, on both sides.

    Wire models are never tables.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_timedelta="float")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    return value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A moment as ISO 8601 with offset; kept in UTC."""

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
"""A UUID in lower-case text."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
"""One line of words for people."""

ShortLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]

Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000)]
