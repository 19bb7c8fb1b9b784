"""Pure decisions about accounts, sessions and names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """Standing roles of an account; roles in one meeting are the meeting's rows."""

    SYSTEM_ADMIN = "system_admin"
    UNIT_ADMIN = "unit_admin"
    SECRETARIAT = "secretariat"
    APPROVER = "approver"
    DELEGATE = "delegate"
    GUEST = "guest"
    ROOM = "room"
    OPERATOR = "operator"


@dataclass(frozen=True)
class SessionBounds:
    """How long a session lives."""

    idle: timedelta
    idle_in_session: timedelta
    absolute: timedelta


def session_expires(
    started: datetime, last_seen: datetime, in_session: bool, bounds: SessionBounds
) -> datetime:
    """When a session ends if nothing more happens.

    A participant of a running meeting gets the longer idle time: nobody is thrown out of a
    meeting for reading (security.md, Sessions).
    """
    idle = bounds.idle_in_session if in_session else bounds.idle
    return min(started + bounds.absolute, last_seen + idle)


def folded(words: str) -> str:
    """Text for searching: NFC, no-break space to space, marks off, đ to d, lower case."""
    text = unicodedata.normalize("NFC", words).replace("\u00a0", " ").replace("\u00ad", "-")
    bare = "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )
    return " ".join(bare.replace("đ", "d").replace("Đ", "D").lower().split())


def called(form_of_address: str, name: str) -> str:
    """ "ông Nguyễn Văn An": a person within a line of words."""
    return f"{form_of_address[:1].lower()}{form_of_address[1:]} {name}".strip()


def given_name_first(name: str) -> str:
    """The key that sorts Vietnamese names: given name, then the rest, folded and then exact."""
    parts = name.split()
    turned = " ".join(parts[-1:] + parts[:-1])
    return f"{folded(turned)}\x00{turned}"
