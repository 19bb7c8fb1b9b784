"""What is done with meetings: create, change, issue, open, close; agenda; people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server import clock
from server.database import WriteSession
from server.errors import DomainError, Invalid, NotFound
from server.live.changes import announce
from server.meetings import queries
from server.meetings.facts import (
    AgendaChanged,
    AgendaItemDeleted,
    MeetingChangedFact,
    MeetingClosed,
    MeetingCreated,
    MeetingIssued,
    MeetingOpened,
    ParticipantAdded,
    ParticipantRemoved,
)
from server.meetings.messages import (
    AgendaItem,
    AgendaItemPatch,
    AgendaOrder,
    ItemDeleted,
    ItemPut,
    MeetingChanged,
    MeetingHead,
    MeetingPatch,
    NewAgendaItem,
    NewMeeting,
    Participant,
    ParticipantChanged,
    ParticipantGone,
    ParticipantPut,
)
from server.meetings.retention import follow_unit, plan_purge
from server.meetings.rules import (
    MeetingState,
    ParticipantRole,
    PurgeBounds,
    require_issuable,
    require_next,
    require_open_for_changes,
    require_times,
)
from server.meetings.tables import AgendaItemRow, MeetingRow, ParticipantRow
from server.meetings.topics import meeting_topic, tell_meeting, tell_staff
from server.people.tables import OrganisationRow, PersonRow


@dataclass(frozen=True)
class MeetingBounds:
    """From the settings."""

    days: int
    items: int
    people: int


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _changeable(session: WriteSession, meeting_id: str) -> MeetingRow:
    row = queries.meeting_row(session, meeting_id)
    require_open_for_changes(MeetingState(row.state))
    return row


def _require_person(session: WriteSession, person_id: str, field: str) -> None:
    person = session.get(PersonRow, person_id)
    if person is None or person.retired:
        raise Invalid(field, "person_unknown")


def create_meeting(session: WriteSession, new: NewMeeting, bounds: MeetingBounds) -> MeetingRow:
    """Begin a draft of the actor's unit; the chair becomes its first participant."""
    require_times(new.starts_at, new.ends_at, bounds.days)
    office = session.get_one(OrganisationRow, session.actor.organisation_id)
    row = MeetingRow(
        id=clock.new_id(),
        organisation_id=office.serves_id or office.id,
        office_id=office.id,
        kind=new.kind.value,
        title=new.title,
        place=new.place,
        starts_at=_ms(new.starts_at),
        ends_at=_ms(new.ends_at),
        state=MeetingState.DRAFT.value,
        created_by=session.actor.person_id,
    )
    follow_unit(session, row)
    session.add(row)
    session.flush()
    session.record(MeetingCreated(row.id, row.title))
    if new.chair_id is not None:
        _seat_chair(session, row, new.chair_id, bounds)
    return row


def change_meeting(
    session: WriteSession, meeting_id: str, patch: MeetingPatch, bounds: MeetingBounds
) -> MeetingHead:
    """Change the head; everybody who sees the meeting hears of it."""
    row = _changeable(session, meeting_id)
    starts = patch.starts_at or queries.from_ms(row.starts_at)
    ends = patch.ends_at or queries.from_ms(row.ends_at)
    require_times(starts, ends, bounds.days)
    row.starts_at, row.ends_at = _ms(starts), _ms(ends)
    row.kind = patch.kind.value if patch.kind else row.kind
    row.title = patch.title or row.title
    row.place = row.place if patch.place is None else patch.place
    session.add(row)
    if patch.chair_id is not None and patch.chair_id != row.chair_id:
        _seat_chair(session, row, patch.chair_id, bounds)
    session.flush()
    session.record(MeetingChangedFact(meeting_id, tuple(sorted(patch.model_fields_set))))
    return _announced(session, row)


def _announced(session: WriteSession, row: MeetingRow, *, forget: bool = False) -> MeetingHead:
    session.flush()
    told = queries.head(session, row)
    tell_meeting(session, row.id, MeetingChanged(kind="meeting", meeting=told), forget=forget)
    return told


