"""What happened to meetings."""

from __future__ import annotations

from dataclasses import dataclass

from server.database import Fact


@dataclass(frozen=True)
class MeetingCreated(Fact):
    """A draft was begun."""

    meeting_id: str
    title: str


@dataclass(frozen=True)
class MeetingChangedFact(Fact):
    """The head of a meeting changed."""

    meeting_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class MeetingIssued(Fact):
    """The meeting went out to its participants."""

    meeting_id: str


@dataclass(frozen=True)
class MeetingOpened(Fact):
    """The session began."""

    meeting_id: str


@dataclass(frozen=True)
class MeetingClosed(Fact):
    """The session ended."""

    meeting_id: str


@dataclass(frozen=True)
class MarksRuleSet(Fact):
    """It was said what becomes of people's marks. `purge_at` in Unix ms, once it is known."""

    meeting_id: str
    rule: str
    days: int | None
    purge_at: int | None


@dataclass(frozen=True)
class UnitMarksRuleSet(Fact):
    """The same for a unit's new meetings."""

    organisation_id: str
    rule: str
    days: int | None


@dataclass(frozen=True)
class MarksPurged(Fact):
    """People's marks on the meeting's papers were deleted; nothing of them is said here."""

    meeting_id: str


@dataclass(frozen=True)
class AgendaChanged(Fact):
    """An item was added, changed, moved or deleted."""

    meeting_id: str
    what: str
    item_id: str | None


@dataclass(frozen=True)
class AgendaItemDeleted(Fact):
    """An item is gone; its documents lose their place."""

    meeting_id: str
    item_id: str
    internal: bool


@dataclass(frozen=True)
class ParticipantAdded(Fact):
    """A person was added or got another role."""

    meeting_id: str
    person_id: str
    role: str


@dataclass(frozen=True)
class ParticipantRemoved(Fact):
    """A person was taken out: all rights in the meeting end at once."""

    meeting_id: str
    person_id: str
