"""Layers: making a person's private one, and who may use which."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, select

from annotations.model import Annotation
from server import clock
from server.annotating.store import SqlStore
from server.annotating.tables import LayerRow
from server.database import WriteSession
from server.documents.queries import may_read
from server.identity import Actor


def layer_topic(layer_id: str) -> str:
    """What the followers of a layer follow."""
    return f"layer:{layer_id}"


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
    row = LayerRow(
        id=clock.new_id(), document_id=document_id, kind="private", owner=session.actor.person_id
    )
    session.add(row)
    session.flush()
    return row.id


def may_use(session: Session, actor: Actor, layer_id: str) -> bool:
    """Private layers: the owner, while the document may be read."""
    row = session.get(LayerRow, layer_id)
    if row is None or row.kind != "private" or row.owner != actor.person_id:
        return False
    return may_read(session, actor, row.document_id)


def raw(session: Session) -> SqlStore:
    """The annotation store on this session's connection."""
    return SqlStore(session.connection().connection.dbapi_connection)


def private_marks(session: Session, actor: Actor, document_id: str) -> Sequence[Annotation]:
    """All living marks of the actor on a document, over all its versions."""
    layer_id = private_layer(session, document_id, actor.person_id)
    return raw(session).snapshot(layer_id) if layer_id else []


def ask_again(session: WriteSession, document_id: str) -> None:
    """Rights on the document changed: everybody following one of its layers is asked again."""
    layers = session.exec(select(LayerRow.id).where(LayerRow.document_id == document_id)).all()
    session.effects.rights_changed.extend((layer_topic(one), None) for one in layers)
