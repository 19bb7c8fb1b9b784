"""The topics of a meeting, and announcing to them.

`meeting:ID` is heard by the participants, `meeting:ID:staff` by those who prepare and run it: one
audience each, so nothing is filtered at delivery. What everybody may see goes to both.
"""

from __future__ import annotations

from pydantic import BaseModel

from server.database import WriteSession
from server.live.changes import announce


def meeting_topic(meeting_id: str) -> str:
    """What participants follow."""
    return f"meeting:{meeting_id}"


def staff_topic(meeting_id: str) -> str:
    """What the meeting's staff follows."""
    return f"meeting:{meeting_id}:staff"


def inbox_topic(person_id: str) -> str:
    """What one person follows."""
    return f"inbox:{person_id}"


def tell_staff(session: WriteSession, meeting_id: str, *items: BaseModel) -> None:
    """A change for the staff alone."""
    announce(session, staff_topic(meeting_id), *items)


def tell_meeting(
    session: WriteSession, meeting_id: str, *items: BaseModel, forget: bool = False
) -> None:
    """A change for everybody in the meeting; with `forget` participants get none before it."""
    announce(session, meeting_topic(meeting_id), *items, forget=forget)
    announce(session, staff_topic(meeting_id), *items)
