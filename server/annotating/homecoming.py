"""What others wrote on a shared layer that its owner deletes comes home: to each author's private
layer on the same paper, where it goes on as their own (docs/decisions/threads-0001).

The owner's own marks go with the layer: deleting it is the owner's word on them. Marks that were
taken away before stay taken away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text
from sqlmodel import Session

from annotations.limits import SNAPSHOT_BYTES
from annotations.merge import weigh
from annotations.model import Annotation, to_wire
from server.annotating.layers import layer_topic, marks_gone, private_layer_of, raw
from server.annotating.messages import OthersMarks
from server.database import WriteSession
from server.documents.tables import DocumentRow
from server.errors import NotFound
from server.live.changes import announce
from server.meetings.messages import MarksHome
from server.meetings.topics import inbox_topic
from server.writer import Announcement

AT_ONCE = 100
"""Marks in one transaction: some 3 ms of the writer, with their numbers and announcements."""

_OTHERS = "WHERE layer = ? AND deleted = 0 AND author != ? ORDER BY seq LIMIT ?"


def _counts(session: Session, layer_id: str, owner: str) -> dict[str, int]:
    rows = session.connection().execute(
        text(
            "SELECT author, count(*) FROM annotation "
            "WHERE layer = :layer AND deleted = 0 AND author != :owner GROUP BY author"
        ),
        {"layer": layer_id, "owner": owner},
    )
    return {str(row[0]): int(row[1]) for row in rows}


def others_marks(session: Session, layer_id: str, owner: str) -> OthersMarks:
    """How much of a layer is the work of others than its owner."""
    counts = _counts(session, layer_id, owner)
    return OthersMarks(people=len(counts), marks=sum(counts.values()))


def tell_authors(session: WriteSession, layer_id: str, owner: str, document_id: str) -> None:
    """Tell each author how many of their marks are on their way home."""
    for author, marks in sorted(_counts(session, layer_id, owner).items()):
        told = MarksHome(kind="marks_home", document_id=document_id, marks=marks)
        announce(session, inbox_topic(author), told)


def bring_some_home(session: WriteSession, layer_id: str, owner: str, document_id: str) -> bool:
    """Move some marks of a deleted layer to their authors; False when none is left, or where the
    paper is gone or its marks were deleted by its meeting's rule."""
    document = session.get(DocumentRow, document_id)
    if document is None or marks_gone(session, document_id):
        return False
    found = raw(session).find(_OTHERS, (layer_id, owner, AT_ONCE))
    piece = _piece(found)
    for author in sorted({mark.author for mark in piece}):
        _move(session, document_id, author, [mark for mark in piece if mark.author == author])
    return len(piece) < len(found) or len(found) == AT_ONCE


def _piece(found: Sequence[Annotation]) -> Sequence[Annotation]:
    """As many as one frame to a tablet holds; at least one."""
    weight = 0
    for count, mark in enumerate(found):
        weight += weigh(mark)
        if count > 0 and weight > SNAPSHOT_BYTES:
            return found[:count]
    return found


def _move(
    session: WriteSession, document_id: str, author: str, marks: Sequence[Annotation]
) -> None:
    store = raw(session)
    home = store.layer(private_layer_of(session, document_id, author))
    if home is None:
        raise NotFound()
    moved = [_at_home(mark, home.id, home.head_seq + at) for at, mark in enumerate(marks, 1)]
    head = moved[-1].seq
    store.move(replace(home, head_seq=head), moved)
    delta = {
        "t": "ann.delta",
        "layer": home.id,
        "from": home.head_seq,
        "to": head,
        "items": [to_wire(mark) for mark in moved],
    }
    frame = json.dumps(delta, ensure_ascii=False, separators=(",", ":"))
    session.effects.announcements.append(Announcement(layer_topic(home.id), head, frame))


def _at_home(mark: Annotation, layer: str, seq: int) -> Annotation:
    """The mark among one's own: nobody answers or resolves anything there, so an answer is a note
    and nothing is resolved."""
    geometry, style, body, _ = mark.group_revs
    return replace(
        mark,
        layer=layer,
        seq=seq,
        rev=mark.rev + 1,
        reply_to=None,
        resolved=False,
        group_revs=(geometry, style, body, mark.rev + 1),
    )
