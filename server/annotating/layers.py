"""Layers: which there are, who may do what on them, and a person's private one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from annotations.model import Annotation
from server import clock
from server.annotating.messages import LayerView
from server.annotating.rules import NO_RIGHTS, Audience, LayerRights, Reader, layer_rights
from server.annotating.store import SqlStore
from server.annotating.tables import LayerPersonRow, LayerRow
from server.database import WriteSession
from server.documents.queries import (
    document_row,
    reading_participants,
    standing,
)
from server.errors import DomainError, NotFound
from server.identity import Actor
from server.meetings.messages import Participant
from server.meetings.queries import meeting_row, participants
from server.people.messages import PersonCard
from server.people.queries import cards


def layer_topic(layer_id: str) -> str:
    """What the followers of a layer follow."""
    return f"layer:{layer_id}"


def layer_row(session: Session, layer_id: str) -> LayerRow:
    """The row, or `not_found`."""
    row = session.get(LayerRow, layer_id)
    if row is None:
        raise NotFound()
    return row


def private_layer(session: Session, document_id: str, person_id: str) -> str | None:
    """The id of this person's private layer on the document, once it exists."""
    return session.exec(
        select(LayerRow.id)
        .where(LayerRow.document_id == document_id)
        .where(LayerRow.kind == "private")
        .where(LayerRow.owner == person_id)
    ).first()


def open_private_layer(session: WriteSession, document_id: str) -> str:
    """Make the actor's private layer on the document, or find it."""
    known = private_layer(session, document_id, session.actor.person_id)
    if known is not None:
        return known
    require_marks_open(session, document_id)
    return private_layer_of(session, document_id, session.actor.person_id)


def private_layer_of(session: WriteSession, document_id: str, person_id: str) -> str:
    """Make a person's private layer on a document that takes marks, or find it."""
    known = private_layer(session, document_id, person_id)
    if known is not None:
        return known
    row = LayerRow(
        id=clock.new_id(),
        document_id=document_id,
        kind="private",
        owner=person_id,
        made_at=clock.unix_ms(),
    )
    session.add(row)
    session.flush()
    return row.id


def named_on(session: Session, layer_id: str) -> list[str]:
    """The people named on a shared layer."""
    found = select(LayerPersonRow.person_id).where(LayerPersonRow.layer_id == layer_id)
    return sorted(session.exec(found))


def name_on(session: WriteSession, layer_id: str, people: Sequence[str]) -> None:
    """Name these people on a shared layer, and nobody else."""
    session.exec(delete(LayerPersonRow).where(col(LayerPersonRow.layer_id) == layer_id))
    session.add_all(LayerPersonRow(layer_id=layer_id, person_id=one) for one in people)


def marks_gone(session: Session, document_id: str) -> bool:
    """Whether the marks on this document were deleted by its meeting's rule: it takes none then."""
    meeting = meeting_row(session, document_row(session, document_id).meeting_id)
    return meeting.marks_purged_at is not None


def require_marks_open(session: Session, document_id: str) -> None:
    """Refuse a new layer on a document whose marks were deleted."""
    if marks_gone(session, document_id):
        raise DomainError("marks_purged")


def reader_of(session: Session, actor: Actor, document_id: str) -> Reader:
    """How this person stands to the document."""
    found = standing(session, actor, document_id)
    if found is None or not found.reads:
        return Reader(False)
    return Reader(True, found.presents, found.directs, found.marks_purged)


def keeper_of(session: Session, actor: Actor, document_id: str) -> Reader:
    """How this person stands to what they wrote on the document: as a reader of it, also where it
    was withdrawn. For their own list and package alone: on the live socket and for the tablets the
    layers of a withdrawn document are closed."""
    found = standing(session, actor, document_id)
    if found is None or not found.meant_for:
        return Reader(False)
    return Reader(True, found.presents, found.directs, found.marks_purged)


def _rights(session: Session, actor: Actor, row: LayerRow, reader: Reader) -> LayerRights:
    owns = row.owner == actor.person_id
    may_be_named = row.kind == "shared" and row.audience == "people" and not owns
    named = may_be_named and session.get(LayerPersonRow, (row.id, actor.person_id)) is not None
    return layer_rights(row.kind, row.audience, reader, owns=owns, named=named)


def rights_on(session: Session, actor: Actor, layer_id: str) -> LayerRights:
    """What this person may do on the layer; nothing on one that does not exist. The rights table
    and the live socket both ask here."""
    row = session.get(LayerRow, layer_id)
    if row is None:
        return NO_RIGHTS
    return _rights(session, actor, row, reader_of(session, actor, row.document_id))