def _seat_chair(
    session: WriteSession, row: MeetingRow, person_id: str, bounds: MeetingBounds
) -> None:
    _require_person(session, person_id, "chair_id")
    if row.chair_id is not None and row.chair_id != person_id:
        before = session.get(ParticipantRow, (row.id, row.chair_id))
        if before is not None:
            before.role = ParticipantRole.DELEGATE.value
            session.add(before)
            session.flush()
            _end_rights(session, row.chair_id)
            session.record(ParticipantAdded(row.id, row.chair_id, before.role))
            _tell_participant(session, row.id, row.chair_id)
    row.chair_id = person_id
    session.add(row)
    _put_participant(session, row.id, person_id, ParticipantRole.CHAIR, bounds)


def issue_meeting(session: WriteSession, meeting_id: str) -> MeetingHead:
    """Send the meeting out: from now on its participants see it."""
    row = queries.meeting_row(session, meeting_id)
    require_issuable(
        MeetingState(row.state),
        queries.count_items(session, meeting_id),
        queries.count_participants(session, meeting_id),
    )
    row.state = MeetingState.ISSUED.value
    session.add(row)
    session.record(MeetingIssued(meeting_id))
    return _announced(session, row, forget=True)  # what the draft went through is its staff's


def open_meeting(session: WriteSession, meeting_id: str) -> MeetingHead:
    """Begin the session."""
    row = queries.meeting_row(session, meeting_id)
    require_next(MeetingState(row.state), MeetingState.IN_SESSION)
    row.state = MeetingState.IN_SESSION.value
    row.opened_at = clock.unix_ms()
    session.add(row)
    session.record(MeetingOpened(meeting_id))
    return _announced(session, row)


def close_meeting(session: WriteSession, meeting_id: str, purge: PurgeBounds) -> MeetingHead:
    """End the session; the meeting becomes a record, and the marks' last day is known."""
    row = queries.meeting_row(session, meeting_id)
    require_next(MeetingState(row.state), MeetingState.CLOSED)
    row.state = MeetingState.CLOSED.value
    row.closed_at = clock.unix_ms()
    plan_purge(row, row.closed_at, purge)
    session.add(row)
    session.record(MeetingClosed(meeting_id))
    return _announced(session, row)


def add_item(
    session: WriteSession, meeting_id: str, new: NewAgendaItem, bounds: MeetingBounds
) -> AgendaItem:
    """Add an item at the end of the agenda."""
    _changeable(session, meeting_id)
    count = queries.count_items(session, meeting_id)
    if count >= bounds.items:
        raise DomainError("agenda_full", most=bounds.items)
    if new.presenter_id is not None:
        _require_person(session, new.presenter_id, "presenter_id")
    row = AgendaItemRow(
        id=clock.new_id(),
        meeting_id=meeting_id,
        position=count,
        title=new.title,
        presenter=new.presenter,
        presenter_id=new.presenter_id,
        minutes=new.minutes,
        internal=new.internal,
    )
    session.add(row)
    session.record(AgendaChanged(meeting_id, "added", row.id))
    return _tell_agenda(session, meeting_id, {row.id})[row.id]


def _item(session: WriteSession, meeting_id: str, item_id: str) -> AgendaItemRow:
    row = session.get(AgendaItemRow, item_id)
    if row is None or row.meeting_id != meeting_id:
        raise NotFound()
    return row


def _tell_agenda(
    session: WriteSession, meeting_id: str, touched: set[str], hidden: set[str] | None = None
) -> dict[str, AgendaItem]:
    """Announce the touched items to those who may see them; numbers of the others may move too,
    so a change of order touches them all."""
    session.flush()
    items = {one.id: one for one in queries.agenda(session, meeting_id, internal=True)}
    told = [items[one] for one in items if one in touched]
    if told:
        tell_staff(session, meeting_id, *(ItemPut(kind="item", item=one) for one in told))
    public = [ItemPut(kind="item", item=one) for one in told if not one.internal]
    gone = [ItemDeleted(kind="item_deleted", item_id=one) for one in hidden or ()]
    if public or gone:
        announce(session, meeting_topic(meeting_id), *gone, *public, forget=bool(gone))
    return items


def change_item(
    session: WriteSession, meeting_id: str, item_id: str, patch: AgendaItemPatch
) -> AgendaItem:
    """Change an item."""
    _changeable(session, meeting_id)
    row = _item(session, meeting_id, item_id)
    turned = patch.internal is not None and patch.internal != row.internal
    row.title = patch.title or row.title
    row.presenter = row.presenter if patch.presenter is None else patch.presenter
    if "presenter_id" in patch.model_fields_set:
        if patch.presenter_id is not None:
            _require_person(session, patch.presenter_id, "presenter_id")
        row.presenter_id = patch.presenter_id
    row.minutes = row.minutes if patch.minutes is None else patch.minutes
    row.internal = row.internal if patch.internal is None else patch.internal
    session.add(row)
    session.record(AgendaChanged(meeting_id, "changed", item_id))
    touched = {one.id for one in queries.item_rows(session, meeting_id)} if turned else {item_id}
    hidden = {item_id} if turned and row.internal else None
    return _tell_agenda(session, meeting_id, touched, hidden)[item_id]


