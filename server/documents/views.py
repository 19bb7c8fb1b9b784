"""A meeting with its papers, as one person sees it; the snapshots of the meeting topics."""

from __future__ import annotations

from sqlmodel import Session

from server.documents import queries
from server.identity import Actor
from server.meetings import queries as meetings
from server.meetings.messages import MeetingCard, MeetingView, MyMeeting, MyMeetings
from server.meetings.tables import MeetingRow
from server.meetings.topics import meeting_topic, staff_topic
from server.people.queries import cards
from server.people.rules import called


def meeting_view(session: Session, meeting_id: str, *, staff: bool) -> MeetingView:
    """What everybody in the meeting may see, or with `staff` all of it."""
    row = meetings.meeting_row(session, meeting_id)
    return MeetingView(
        meeting=meetings.head(session, row),
        items=meetings.agenda(session, meeting_id, internal=staff),
        participants=meetings.participants(session, meeting_id),
        documents=[
            queries.card(session, one, staff=staff)
            for one in queries.documents_of(session, meeting_id)
            if staff or queries.is_public(session, one)
        ],
    )


def my_meeting(session: Session, actor: Actor, meeting_id: str) -> MyMeeting:
    """The meeting as this person sees it, restricted documents shown to them included."""
    staff = meetings.is_staff(session, actor, meeting_id)
    view = meeting_view(session, meeting_id, staff=staff)
    if not staff:
        extra = [
            one
            for one in queries.restricted_for(session, actor.person_id)
            if one.meeting_id == meeting_id
        ]
        papers = sorted([*view.documents, *extra], key=lambda one: one.position)
        view = view.model_copy(update={"documents": papers})
    return MyMeeting(
        view=view,
        my_role=meetings.role_in(session, meeting_id, actor.person_id),
        staff=staff,
        topic=staff_topic(meeting_id) if staff else meeting_topic(meeting_id),
    )


def meeting_card(session: Session, actor: Actor, row: MeetingRow) -> MeetingCard:
    """A meeting in this person's list."""
    staff = meetings.is_staff(session, actor, row.id)
    chair = cards(session, [row.chair_id]).get(row.chair_id) if row.chair_id else None
    return MeetingCard(
        meeting=meetings.head(session, row),
        my_role=meetings.role_in(session, row.id, actor.person_id),
        staff=staff,
        chair_name=called(chair.form_of_address, chair.name) if chair else "",
        documents=queries.count_for(session, row.id, actor.person_id, staff=staff),
    )


def my_meetings(session: Session, actor: Actor, most: int) -> MyMeetings:
    """All meetings of this person, newest first."""
    rows = meetings.my_meeting_rows(session, actor, most)
    return MyMeetings(
        meetings=[meeting_card(session, actor, row) for row in rows],
        documents=queries.restricted_for(session, actor.person_id),
    )
