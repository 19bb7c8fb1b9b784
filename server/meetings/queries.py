"""Reads about meetings, and who stands in which relation to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from server.errors import NotFound
from server.identity import Actor
from server.meetings.messages import AgendaItem, MarksPlan, MeetingHead, Participant
from server.meetings.rules import (
    STAFF_ROLES,
    Circle,
    MarksRule,
    MeetingKind,
    MeetingState,
    ParticipantRole,
    is_visible,
    rank,
    renumbered,
)
from server.meetings.tables import AgendaItemRow, MeetingRow, ParticipantRow
from server.people.messages import PersonCard
from server.people.queries import cards
from server.people.rules import Role, given_name_first, office_of
from server.people.tables import OrganisationRow

ROLE_ORDER = {
    ParticipantRole.CHAIR: 0,
    ParticipantRole.DELEGATE: 1,
    ParticipantRole.GUEST: 2,
    ParticipantRole.SECRETARY: 3,
}
"""As the minutes list them: who serves the meeting comes last."""


def meeting_row(session: Session, meeting_id: str) -> MeetingRow:
    """The row, or `not_found`."""
    row = session.get(MeetingRow, meeting_id)
    if row is None:
        raise NotFound()
    return row


def from_ms(ms: int) -> datetime:
    """Unix ms as a moment, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def head(session: Session, row: MeetingRow) -> MeetingHead:
    """The head of a meeting."""
    unit = session.get(OrganisationRow, row.organisation_id)
    return MeetingHead(
        id=row.id,
        kind=MeetingKind(row.kind),
        title=row.title,
        organisation=unit.name if unit else "—",
        place=row.place,
        starts_at=from_ms(row.starts_at),
        ends_at=from_ms(row.ends_at),
        state=MeetingState(row.state),
        chair_id=row.chair_id,
        opened_at=from_ms(row.opened_at) if row.opened_at else None,
        closed_at=from_ms(row.closed_at) if row.closed_at else None,
        marks=MarksPlan(
            rule=MarksRule(row.marks_rule),
            days=row.marks_days,
            warn_at=from_ms(row.marks_warn_at) if row.marks_warn_at else None,
            purge_at=from_ms(row.marks_purge_at) if row.marks_purge_at else None,
            purged_at=from_ms(row.marks_purged_at) if row.marks_purged_at else None,
        ),
    )


def item_rows(session: Session, meeting_id: str) -> Sequence[AgendaItemRow]:
    """The agenda's rows in order."""
    return session.exec(
        select(AgendaItemRow)
        .where(AgendaItemRow.meeting_id == meeting_id)
        .order_by(col(AgendaItemRow.position))
    ).all()


def agenda(session: Session, meeting_id: str, *, internal: bool) -> list[AgendaItem]:
    """The agenda in order; numbers count what everybody sees, so both audiences share them."""
    rows = item_rows(session, meeting_id)
    numbers = iter(renumbered(sum(not row.internal for row in rows)))
    return [
        AgendaItem(
            id=row.id,
            position=row.position,
            number="" if row.internal else next(numbers),
            title=row.title,
            presenter=row.presenter,
            presenter_id=row.presenter_id,
            minutes=row.minutes,
            internal=row.internal,
        )
        for row in rows
        if internal or not row.internal
    ]


def participants(session: Session, meeting_id: str) -> list[Participant]:
    """Everybody in the meeting: chair, delegates, guests, secretaries; each by office, then by
    given name."""
    rows = session.exec(select(ParticipantRow).where(ParticipantRow.meeting_id == meeting_id)).all()
    people = cards(session, [row.person_id for row in rows])
    body = _body(session, meeting_id)
    found = [
        _participant(row, people[row.person_id], body) for row in rows if row.person_id in people
    ]
    return sorted(
        found, key=lambda one: (ROLE_ORDER[one.role], one.rank, given_name_first(one.name))
    )


def participant(session: Session, meeting_id: str, person_id: str) -> Participant:
    """One of them, without reading all: a province's meeting has hundreds. Or `not_found`."""
    row = session.get(ParticipantRow, (meeting_id, person_id))
    people = cards(session, [person_id])
    if row is None or person_id not in people:
        raise NotFound()
    return _participant(row, people[person_id], _body(session, meeting_id))


@dataclass(frozen=True)
class _Body:
    """The body that meets, with the units below it."""

    id: str
    units: frozenset[str]

    def circle(self, organisation_id: str) -> Circle:
        if organisation_id == self.id:
            return Circle.BODY
        return Circle.UNDER if organisation_id in self.units else Circle.BESIDE