def delete_item(session: WriteSession, meeting_id: str, item_id: str) -> None:
    """Delete an item; its documents stay in the meeting without one."""
    _changeable(session, meeting_id)
    row = _item(session, meeting_id, item_id)
    internal = row.internal
    session.record(AgendaItemDeleted(meeting_id, item_id, internal))
    session.delete(row)
    session.flush()
    for position, rest in enumerate(queries.item_rows(session, meeting_id)):
        rest.position = position
        session.add(rest)
    gone = ItemDeleted(kind="item_deleted", item_id=item_id)
    if internal:
        tell_staff(session, meeting_id, gone)
    else:
        tell_meeting(session, meeting_id, gone)
    _tell_agenda(session, meeting_id, {one.id for one in queries.item_rows(session, meeting_id)})


def order_items(session: WriteSession, meeting_id: str, order: AgendaOrder) -> None:
    """Put the agenda in a new order; the list must name every item once."""
    _changeable(session, meeting_id)
    rows = {row.id: row for row in queries.item_rows(session, meeting_id)}
    if len(order.item_ids) != len(rows) or set(order.item_ids) != set(rows):
        raise DomainError("agenda_changed_meanwhile")
    for position, item_id in enumerate(order.item_ids):
        rows[item_id].position = position
        session.add(rows[item_id])
    session.record(AgendaChanged(meeting_id, "ordered", None))
    _tell_agenda(session, meeting_id, set(rows))


def put_participant(
    session: WriteSession,
    meeting_id: str,
    person_id: str,
    put: ParticipantPut,
    bounds: MeetingBounds,
) -> Participant:
    """Add a person or change their part; a new chair takes the old one's place."""
    row = _changeable(session, meeting_id)
    _require_person(session, person_id, "person_id")
    if put.role is ParticipantRole.CHAIR:
        _seat_chair(session, row, person_id, bounds)
        _announced(session, row)
    else:
        if row.chair_id == person_id:
            row.chair_id = None
            session.add(row)
            _announced(session, row)
        _put_participant(session, meeting_id, person_id, put.role, bounds)
    return queries.participant(session, meeting_id, person_id)


def _put_participant(
    session: WriteSession,
    meeting_id: str,
    person_id: str,
    role: ParticipantRole,
    bounds: MeetingBounds,
) -> None:
    row = session.get(ParticipantRow, (meeting_id, person_id))
    if row is None:
        if queries.count_participants(session, meeting_id) >= bounds.people:
            raise DomainError("meeting_full", most=bounds.people)
        row = ParticipantRow(meeting_id=meeting_id, person_id=person_id, role=role.value)
    row.role = role.value
    session.add(row)
    session.flush()
    _end_rights(session, person_id)
    session.record(ParticipantAdded(meeting_id, person_id, role.value))
    _tell_participant(session, meeting_id, person_id)


def _tell_participant(session: WriteSession, meeting_id: str, person_id: str) -> None:
    session.flush()
    told = queries.participant(session, meeting_id, person_id)
    tell_meeting(session, meeting_id, ParticipantChanged(kind="participant", participant=told))


def remove_participant(session: WriteSession, meeting_id: str, person_id: str) -> None:
    """Take a person out; their rights in the meeting end with the COMMIT."""
    row = _changeable(session, meeting_id)
    part = session.get(ParticipantRow, (meeting_id, person_id))
    if part is None:
        raise NotFound()
    session.delete(part)
    if row.chair_id == person_id:
        row.chair_id = None
        session.add(row)
        _announced(session, row)
    session.flush()
    _end_rights(session, person_id)
    session.record(ParticipantRemoved(meeting_id, person_id))
    tell_meeting(session, meeting_id, ParticipantGone(kind="participant_gone", person_id=person_id))


def _end_rights(session: WriteSession, person_id: str) -> None:
    session.effects.rights_changed.append((None, person_id))
