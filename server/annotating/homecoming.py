"""What others wrote on a shared layer that its owner deletes comes home: to each author's private
layer on the same paper, where it goes on as their own (docs/decisions/threads-0001).

The owner's own marks go with the layer: deleting it is the owner's word on them. Marks that were
taken away before stay taken away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from sqlalchemy import text
from sqlmodel import Session

from annotations.limits import SNAPSHOT_BYTES
from annotations.merge import weigh
from annotations.model import Annotation, to_wire
from server.annotating.layers import layer_topic, marks_gone, private_layer_of, raw
from server.annotating.messages import OthersMarks
from server.database import Database, WriteSession
from server.documents.queries import may_keep_marks
from server.documents.tables import DocumentRow
from server.errors import NotFound
from server.identity import SYSTEM
from server.live.changes import announce
from server.meetings.messages import MarksHome
from server.meetings.topics import inbox_topic
from server.people.queries import as_actor
from server.writer import Announcement

AT_ONCE = 100
"""Marks in one transaction: some 3 ms of the writer, with their numbers and announcements."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A mark that comes home. `of` is set on its author's last one: how many they are."""

    mark: str
    of: int = 0


def others_marks(session: Session, layer_id: str, owner: str) -> OthersMarks:
    """How much of a layer is the work of others than its owner."""
    coming = others_coming(session, layer_id, owner)
    return OthersMarks(people=sum(one.of > 0 for one in coming), marks=len(coming))


async def bring_home(database: Database, layer_id: str, owner: str, document_id: str) -> None:
    """Move what others wrote on a deleted layer to them. A reader walks over the layer, once:
    nobody writes there any more, and the owner's own marks may be many."""
    coming = await database.read(others_coming, layer_id, owner)
    at = 0
    while at < len(coming):
        some = coming[at : at + AT_ONCE]
        moved = await database.write(SYSTEM, bring_some_home, layer_id, document_id, some)
        if moved == 0:
            return
        at += moved


def others_coming(session: Session, layer_id: str, owner: str) -> list[Coming]:
    """The marks of others than its owner on a layer, author by author, oldest first."""
    rows = session.connection().execute(
        text(
            "SELECT id, author FROM annotation "
            "WHERE layer = :layer AND deleted = 0 AND author != :owner ORDER BY author, seq"
        ),
        {"layer": layer_id, "owner": owner},
    )
    coming: list[Coming] = []
    for _, marks in groupby(rows, itemgetter(1)):
        ids = [str(row[0]) for row in marks]
        coming += [Coming(id_) for id_ in ids[:-1]]
        coming.append(Coming(ids[-1], of=len(ids)))
    return coming


def bring_some_home(
    session: WriteSession, layer_id: str, document_id: str, coming: Sequence[Coming]
) -> int:
    """Move the first of these marks to their authors, as many as one frame to a tablet holds, and
    tell each author whose last one it is. How many were gone through, one at least; none where the
    paper is gone or its marks were deleted by its meeting's rule."""
    document = session.get(DocumentRow, document_id)
    if document is None or marks_gone(session, document_id):
        return 0
    piece = _piece(_on_layer(session, layer_id, coming), coming)
    moved = [mark for mark in piece if mark is not None]
    for author in sorted({mark.author for mark in moved}):
        _move(session, document_id, author, [mark for mark in moved if mark.author == author])
    for mark, one in zip(piece, coming, strict=False):
        if mark is not None and one.of > 0:
            _tell(session, mark.author, document, one.of)
    return len(piece)


def _on_layer(
    session: WriteSession, layer_id: str, coming: Sequence[Coming]
) -> Mapping[str, Annotation]:
    """Those that another run of the job has not moved yet."""
    ids = [one.mark for one in coming]
    found = raw(session).find(f"WHERE id IN ({', '.join('?' * len(ids))})", ids)
    return {mark.id: mark for mark in found if mark.layer == layer_id}


def _piece(
    found: Mapping[str, Annotation], coming: Sequence[Coming]
) -> Sequence[Annotation | None]:
    weight = 0
    piece: list[Annotation | None] = []
    for one in coming:
        mark = found.get(one.mark)
        weight += 0 if mark is None else weigh(mark)
        if piece and weight > SNAPSHOT_BYTES:
            break
        piece.append(mark)
    return piece


def _tell(session: WriteSession, author: str, document: DocumentRow, marks: int) -> None:
    """Tell it to an author who may still have what they wrote there: nobody else is told that the
    paper is there, or what it is called now."""
    actor = as_actor(session, author)
    if actor is None or not may_keep_marks(session, actor, document.id):
        return
    told = MarksHome(kind="marks_home", document_id=document.id, title=document.title, marks=marks)
    announce(session, inbox_topic(author), told)


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
