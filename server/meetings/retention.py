"""What becomes of people's marks on a meeting's papers: keep, delete at the close, or later.

The rule is the meeting's, beside its other facts; deleting is work of `annotating`, which knows the
marks. Nobody's marks go without a warning: see `rules.purge_moment`.
"""

from __future__ import annotations

from sqlmodel import Session

from server import clock
from server.database import WriteSession
from server.errors import DomainError
from server.meetings import queries
from server.meetings.facts import MarksPurged, MarksRuleSet, UnitMarksRuleSet
from server.meetings.messages import MarksRulePut, MeetingChanged, MeetingHead, UnitRetention
from server.meetings.rules import (
    DAY_MS,
    MarksRule,
    PurgeBounds,
    purge_moment,
    require_days,
    warn_moment,
)
from server.meetings.tables import MeetingRow, UnitRetentionRow
from server.meetings.topics import tell_meeting

HOUR_MS = 3_600_000


def follow_unit(session: WriteSession, row: MeetingRow) -> None:
    """A new meeting begins with the rule of the unit that prepares it."""
    usual = session.get(UnitRetentionRow, row.office_id)
    if usual is not None:
        row.marks_rule, row.marks_days = usual.rule, usual.days


def plan_purge(row: MeetingRow, now: int, bounds: PurgeBounds) -> None:
    """Say when the marks of a closed meeting go; of an open one nothing is known yet."""
    row.marks_warn_at = row.marks_purge_at = None
    if row.closed_at is None:
        return
    due = purge_moment(MarksRule(row.marks_rule), row.marks_days, row.closed_at, now, bounds)
    if due is not None:
        row.marks_purge_at = due
        row.marks_warn_at = warn_moment(due, now, bounds)


def set_retention(
    session: WriteSession, meeting_id: str, put: MarksRulePut, bounds: PurgeBounds
) -> MeetingHead:
    """Say what becomes of the marks. A closed meeting may be told too: only the record is fixed."""
    require_days(put.rule, put.days)
    row = queries.meeting_row(session, meeting_id)
    if row.marks_purged_at is not None:
        raise DomainError("marks_purged")
    row.marks_rule, row.marks_days = put.rule.value, put.days
    plan_purge(row, clock.unix_ms(), bounds)
    session.add(row)
    session.flush()
    session.record(MarksRuleSet(meeting_id, row.marks_rule, row.marks_days, row.marks_purge_at))
    return _announced(session, row)


def _announced(session: WriteSession, row: MeetingRow) -> MeetingHead:
    told = queries.head(session, row)
    tell_meeting(session, row.id, MeetingChanged(kind="meeting", meeting=told))
    return told


def mark_purged(session: WriteSession, meeting_id: str) -> None:
    """The deletion begins: from this COMMIT on the papers take no marks."""
    row = queries.meeting_row(session, meeting_id)
    if row.marks_purged_at is not None:
        return
    row.marks_purged_at = clock.unix_ms()
    session.add(row)
    session.flush()
    session.record(MarksPurged(meeting_id))
    _announced(session, row)


def unit_retention(session: Session, organisation_id: str, bounds: PurgeBounds) -> UnitRetention:
    """What new meetings of the unit begin with."""
    usual = session.get(UnitRetentionRow, organisation_id)
    return UnitRetention(
        rule=MarksRule(usual.rule) if usual else MarksRule.KEEP,
        days=usual.days if usual else None,
        grace_hours=bounds.grace_ms // HOUR_MS,
        warning_days=bounds.warning_ms // DAY_MS,
    )


def set_unit_retention(
    session: WriteSession, put: MarksRulePut, bounds: PurgeBounds
) -> UnitRetention:
    """Say it for the new meetings of the actor's unit; meetings that exist stay as they are."""
    require_days(put.rule, put.days)
    unit = session.actor.organisation_id
    row = session.get(UnitRetentionRow, unit) or UnitRetentionRow(organisation_id=unit, rule="")
    row.rule, row.days = put.rule.value, put.days
    session.add(row)
    session.flush()
    session.record(UnitMarksRuleSet(unit, row.rule, row.days))
    return unit_retention(session, unit, bounds)
