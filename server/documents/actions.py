"""What is done with documents: add, change, delete, take a file, freeze."""

from __future__ import annotations

from sqlmodel import Session, col, delete, func, select

from server import clock
from server.database import WriteSession
from server.documents import queries
from server.documents.facts import (
    DocumentAdded,
    DocumentChanged,
    DocumentDeleted,
    DocumentVersionApproved,
    DocumentVersionUploaded,
    DocumentWithdrawn,
)
from server.documents.messages import DocumentPatch, NewDocument, Uploaded
from server.documents.rules import VersionState, file_name, manifest_hash, require_room
from server.documents.tables import DocumentAccessRow, DocumentRow, PageRow, VersionRow
from server.documents.telling import readers, tell_deleted, tell_document
from server.errors import DomainError, Invalid
from server.http.files import Stored
from server.meetings.messages import DocumentCard
from server.meetings.queries import meeting_row
from server.meetings.rules import MeetingState, is_visible, require_open_for_changes
from server.meetings.tables import AgendaItemRow

VERSIONS = 100
"""Versions of one document: more is a mistake of a script, not the work of an office."""


def _require_changeable(session: Session, meeting_id: str) -> None:
    require_open_for_changes(MeetingState(meeting_row(session, meeting_id).state))


def require_changeable(session: Session, document_id: str) -> None:
    """Refuse early what `take_file` would refuse once half a gigabyte has arrived."""
    _require_changeable(session, queries.document_row(session, document_id).meeting_id)


def _require_item(session: WriteSession, meeting_id: str, item_id: str | None) -> None:
    if item_id is None:
        return
    item = session.get(AgendaItemRow, item_id)
    if item is None or item.meeting_id != meeting_id:
        raise Invalid("item_id", "item_unknown")


def _show_to(session: WriteSession, row: DocumentRow, people: list[str]) -> None:
    session.exec(delete(DocumentAccessRow).where(col(DocumentAccessRow.document_id) == row.id))
    wanted = sorted(set(people))
    session.add_all(DocumentAccessRow(document_id=row.id, person_id=one) for one in wanted)
    row.restricted = bool(wanted)
    session.add(row)


def add_document(
    session: WriteSession, meeting_id: str, new: NewDocument, most: int
) -> DocumentCard:
    """Announce a document to a meeting, before its file is sent."""
    _require_changeable(session, meeting_id)
    _require_item(session, meeting_id, new.item_id)
    in_it = col(DocumentRow.withdrawn_at).is_(None)
    count, last = session.exec(
        select(func.count().filter(in_it), func.max(DocumentRow.position)).where(
            DocumentRow.meeting_id == meeting_id
        )
    ).one()
    require_room(count, most)
    row = DocumentRow(
        id=clock.new_id(),
        meeting_id=meeting_id,
        item_id=new.item_id,
        position=0 if last is None else last + 1,
        kind=new.kind,
        title=new.title,
        number_symbol=new.number_symbol,
        sharing=new.sharing,
        created_by=session.actor.person_id,
    )
    session.add(row)
    session.flush()
    if new.shown_to:
        _show_to(session, row, new.shown_to)
    session.record(DocumentAdded(meeting_id, row.id, row.title))
    tell_document(session, row)
    return queries.card(session, row, staff=True)


def change_document(session: WriteSession, document_id: str, patch: DocumentPatch) -> DocumentCard:
    """Change its place, words or audience; who loses it loses it with the COMMIT."""
    row = queries.document_row(session, document_id)
    _require_changeable(session, row.meeting_id)
    was_public, had = queries.is_public(session, row), readers(session, row)
    if "item_id" in patch.model_fields_set:
        _require_item(session, row.meeting_id, patch.item_id)
        row.item_id = patch.item_id
    row.title = patch.title or row.title
    row.kind = row.kind if patch.kind is None else patch.kind
    row.number_symbol = row.number_symbol if patch.number_symbol is None else patch.number_symbol
    row.sharing = patch.sharing or row.sharing
    session.add(row)
    if patch.shown_to is not None:
        _show_to(session, row, patch.shown_to)
    session.flush()
    session.record(
        DocumentChanged(row.meeting_id, document_id, tuple(sorted(patch.model_fields_set)))
    )
    tell_document(session, row, was_public=was_public, had=had)
    return queries.card(session, row, staff=True)


