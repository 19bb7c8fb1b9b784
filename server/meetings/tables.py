"""Meetings, their agenda, their people. Times in Unix ms."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class MeetingRow(SQLModel, table=True):
    """One meeting of `organisation_id`, prepared by the secretariat of `office_id`."""

    __tablename__ = "meeting"
    id: str = Field(primary_key=True)
    organisation_id: str
    office_id: str = Field(index=True)
    kind: str
    title: str
    place: str = ""
    starts_at: int = Field(index=True)
    ends_at: int
    state: str = Field(index=True)
    chair_id: str | None = None
    created_by: str
    opened_at: int | None = None
    closed_at: int | None = None
    marks_rule: str = "keep"
    marks_days: int | None = None
    marks_warn_at: int | None = None
    marks_purge_at: int | None = None
    marks_purged_at: int | None = None


class UnitRetentionRow(SQLModel, table=True):
    """What a unit's new meetings say about the marks on their papers."""

    __tablename__ = "unit_retention"
    organisation_id: str = Field(primary_key=True)
    rule: str
    days: int | None = None


class AgendaItemRow(SQLModel, table=True):
    """One item of an agenda."""

    __tablename__ = "agenda_item"
    id: str = Field(primary_key=True)
    meeting_id: str = Field(foreign_key="meeting.id", index=True)
    position: int
    title: str
    presenter: str = ""
    presenter_id: str | None = None
    minutes: int = 0
    internal: bool = False


class ParticipantRow(SQLModel, table=True):
    """A person's part in a meeting."""

    __tablename__ = "participant"
    meeting_id: str = Field(primary_key=True, foreign_key="meeting.id")
    person_id: str = Field(primary_key=True, index=True)
    role: str