def may_leave(session: Session, actor: Actor, layer_id: str) -> bool:
    """Who is named on a shared layer and reads it by that."""
    row = session.get(LayerRow, layer_id)
    return (
        row is not None
        and row.owner != actor.person_id
        and row.audience == "people"
        and rights_on(session, actor, layer_id).read
    )


def layer_view(session: Session, actor: Actor, row: LayerRow) -> LayerView:
    """One layer as this person sees it."""
    return _view(session, actor, row, reader_of(session, actor, row.document_id))


def _view(session: Session, actor: Actor, row: LayerRow, reader: Reader) -> LayerView:
    rights = _rights(session, actor, row, reader)
    named = named_on(session, row.id) if row.audience == "people" else []
    people = cards(session, [row.owner, *named])
    return LayerView(
        id=row.id,
        kind=row.kind,
        title=row.title,
        owner=None if row.kind in OF_NOBODY else people.get(row.owner),
        mine=row.kind not in OF_NOBODY and row.owner == actor.person_id,
        audience=cast(Audience, row.audience),
        people=[people[one] for one in named if one in people],
        may_write=rights.write,
        may_moderate=rights.moderate,
        may_manage=rights.manage,
    )


ORDER = {"private": 0, "presenter": 1, "shared": 2, "imported": 3}
OF_NOBODY = frozenset({"presenter", "imported"})
"""Kinds of layers that belong to no person."""


def layers_of(session: Session, document_id: str) -> Sequence[LayerRow]:
    """The layers of a document that may have more than one reader, oldest first."""
    return session.exec(
        select(LayerRow)
        .where(LayerRow.document_id == document_id)
        .where(col(LayerRow.kind) != "private")
        .order_by(col(LayerRow.made_at), col(LayerRow.id))
    ).all()


def presented_in(session: Session, meeting_id: str) -> list[str]:
    """The documents of a meeting that have a presenter's layer."""
    found = session.connection().execute(
        text(
            "SELECT l.document_id FROM layer l JOIN document d ON d.id = l.document_id "
            "WHERE d.meeting_id = :meeting AND d.withdrawn_at IS NULL AND l.kind = 'presenter'"
        ),
        {"meeting": meeting_id},
    )
    return [str(row[0]) for row in found]


def layer_rows(
    session: Session,
    actor: Actor,
    document_id: str,
    version_id: str | None,
    *,
    own_marks: bool = False,
) -> list[LayerRow]:
    """The layers of a document that this person may read: one's own, the presenter's, shared ones,
    and that of the marks which the file of this version brought along. `own_marks`: for what the
    person wrote there, which they keep also where the document was withdrawn."""
    stand = keeper_of if own_marks else reader_of
    reader = stand(session, actor, document_id)
    own = private_layer(session, document_id, actor.person_id)
    rows = [layer_row(session, own)] if own else []
    rows += layers_of(session, document_id)
    readable = [
        row
        for row in rows
        if (row.kind != "imported" or row.owner == version_id)
        and _rights(session, actor, row, reader).read
    ]
    return sorted(readable, key=lambda row: ORDER[row.kind])


def layer_list(session: Session, actor: Actor, document_id: str) -> list[LayerView]:
    """The layers of a document as this person sees them."""
    reader = reader_of(session, actor, document_id)
    read = document_row(session, document_id).version_id
    rows = layer_rows(session, actor, document_id, read)
    return [_view(session, actor, row, reader) for row in rows]


def readers_list(session: Session, document_id: str) -> list[Participant]:
    """The participants a layer of this document can be shared with."""
    row = document_row(session, document_id)
    reading = reading_participants(session, row)
    return [one for one in participants(session, row.meeting_id) if one.person_id in reading]


def authors_of(session: Session, layer_id: str) -> list[PersonCard]:
    """Who wrote on a layer, by name: also people who take no part any more."""
    found = session.connection().execute(
        text("SELECT DISTINCT author FROM annotation WHERE layer = :layer"), {"layer": layer_id}
    )
    people = cards(session, [str(row[0]) for row in found])
    return sorted(people.values(), key=lambda one: one.name)


def raw(session: Session) -> SqlStore:
    """The annotation store on this session's connection."""
    return SqlStore(session.connection().connection.dbapi_connection)


def marks_on(session: Session, layer_id: str) -> Sequence[Annotation]:
    """All living marks of a layer, over all versions of its document."""
    return raw(session).snapshot(layer_id)


def ask_again(session: WriteSession, document_id: str) -> None:
    """Rights on the document changed: everybody following one of its layers is asked again."""
    layers = session.exec(select(LayerRow.id).where(LayerRow.document_id == document_id)).all()
    session.effects.rights_changed.extend((layer_topic(one), None) for one in layers)
