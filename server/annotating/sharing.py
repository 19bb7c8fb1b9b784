"""Sharing a layer, changing whom it is for, leaving and deleting it; the presenter's layer.

`_Audience` is the one place that works out who gains and who loses a layer: those who had it and
those who have it are told that their list has changed (never what), and everybody who follows
the layer is asked for the right again before the next frame.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from server import clock
from server.annotating import layers
from server.annotating.facts import (
    PresenterLayerOpened,
    SharedLayerChanged,
    SharedLayerDeleted,
    SharedLayerMade,
)
from server.annotating.layers import layer_row, layer_topic, name_on, named_on
from server.annotating.messages import LayerPatch, LayerView, NewLayer
from server.annotating.rules import Bounds, narrowed, require_people, require_sharing
from server.annotating.tables import LayerPersonRow, LayerRow
from server.database import WriteSession
from server.documents import queries
from server.documents.telling import tell_readers
from server.errors import DomainError, Invalid
from server.jobs.queue import enqueue
from server.live.changes import announce
from server.meetings.messages import LayersChanged
from server.meetings.topics import inbox_topic

PURGE = "purge_layer"


@dataclass(frozen=True)
class _Audience:
    """Who has a layer in their list: everybody who may read the document, or these people."""

    everybody: bool
    people: frozenset[str]


def _audience(session: Session, row: LayerRow) -> _Audience:
    if row.kind in layers.OF_NOBODY or row.audience == "everyone":
        return _Audience(True, frozenset())
    named = named_on(session, row.id) if row.audience == "people" else []
    return _Audience(False, frozenset([row.owner, *named]))


def _tell(session: WriteSession, row: LayerRow, had: _Audience | None = None) -> None:
    """Tell those who `had` the layer and those who have it, and ask its followers again."""
    session.flush()
    have = _audience(session, row)
    told = LayersChanged(kind="layers", document_id=row.document_id)
    if have.everybody or (had and had.everybody):
        tell_readers(session, queries.document_row(session, row.document_id), told)
    else:
        for person in sorted(have.people | (had.people if had else set())):
            announce(session, inbox_topic(person), told)
    session.effects.rights_changed.append((layer_topic(row.id), None))


def tell_list(session: WriteSession, document_id: str) -> None:
    """What people may do on the document's layers has changed in a way that rows do not show:
    who presents, who runs the meeting."""
    shown = [row for row in layers.layers_of(session, document_id) if row.kind == "presenter"]
    for row in shown:
        _tell(session, row)


def tell_imported(session: WriteSession, document_id: str, version_id: str) -> None:
    """The version that people read is another one: it may have a layer of its file's marks."""
    document = queries.document_row(session, document_id)
    if document.version_id != version_id:
        return
    if any(row.kind == "imported" for row in layers.layers_of(session, document_id)):
        tell_readers(session, document, LayersChanged(kind="layers", document_id=document_id))


def tell_person(session: WriteSession, document_id: str, person_id: str) -> None:
    """What one person may do on the document's layers has changed with their part in the
    meeting."""
    announce(session, inbox_topic(person_id), LayersChanged(kind="layers", document_id=document_id))


def make_layer(session: WriteSession, document_id: str, new: NewLayer, bounds: Bounds) -> LayerView:
    """Share a new layer of the document."""
    document = queries.document_row(session, document_id)
    require_sharing(document.sharing, new.audience)
    layers.require_marks_open(session, document_id)
    if document.sharing == "none":
        raise DomainError("sharing_not_allowed", sharing="none")
    _require_room(session, document_id, bounds)
    people = _people(session, document_id, new.people or [], bounds)
    if new.audience == "people" and not people:
        raise Invalid("people", "nobody_chosen")
    row = LayerRow(
        id=clock.new_id(),
        document_id=document_id,
        kind="shared",
        owner=session.actor.person_id,
        title=new.title,
        audience=new.audience,
        made_at=clock.unix_ms(),
    )
    session.add(row)
    session.flush()
    name_on(session, row.id, people)
    session.record(SharedLayerMade(document_id, row.id, row.audience, tuple(people)))
    _tell(session, row)
    return layers.layer_view(session, session.actor, row)


