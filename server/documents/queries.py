"""Reads about documents, and who may read which."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, cast

from sqlalchemy import text
from sqlmodel import Session, col, select

from server.documents.messages import FileMarks, OutlineEntry, PageEntry, VersionView
from server.documents.rules import Standing, VersionState
from server.documents.tables import DocumentAccessRow, DocumentRow, PageRow, VersionRow
from server.errors import NotFound
from server.identity import Actor
from server.meetings.messages import DocumentCard, NewestFile, Sharing
from server.meetings.queries import from_ms, meeting_row, prepares
from server.meetings.rules import STAFF_ROLES, MeetingState, ParticipantRole, is_visible
from server.meetings.tables import AgendaItemRow, ParticipantRow


def document_row(session: Session, document_id: str) -> DocumentRow:
    """The row, or `not_found`."""
    row = session.get(DocumentRow, document_id)
    if row is None:
        raise NotFound()
    return row


def version_row(session: Session, document_id: str, version_id: str) -> VersionRow:
    """A version of this document, or `not_found`."""
    row = session.get(VersionRow, version_id)
    if row is None or row.document_id != document_id:
        raise NotFound()
    return row


def page_row(session: Session, document_id: str, version_id: str, number: int) -> PageRow | None:
    """A page of this version; None while it is not made, `not_found` when there is none."""
    version = version_row(session, document_id, version_id)
    row = session.get(PageRow, (version_id, number))
    if row is None and (number >= version.page_count > 0 or version.state == "refused"):
        raise NotFound()
    return row


def newest_version(session: Session, document_id: str) -> VersionRow | None:
    """The version uploaded last."""
    return session.exec(
        select(VersionRow)
        .where(VersionRow.document_id == document_id)
        .order_by(col(VersionRow.ordinal).desc())
        .limit(1)
    ).first()


def card(session: Session, row: DocumentRow, *, staff: bool = False) -> DocumentCard:
    """A document in the agenda. Before any version is readable it tells of the newest; to the staff
    also of a newer file that is being read or was refused."""
    version = (
        session.get(VersionRow, row.version_id)
        if row.version_id
        else newest_version(session, row.id)
    )
    return DocumentCard(
        id=row.id,
        meeting_id=row.meeting_id,
        item_id=row.item_id,
        position=row.position,
        kind=row.kind,
        title=row.title,
        number_symbol=row.number_symbol,
        restricted=row.restricted,
        sharing=cast(Sharing, row.sharing),
        state=cast(Literal["ingesting", "ready", "refused"], version.state) if version else "empty",
        refusal=version.refusal if version else None,
        version_id=version.id if version else None,
        pages=version.page_count if version else 0,
        pages_ready=version.pages_ready if version else 0,
        size=version.size if version else 0,
        newest=_newest(session, row) if staff else None,
    )


def _newest(session: Session, row: DocumentRow) -> NewestFile | None:
    """The newest file where it is not the one people read."""
    version = newest_version(session, row.id) if row.version_id else None
    if version is None or version.id == row.version_id or version.state == VersionState.READY:
        return None
    return NewestFile(
        state=cast(Literal["ingesting", "refused"], version.state),
        refusal=version.refusal,
        file_name=version.file_name,
        pages=version.page_count,
        pages_ready=version.pages_ready,
    )


def documents_of(
    session: Session, meeting_id: str, *, withdrawn: bool = False
) -> Sequence[DocumentRow]:
    """All documents of a meeting in order; with `withdrawn` also those taken out of it."""
    wanted = select(DocumentRow).where(DocumentRow.meeting_id == meeting_id)
    if not withdrawn:
        wanted = wanted.where(col(DocumentRow.withdrawn_at).is_(None))
    return session.exec(wanted.order_by(col(DocumentRow.position))).all()


def is_internal(session: Session, row: DocumentRow) -> bool:
    """Whether the document hangs on an item that only the staff sees."""
    item = session.get(AgendaItemRow, row.item_id) if row.item_id else None
    return item is not None and item.internal


def is_public(session: Session, row: DocumentRow) -> bool:
    """Whether the document is on the topic of all participants."""
    return not row.restricted and not is_internal(session, row)


def shown_to(session: Session, document_id: str) -> list[str]:
    """The people a restricted document is shown to."""
    return list(
        session.exec(
            select(DocumentAccessRow.person_id).where(DocumentAccessRow.document_id == document_id)
        )
    )


_STANDING = text(
    "SELECT m.state, m.office_id, m.chair_id, m.marks_purged_at IS NOT NULL, p.role, "
    "coalesce(i.internal, 0), i.presenter_id, d.restricted, a.person_id IS NOT NULL, "
    "d.withdrawn_at IS NOT NULL "
    "FROM document d JOIN meeting m ON m.id = d.meeting_id "
    "LEFT JOIN participant p ON p.meeting_id = m.id AND p.person_id = :person "
    "LEFT JOIN agenda_item i ON i.id = d.item_id "
    "LEFT JOIN document_access a ON a.document_id = d.id AND a.person_id = :person "
    "WHERE d.id = :document"
)


def standing(session: Session, actor: Actor, document_id: str) -> Standing | None:
    """How the person stands to the document, in one question: each page, tile and push asks it.
    None where there is no such document."""
    given = {"person": actor.person_id, "document": document_id}
    row = session.connection().execute(_STANDING, given).first()
    if row is None:
        return None
    state, office, chair, purged, role, internal, presenter, restricted, named, withdrawn = row
    return Standing(
        state=MeetingState(state),
        staff=role in STAFF_ROLES or prepares(actor, office),
        chair=chair == actor.person_id,
        takes_part=role is not None,
        internal=bool(internal),
        restricted=bool(restricted),
        named=bool(named),
        presenter=presenter == actor.person_id,
        marks_purged=bool(purged),
        withdrawn=bool(withdrawn),
    )


def may_read(session: Session, actor: Actor, document_id: str) -> bool:
    """Whether the person may read the document."""
    found = standing(session, actor, document_id)
    return found is not None and found.reads


def may_keep_marks(session: Session, actor: Actor, document_id: str) -> bool:
    """Whether the person may have what they wrote on the document, if it was withdrawn too."""
    found = standing(session, actor, document_id)
    return found is not None and found.meant_for


def may_download(session: Session, actor: Actor, document_id: str) -> bool:
    """Whether the person may take the document's file away."""
    found = standing(session, actor, document_id)
    return found is not None and found.downloads


