"""HTTP handlers that know marks: a document to read with my layer, and the document's layers."""

from __future__ import annotations

from sqlmodel import Session

from server.annotating import layers, sharing
from server.annotating.homecoming import others_marks
from server.annotating.messages import LayerView, OthersMarks
from server.annotating.rules import Bounds
from server.documents import queries
from server.documents.messages import DocumentView
from server.http.endpoint import Call
from server.identity import Actor
from server.meetings.messages import Participant
from server.people.messages import PersonCard
from server.settings import Settings


def bounds(settings: Settings) -> Bounds:
    """The bounds of shared layers on this server."""
    return Bounds(
        settings.shared_layers_per_document,
        settings.shared_layers_per_person,
        settings.shared_layer_people,
    )


def _view(session: Session, actor: Actor, document_id: str) -> DocumentView:
    row = queries.document_row(session, document_id)
    newest = (
        queries.version_row(session, document_id, row.version_id)
        if row.version_id
        else queries.newest_version(session, document_id)
    )
    gone = layers.marks_gone(session, document_id)
    return DocumentView(
        card=queries.card(session, row),
        version=queries.version_view(session, newest) if newest else None,
        my_layer=None if gone else layers.private_layer(session, document_id, actor.person_id),
        may_download=queries.may_download(session, actor, document_id),
        may_annotate=not gone,
    )


async def read_document(call: Call) -> DocumentView:
    """A document with its pages and the layer of my marks, which is made at the first reading."""
    document_id = call.ids["document_id"]
    view = await call.read(_view, call.actor, document_id)
    if view.my_layer is None and view.may_annotate:
        layer = await call.write(layers.open_private_layer, document_id)
        view = view.model_copy(update={"my_layer": layer})
    return view


async def list_layers(call: Call) -> list[LayerView]:
    """The layers of a document that I may read: mine, the presenter's, those shared with me."""
    return await call.read(layers.layer_list, call.actor, call.ids["document_id"])


async def list_readers(call: Call) -> list[Participant]:
    """Whom I can share a layer of this document with."""
    return await call.read(layers.readers_list, call.ids["document_id"])


async def make_layer(call: Call) -> LayerView:
    """Share a new layer."""
    ids, most = call.ids, bounds(call.settings)
    return await call.write(sharing.make_layer, ids["document_id"], call.body, most)


async def open_presenter_layer(call: Call) -> LayerView:
    """Begin to show the document to the room."""
    return await call.write(sharing.open_presenter_layer, call.ids["document_id"])


async def change_layer(call: Call) -> LayerView:
    """Change a layer's title or whom it is for."""
    ids, most = call.ids, bounds(call.settings)
    return await call.write(sharing.change_layer, ids["layer_id"], call.body, most)


async def delete_layer(call: Call) -> None:
    """Delete a layer for everybody."""
    await call.write(sharing.delete_layer, call.ids["layer_id"])


def _others(session: Session, layer_id: str) -> OthersMarks:
    return others_marks(session, layer_id, layers.layer_row(session, layer_id).owner)


async def count_others_marks(call: Call) -> OthersMarks:
    """How much on my layer is the work of others, before I delete it."""
    return await call.read(_others, call.ids["layer_id"])


async def leave_layer(call: Call) -> None:
    """Take myself off a layer."""
    await call.write(sharing.leave_layer, call.ids["layer_id"])


async def list_authors(call: Call) -> list[PersonCard]:
    """Who wrote on a layer."""
    return await call.read(layers.authors_of, call.ids["layer_id"])