def _body(session: Session, meeting_id: str) -> _Body:
    body = meeting_row(session, meeting_id).organisation_id
    units = select(OrganisationRow.id).where(OrganisationRow.parent_id == body)
    return _Body(body, frozenset(session.exec(units)))


def _participant(row: ParticipantRow, person: PersonCard, body: _Body) -> Participant:
    return Participant(
        person_id=row.person_id,
        role=ParticipantRole(row.role),
        name=person.name,
        form_of_address=person.form_of_address,
        position=person.position,
        organisation=person.organisation,
        rank=rank(body.circle(person.organisation_id), office_of(person.position)),
    )


def role_in(session: Session, meeting_id: str, person_id: str) -> ParticipantRole | None:
    """The person's part in the meeting."""
    row = session.get(ParticipantRow, (meeting_id, person_id))
    return ParticipantRole(row.role) if row else None


def prepares(actor: Actor, office_id: str) -> bool:
    """The secretariat of the unit that prepares a meeting."""
    return Role.SECRETARIAT in actor.roles and office_id == actor.organisation_id


def is_staff(session: Session, actor: Actor, meeting_id: str) -> bool:
    """Who prepares and runs the meeting: its secretaries, and the secretariat of its unit."""
    row = session.get(MeetingRow, meeting_id)
    if row is None:
        return False
    if prepares(actor, row.office_id):
        return True
    return role_in(session, meeting_id, actor.person_id) in STAFF_ROLES


def is_chair(session: Session, actor: Actor, meeting_id: str) -> bool:
    """Who leads the session."""
    row = session.get(MeetingRow, meeting_id)
    return row is not None and row.chair_id == actor.person_id


def takes_part(session: Session, actor: Actor, meeting_id: str) -> bool:
    """A participant, once the meeting has been issued."""
    row = session.get(MeetingRow, meeting_id)
    if row is None or not is_visible(MeetingState(row.state)):
        return False
    return role_in(session, meeting_id, actor.person_id) is not None


def in_session(session: Session, person_id: str) -> bool:
    """Whether the person takes part in a meeting that runs now."""
    found = session.connection().execute(
        text(
            "SELECT 1 FROM participant p JOIN meeting m ON m.id = p.meeting_id "
            "WHERE p.person_id = :person AND m.state = 'in_session' LIMIT 1"
        ),
        {"person": person_id},
    )
    return found.first() is not None


def my_meeting_rows(session: Session, actor: Actor, most: int) -> Sequence[MeetingRow]:
    """Meetings that are this person's: by taking part, or as the secretariat of the unit."""
    mine = select(ParticipantRow.meeting_id).where(ParticipantRow.person_id == actor.person_id)
    theirs = (
        (col(MeetingRow.office_id) == actor.organisation_id)
        if Role.SECRETARIAT in actor.roles
        else col(MeetingRow.id).is_(None)
    )
    staffed = mine.where(col(ParticipantRow.role).in_([role.value for role in STAFF_ROLES]))
    issued = col(MeetingRow.state) != MeetingState.DRAFT.value
    return session.exec(
        select(MeetingRow)
        .where((col(MeetingRow.id).in_(mine) & issued) | col(MeetingRow.id).in_(staffed) | theirs)
        .order_by(col(MeetingRow.starts_at).desc())
        .limit(most)
    ).all()


def audience(session: Session, meeting_id: str) -> list[str]:
    """Everybody who has this meeting in their list: participants, of a draft only its secretaries,
    and the unit's secretariat."""
    rows = session.connection().execute(
        text(
            "SELECT t.person_id FROM participant t JOIN meeting m ON m.id = t.meeting_id "
            "WHERE m.id = :meeting AND (m.state != 'draft' OR t.role = 'secretary') UNION "
            "SELECT p.id FROM person p JOIN person_role r ON r.person_id = p.id "
            "AND r.role = 'secretariat' JOIN meeting m ON m.office_id = p.organisation_id "
            "WHERE m.id = :meeting"
        ),
        {"meeting": meeting_id},
    )
    return [str(row[0]) for row in rows]


def count_items(session: Session, meeting_id: str) -> int:
    """How many items the agenda has."""
    return session.exec(
        select(func.count())
        .select_from(AgendaItemRow)
        .where(AgendaItemRow.meeting_id == meeting_id)
    ).one()


def count_participants(session: Session, meeting_id: str) -> int:
    """How many people are in the meeting."""
    return session.exec(
        select(func.count())
        .select_from(ParticipantRow)
        .where(ParticipantRow.meeting_id == meeting_id)
    ).one()