def _require_room(session: WriteSession, document_id: str, bounds: Bounds) -> None:
    rows = [row for row in layers.layers_of(session, document_id) if row.kind == "shared"]
    own = [row for row in rows if row.owner == session.actor.person_id]
    if len(rows) >= bounds.per_document:
        raise DomainError("layers_full", most=bounds.per_document)
    if len(own) >= bounds.per_person:
        raise DomainError("own_layers_full", most=bounds.per_person)


def _people(
    session: WriteSession, document_id: str, people: list[str], bounds: Bounds
) -> list[str]:
    wanted = set(people) - {session.actor.person_id}
    readers = queries.reading_participants(session, queries.document_row(session, document_id))
    require_people(wanted, readers, bounds)
    return sorted(wanted)


def change_layer(
    session: WriteSession, layer_id: str, patch: LayerPatch, bounds: Bounds
) -> LayerView:
    """Change a shared layer's title or whom it is for; who loses it loses it with the COMMIT."""
    row = layer_row(session, layer_id)
    document = queries.document_row(session, row.document_id)
    had, named = _audience(session, row), named_on(session, layer_id)
    row.title = row.title if patch.title is None else patch.title
    if patch.audience is not None:
        require_sharing(document.sharing, patch.audience)
        row.audience = patch.audience
    if patch.people is not None:
        kept = [one for one in patch.people if one in named]
        added = [one for one in patch.people if one not in named]
        named = sorted({*kept, *_people(session, row.document_id, added, bounds)})
        require_people(set(named), set(named), bounds)
        name_on(session, layer_id, named)
    if patch.audience == "people" and not named:
        raise Invalid("people", "nobody_chosen")
    session.add(row)
    fields = tuple(sorted(patch.model_fields_set))
    session.record(
        SharedLayerChanged(row.document_id, layer_id, row.audience, tuple(named), fields)
    )
    _tell(session, row, had)
    return layers.layer_view(session, session.actor, row)


def leave_layer(session: WriteSession, layer_id: str) -> None:
    """Take oneself off a shared layer; what one wrote on it stays."""
    row = layer_row(session, layer_id)
    had = _audience(session, row)
    named = [one for one in named_on(session, layer_id) if one != session.actor.person_id]
    name_on(session, layer_id, named)
    session.record(
        SharedLayerChanged(row.document_id, layer_id, row.audience, tuple(named), ("left",))
    )
    _tell(session, row, had)


def delete_layer(session: WriteSession, layer_id: str) -> None:
    """Delete a shared layer for everybody; a job brings others' marks home to them, and takes the
    owner's and the layer's history away."""
    row = layer_row(session, layer_id)
    had = _audience(session, row)
    where = {"owner": row.owner, "document_id": row.document_id}
    session.record(SharedLayerDeleted(row.document_id, layer_id))
    _tell(session, row, had)
    session.exec(delete(LayerPersonRow).where(col(LayerPersonRow.layer_id) == layer_id))
    session.delete(row)
    enqueue(session, PURGE, {"layer_id": layer_id, **where})


def open_presenter_layer(session: WriteSession, document_id: str) -> LayerView:
    """Make the presenter's layer of the document, or find it."""
    row = session.exec(
        select(LayerRow)
        .where(LayerRow.document_id == document_id)
        .where(LayerRow.kind == "presenter")
    ).first()
    if row is None:
        layers.require_marks_open(session, document_id)
        row = LayerRow(
            id=clock.new_id(),
            document_id=document_id,
            kind="presenter",
            owner=session.actor.person_id,
            audience="everyone",
            made_at=clock.unix_ms(),
        )
        session.add(row)
        session.record(PresenterLayerOpened(document_id, row.id))
        _tell(session, row)
    return layers.layer_view(session, session.actor, row)


def narrow(session: WriteSession, document_id: str) -> None:
    """The document allows less sharing than before: layers that go further are narrowed. Their
    owners keep them, and may share them anew as far as the document allows."""
    sharing = queries.document_row(session, document_id).sharing
    for row in layers.layers_of(session, document_id):
        if row.kind != "shared":
            continue
        named = named_on(session, row.id)
        audience = narrowed(sharing, row.audience, named=bool(named))
        if audience == row.audience:
            continue
        had = _audience(session, row)
        row.audience = audience
        session.add(row)
        session.record(
            SharedLayerChanged(document_id, row.id, audience, tuple(named), ("audience",))
        )
        _tell(session, row, had)
