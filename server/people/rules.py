"""Pure decisions about accounts, sessions and names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum


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


def addressed(form_of_address: str, name: str) -> str:
    """ "Ông Nguyễn Văn An": a person at the beginning of a line."""
    return f"{form_of_address[:1].upper()}{form_of_address[1:]} {name}".strip()


def called(form_of_address: str, name: str) -> str:
    """ "ông Nguyễn Văn An": a person within a line of words. An abbreviation stays ("PGS.TS")."""
    first, rest = form_of_address[:1], form_of_address[1:]
    return f"{first.lower() if rest[:1].islower() else first}{rest} {name}".strip()


class Office(IntEnum):
    """What somebody is in their unit, in the order in which a list of those present names them."""

    HEAD = 0
    STANDING_DEPUTY = 1
    DEPUTY = 2
    MEMBER = 3
    CLERK = 4


HEADS = (
    "bi thu",
    "chu tich",
    "tong giam doc",
    "giam doc",
    "chanh ",
    "truong ",
    "chi huy truong",
    "cuc truong",
    "chi cuc truong",
    "vien truong",
    "tong bien tap",
    "hieu truong",
    "chu nhiem",
)
"""How the position of whoever leads a unit begins, folded."""
CLERKS = ("thu ky", "tro ly", "van thu")
DIVISIONS = ("truong phong", "truong kip", "truong nhom")
"""These lead a part of a unit, whose head and deputies come before them."""
ACTING = ("quyen ", "q. ")


def office_of(position: str) -> Office:
    """The highest office that a position names: "Phó Bí thư, Chủ tịch" is a head. What is not known
    is a member's."""
    return min((_one_office(part) for part in position.split(",")), default=Office.MEMBER)


def _one_office(position: str) -> Office:
    words = folded(position)
    for acting in ACTING:
        words = words.removeprefix(acting)
    if words.startswith(CLERKS):
        return Office.CLERK
    led = words.removeprefix("pho ")
    if led.startswith(DIVISIONS) or not led.startswith(HEADS):
        return Office.MEMBER
    if led == words:
        return Office.HEAD
    return Office.STANDING_DEPUTY if "thuong truc" in words else Office.DEPUTY


def given_name_first(name: str) -> str:
    """The key that sorts Vietnamese names: given name, then the rest, folded and then exact."""
    parts = name.split()
    turned = " ".join(parts[-1:] + parts[:-1])
    return f"{folded(turned)}\x00{turned}"
