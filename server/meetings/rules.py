"""What a meeting may do next. Pure: no clock, no database.

    draft ──issue──▶ issued ──open──▶ in_session ──close──▶ closed

A draft is seen by its staff only. From `issued` on its participants see it. `closed` is final:
the agenda and the participants no longer change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from server.errors import DomainError, Invalid
from server.people.rules import Office


class MeetingKind(StrEnum):
    """Kinds of meetings (domain.md); the words are the client's."""

    REGULAR = "regular"  # phiên họp thường kỳ
    THEMATIC = "thematic"  # phiên họp chuyên đề
    EXTRAORDINARY = "extraordinary"  # phiên họp bất thường
    COUNCIL = "council"  # kỳ họp HĐND
    BRIEFING = "briefing"  # giao ban trực tuyến
    CONFERENCE = "conference"  # hội nghị trực tuyến
    PARTY = "party"  # họp Đảng ủy, Ban Thường vụ


class MeetingState(StrEnum):
    """Where a meeting stands."""

    DRAFT = "draft"
    ISSUED = "issued"
    IN_SESSION = "in_session"
    CLOSED = "closed"


class ParticipantRole(StrEnum):
    """A person's part in one meeting."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    DELEGATE = "delegate"
    GUEST = "guest"


class Circle(IntEnum):
    """How near a participant's unit is to the body that meets."""

    BODY = 0  # its own leaders
    UNDER = 1  # the units below it: departments, offices
    BESIDE = 2  # everybody else: localities, guests


def rank(circle: Circle, office: Office) -> int:
    """Where somebody stands among people of one part in the meeting, first is 0: the leaders of the
    body that meets, then its units, then others; inside each by office, deputies after heads."""
    return circle * len(Office) + office


class MarksRule(StrEnum):
    """What becomes of people's marks on a meeting's papers once it is over."""

    KEEP = "keep"
    AT_CLOSE = "purge_at_close"
    AFTER_DAYS = "purge_after_days"


DAY_MS = 86_400_000
LONGEST_DAYS = 3_650
"""Ten years: what is to stay longer is kept, or belongs in the archive."""


@dataclass(frozen=True)
class PurgeBounds:
    """From the settings: nobody's marks go without a warning, however the rule is set."""

    grace_ms: int
    """The least time between "this will be deleted" and the deletion."""
    warning_ms: int
    """How long before the deletion the warning is shown."""


def purge_moment(
    rule: MarksRule, days: int | None, closed_at: int, now: int, bounds: PurgeBounds
) -> int | None:
    """When the marks of a closed meeting are deleted (Unix ms); None for never.

    Never sooner than the grace after `now`, so that a rule set late still warns first.
    """
    if rule is MarksRule.KEEP:
        return None
    after = 0 if rule is MarksRule.AT_CLOSE else (days or 0) * DAY_MS
    return max(closed_at + after, now + bounds.grace_ms)


def warn_moment(purge_at: int, now: int, bounds: PurgeBounds) -> int:
    """From when people are warned of it."""
    return max(now, purge_at - max(bounds.warning_ms, bounds.grace_ms))


def require_days(rule: MarksRule, days: int | None) -> None:
    """Days belong to the rule that counts them, and to no other."""
    if (rule is MarksRule.AFTER_DAYS) != (days is not None):
        raise Invalid("days")


STAFF_ROLES = frozenset({ParticipantRole.SECRETARY})

NEXT_STATES: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.DRAFT: frozenset({MeetingState.ISSUED}),
    MeetingState.ISSUED: frozenset({MeetingState.IN_SESSION}),
    MeetingState.IN_SESSION: frozenset({MeetingState.CLOSED}),
    MeetingState.CLOSED: frozenset(),
}


def require_next(now: MeetingState, wanted: MeetingState) -> None:
    """Refuse a step that the states do not have."""
    if wanted not in NEXT_STATES[now]:
        raise DomainError("meeting_state", state=now.value, wanted=wanted.value)


def require_open_for_changes(state: MeetingState) -> None:
    """A closed meeting is a record; it does not change."""
    if state is MeetingState.CLOSED:
        raise DomainError("meeting_closed")


def require_times(starts_at: datetime, ends_at: datetime, longest_days: int) -> None:
    """A meeting ends after it starts, and within `longest_days`."""
    if ends_at <= starts_at:
        raise Invalid("ends_at", "ends_before_start")
    if (ends_at - starts_at).days >= longest_days:
        raise Invalid("ends_at", "meeting_too_long", days=longest_days)


def require_issuable(state: MeetingState, items: int, participants: int) -> None:
    """A meeting goes out with an agenda and with people to go to."""
    require_next(state, MeetingState.ISSUED)
    if items == 0:
        raise DomainError("meeting_without_agenda")
    if participants == 0:
        raise DomainError("meeting_without_participants")


def is_visible(state: MeetingState) -> bool:
    """Whether participants who are not staff see the meeting."""
    return state is not MeetingState.DRAFT


def renumbered(count: int) -> list[str]:
    """The printed numbers of `count` agenda items: 1, 2, 3, …"""
    return [str(index + 1) for index in range(count)]