def delete_document(session: WriteSession, document_id: str) -> None:
    """Take a document out of the meeting. Nobody has seen one of a draft: it goes with its
    versions, and files stay until nothing names them. One that was out is withdrawn: what people
    wrote on it goes by the meeting's rule for marks, with its warning, and never by this; those for
    whom it was meant then keep theirs, whatever becomes of its agenda item."""
    row = queries.document_row(session, document_id)
    _require_changeable(session, row.meeting_id)
    tell_deleted(session, row)
    if is_visible(MeetingState(meeting_row(session, row.meeting_id).state)):
        row.withdrawn_at = clock.unix_ms()
        if queries.is_internal(session, row):
            _show_to(session, row, [])
            row.restricted = True
        row.item_id = None  # what becomes of its item moves nobody's marks any more
        session.add(row)
        session.flush()
        session.record(DocumentWithdrawn(row.meeting_id, document_id))
        return
    session.record(DocumentDeleted(row.meeting_id, document_id))
    versions = select(VersionRow.id).where(VersionRow.document_id == document_id)
    session.exec(delete(PageRow).where(col(PageRow.version_id).in_(versions)))
    session.exec(delete(VersionRow).where(col(VersionRow.document_id) == document_id))
    session.exec(delete(DocumentAccessRow).where(col(DocumentAccessRow.document_id) == document_id))
    session.delete(row)


def take_file(session: WriteSession, document_id: str, name: str, stored: Stored) -> Uploaded:
    """A file has arrived whole: it becomes the newest version and waits to be read."""
    row = queries.document_row(session, document_id)
    _require_changeable(session, row.meeting_id)
    add_version(session, row, name, stored)
    return Uploaded(document=queries.card(session, row, staff=True))


def add_version(session: WriteSession, row: DocumentRow, name: str, stored: Stored) -> None:
    """Make the stored file the document's newest version; the job that reads it is a reaction."""
    document_id = row.id
    last = queries.newest_version(session, document_id)
    if last is not None and last.ordinal >= VERSIONS:
        raise DomainError("versions_full", most=VERSIONS)
    version = VersionRow(
        id=clock.new_id(),
        document_id=document_id,
        ordinal=last.ordinal + 1 if last else 1,
        state=VersionState.INGESTING.value,
        file_name=file_name(name),
        sha256=stored.sha256,
        size=stored.size,
    )
    session.add(version)
    session.flush()
    current = session.get(VersionRow, row.version_id) if row.version_id else None
    if current is None or current.state != VersionState.READY.value:
        row.version_id = version.id
        session.add(row)
    session.record(DocumentVersionUploaded(document_id, version.id, stored.sha256, stored.size))
    tell_document(session, row)


def freeze(session: WriteSession, version_id: str) -> None:
    """Freeze what an approval covers: original, renderer and every derived page and words file."""
    version = session.get_one(VersionRow, version_id)
    if version.frozen_at is not None or version.state != VersionState.READY.value:
        return
    pages = [
        {"number": page.number, "image": page.image_sha, "words": page.words_sha}
        for page in queries.page_rows(session, version_id)
    ]
    whole = {
        "document": version.document_id,
        "version": version.id,
        "size": version.size,
        "sha256": version.sha256,
        "renderer": version.renderer,
        **({"marks": version.marks_sha} if version.marks_sha else {}),
    }
    version.manifest_sha = manifest_hash(whole, pages)
    version.frozen_at = clock.unix_ms()
    version.frozen_by = session.actor.person_id
    session.add(version)
    session.record(DocumentVersionApproved(version.document_id, version_id, version.manifest_sha))


def freeze_meeting(session: WriteSession, meeting_id: str) -> None:
    """Issuing a meeting freezes every document that is ready; later ones freeze when ready."""
    for row in queries.documents_of(session, meeting_id):
        if row.version_id is not None:
            freeze(session, row.version_id)