def is_document_staff(session: Session, actor: Actor, document_id: str) -> bool:
    """Staff of the document's meeting, while the document is in it."""
    found = standing(session, actor, document_id)
    return found is not None and found.staff and not found.withdrawn


def presents(session: Session, actor: Actor, document_id: str) -> bool:
    """Whether the person shows the document to the room."""
    found = standing(session, actor, document_id)
    return found is not None and found.presents


def reading_participants(session: Session, row: DocumentRow) -> set[str]:
    """The participants who may read the document; its distribution list, as it were."""
    parts = session.exec(
        select(ParticipantRow.person_id, ParticipantRow.role).where(
            ParticipantRow.meeting_id == row.meeting_id
        )
    ).all()
    staff = {person for person, role in parts if ParticipantRole(role) in STAFF_ROLES}
    meeting = meeting_row(session, row.meeting_id)
    if not is_visible(MeetingState(meeting.state)) or is_internal(session, row):
        return staff
    everybody = {person for person, _ in parts}
    if not row.restricted:
        return everybody
    return staff | everybody & set(shown_to(session, row.id))


def restricted_for(session: Session, person_id: str) -> list[DocumentCard]:
    """Restricted documents shown to this person by name, in meetings they see."""
    rows = session.connection().execute(
        text(
            "SELECT d.id FROM document_access a JOIN document d ON d.id = a.document_id "
            "AND d.restricted JOIN meeting m ON m.id = d.meeting_id AND m.state != 'draft' "
            "JOIN participant p ON p.meeting_id = m.id AND p.person_id = a.person_id "
            "LEFT JOIN agenda_item i ON i.id = d.item_id "
            "WHERE a.person_id = :person AND coalesce(i.internal, 0) = 0 "
            "AND d.withdrawn_at IS NULL ORDER BY d.position"
        ),
        {"person": person_id},
    )
    return [card(session, document_row(session, str(row[0]))) for row in rows]


def count_for(session: Session, meeting_id: str, person_id: str, *, staff: bool) -> int:
    """How many documents of the meeting this person may know of; a number tells too."""
    found = session.connection().execute(
        text(
            "SELECT count(*) FROM document d LEFT JOIN agenda_item i ON i.id = d.item_id "
            "WHERE d.meeting_id = :meeting AND d.withdrawn_at IS NULL "
            "AND (:staff OR (coalesce(i.internal, 0) = 0 AND "
            "(NOT d.restricted OR EXISTS (SELECT 1 FROM document_access a "
            "WHERE a.document_id = d.id AND a.person_id = :person))))"
        ),
        {"meeting": meeting_id, "person": person_id, "staff": staff},
    )
    return int(found.scalar_one())


def page_rows(session: Session, version_id: str) -> Sequence[PageRow]:
    """The pages made so far, in order."""
    return session.exec(
        select(PageRow).where(PageRow.version_id == version_id).order_by(col(PageRow.number))
    ).all()


def version_view(session: Session, row: VersionRow) -> VersionView:
    """A version with its manifest; pages not made yet are left out."""
    return VersionView(
        id=row.id,
        ordinal=row.ordinal,
        state=VersionState(row.state).value,
        refusal=row.refusal,
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        page_count=row.page_count,
        pages_ready=row.pages_ready,
        kind=cast(Literal["born", "scan", "mixed"], row.kind),
        renderer=row.renderer,
        file_marks=FileMarks(read=row.marks_read, left=row.marks_left, over=row.marks_over),
        frozen_at=from_ms(row.frozen_at) if row.frozen_at else None,
        pages=[
            PageEntry(
                index=page.number,
                label=page.label,
                width=page.width,
                height=page.height,
                rotation=cast(Literal[0, 90, 180, 270], page.rotation),
                image_w=page.image_w,
                image_h=page.image_h,
                image_sha=page.image_sha,
                words_sha=page.words_sha,
            )
            for page in page_rows(session, row.id)
        ],
        outline=[OutlineEntry(**entry) for entry in json.loads(row.outline)],
    )
