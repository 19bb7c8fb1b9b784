"""Who hears of a document: everybody, or the staff and those it is shown to."""

from __future__ import annotations

from server.database import WriteSession
from server.documents import queries
from server.documents.tables import DocumentRow
from server.live.changes import announce
from server.meetings.messages import DocumentGone, DocumentPut
from server.meetings.queries import meeting_row
from server.meetings.rules import MeetingState, is_visible
from server.meetings.topics import inbox_topic, meeting_topic, tell_staff


def _readers(session: WriteSession, row: DocumentRow) -> list[str]:
    meeting = meeting_row(session, row.meeting_id)
    if not row.restricted or not is_visible(MeetingState(meeting.state)):
        return []
    if queries.is_internal(session, row):
        return []
    return queries.shown_to(session, row.id)


def tell_document(session: WriteSession, row: DocumentRow, *, was_public: bool = False) -> None:
    """Announce the document as it is now to each of its audiences."""
    session.flush()
    put = DocumentPut(kind="document", document=queries.card(session, row))
    gone = DocumentGone(kind="document_gone", document_id=row.id)
    tell_staff(session, row.meeting_id, put)
    if queries.is_public(session, row):
        announce(session, meeting_topic(row.meeting_id), put)
    elif was_public:
        announce(session, meeting_topic(row.meeting_id), gone)
    for person in _readers(session, row):
        announce(session, inbox_topic(person), put)


def tell_gone(session: WriteSession, row: DocumentRow, people: list[str]) -> None:
    """The document is no longer there for the meeting (before its row goes) or for `people`."""
    gone = DocumentGone(kind="document_gone", document_id=row.id)
    for person in people:
        announce(session, inbox_topic(person), gone)
