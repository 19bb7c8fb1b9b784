"""HTTP handlers that know marks: a document to read with my layer, and the PDF with my marks."""

from __future__ import annotations

from sqlmodel import Session

from server.annotating import layers
from server.documents import queries
from server.documents.messages import DocumentView
from server.http.endpoint import Call
from server.identity import Actor


def _view(session: Session, actor: Actor, document_id: str) -> DocumentView:
    row = queries.document_row(session, document_id)
    newest = (
        queries.version_row(session, document_id, row.version_id)
        if row.version_id
        else queries.newest_version(session, document_id)
    )
    return DocumentView(
        card=queries.card(session, row),
        version=queries.version_view(session, newest) if newest else None,
        my_layer=layers.private_layer(session, document_id, actor.person_id),
        may_download=True,
        may_annotate=True,
    )


async def read_document(call: Call) -> DocumentView:
    """A document with its pages and the layer of my marks, which is made at the first reading."""
    document_id = call.ids["document_id"]
    view = await call.read(_view, call.actor, document_id)
    if view.my_layer is None:
        layer = await call.write(layers.open_private_layer, document_id)
        view = view.model_copy(update={"my_layer": layer})
    return view
