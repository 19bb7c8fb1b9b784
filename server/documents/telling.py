"""Who hears of a document: everybody, or the staff and those it is shown to.

Where it is taken from an audience, that audience's earlier changes are forgotten: its title must
not come back to somebody who asks for all that a topic ever said.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from server.database import WriteSession
from server.documents import queries
from server.documents.tables import DocumentRow
from server.live.changes import announce
from server.meetings.messages import DocumentGone, DocumentPut
from server.meetings.queries import meeting_row, role_in
from server.meetings.rules import MeetingState, is_visible
from server.meetings.topics import inbox_topic, meeting_topic, tell_staff


def readers(session: WriteSession, row: DocumentRow) -> list[str]:
    """Who has a restricted document in their inbox: those it is shown to who take part."""
    meeting = meeting_row(session, row.meeting_id)
    if not row.restricted or not is_visible(MeetingState(meeting.state)):
        return []
    if queries.is_internal(session, row):
        return []
    named = queries.shown_to(session, row.id)
    return [one for one in named if role_in(session, row.meeting_id, one) is not None]


def tell_document(
    session: WriteSession,
    row: DocumentRow,
    *,
    was_public: bool = False,
    had: Sequence[str] = (),
) -> None:
    """Announce the document as it is now to each of its audiences, and to those that lost it:
    everybody if it `was_public`, or the readers that it `had`. Nothing of one that was withdrawn
    (its file may still be on its way through the sandbox)."""
    session.flush()
    if row.withdrawn_at is not None:
        return
    put = DocumentPut(kind="document", document=queries.card(session, row))
    now = readers(session, row)
    _tell_gone(session, row, sorted(set(had) - set(now)))
    tell_staff_alone(session, row)
    if queries.is_public(session, row):
        announce(session, meeting_topic(row.meeting_id), put)
    elif was_public:
        gone = DocumentGone(kind="document_gone", document_id=row.id)
        announce(session, meeting_topic(row.meeting_id), gone, forget=True)
    for person in now:
        announce(session, inbox_topic(person), put)


def tell_staff_alone(session: WriteSession, row: DocumentRow) -> None:
    """Announce the document to those who prepare the meeting, with what becomes of a newer file."""
    session.flush()
    if row.withdrawn_at is not None:
        return
    card = queries.card(session, row, staff=True)
    tell_staff(session, row.meeting_id, DocumentPut(kind="document", document=card))


def tell_deleted(session: WriteSession, row: DocumentRow) -> None:
    """The document is no longer there, said before its row goes."""
    gone = DocumentGone(kind="document_gone", document_id=row.id)
    if queries.is_public(session, row):
        announce(session, meeting_topic(row.meeting_id), gone, forget=True)
    _tell_gone(session, row, readers(session, row))
    tell_staff(session, row.meeting_id, gone)


def tell_readers(session: WriteSession, row: DocumentRow, item: BaseModel) -> None:
    """Say something to all who may read the document, and to nobody else."""
    if row.withdrawn_at is not None:
        return
    tell_staff(session, row.meeting_id, item)
    if queries.is_public(session, row):
        announce(session, meeting_topic(row.meeting_id), item)
    for person in readers(session, row):
        announce(session, inbox_topic(person), item)


def _tell_gone(session: WriteSession, row: DocumentRow, people: Sequence[str]) -> None:
    gone = DocumentGone(kind="document_gone", document_id=row.id)
    for person in people:
        announce(session, inbox_topic(person), gone, forget=True)
