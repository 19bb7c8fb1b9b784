"""The list of my marks as the wire tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlmodel import Session, col, select

from server.annotating.layers import raw
from server.annotating.notes import (
    Cursor,
    Labels,
    Walk,
    Wanted,
    my_documents,
    quote_of,
    stamp_of,
    take_part,
)
from server.annotating.notes_messages import (
    MarkedDocument,
    MarkedMeeting,
    MarkKind,
    MyMark,
    MyMarks,
    Sketch,
)
from server.annotating.sketches import Entry, draw_small
from server.documents.queries import may_keep_marks
from server.documents.tables import DocumentRow
from server.identity import Actor
from server.meetings.queries import from_ms
from server.meetings.tables import MeetingRow

QUOTE_SHOWN = 400
"""Characters of a quote in the list: three lines of a tablet; the page has the rest."""
BODY_SHOWN = 1_200
SKETCH_POINTS = 240
"""Points of one small drawing: handwriting stays readable, and 60 of them weigh some 100 kB."""


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _sketch(entry: Entry) -> Sketch | None:
    drawing = draw_small(entry.marks, SKETCH_POINTS)
    if drawing is None:
        return None
    return Sketch(width=drawing.width, height=drawing.height, lines=drawing.lines)


def _row(entry: Entry, labels: Labels, kinds: dict[str, str], living: frozenset[str]) -> MyMark:
    mark = entry.first
    return MyMark(
        id=mark.id,
        marks=len(entry.marks),
        document_id=mark.document,
        version_id=mark.version,
        page=mark.page,
        label=labels.of(mark),
        kind=cast(MarkKind, mark.kind),
        shared=kinds.get(mark.layer) != "private",
        quote=_cut(quote_of(mark), QUOTE_SHOWN),
        body=_cut(mark.body, BODY_SHOWN),
        stamp=stamp_of(mark),
        color=str(mark.style.get("color", "")),
        sketch=_sketch(entry),
        at=from_ms(max(one.modified for one in entry.marks)),
        x=entry.box[0],
        y=entry.box[1],
        stranded=mark.reply_to is not None and mark.reply_to not in living,
    )


def _answered(session: Session, entries: Iterable[Entry]) -> frozenset[str]:
    """Of the marks that these answer, those that are there."""
    sought = {entry.first.reply_to for entry in entries} - {None}
    found = raw(session).records(sorted(one for one in sought if one is not None))
    return frozenset(id_ for id_, mark in found.items() if not mark.deleted)


def _documents(session: Session, ids: Iterable[str]) -> list[DocumentRow]:
    wanted = select(DocumentRow).where(col(DocumentRow.id).in_(sorted(set(ids))))
    return list(session.exec(wanted).all())


def _meetings(session: Session, ids: Iterable[str]) -> list[MarkedMeeting]:
    wanted = select(MeetingRow).where(col(MeetingRow.id).in_(sorted(set(ids))))
    rows = session.exec(wanted.order_by(col(MeetingRow.starts_at).desc())).all()
    return [
        MarkedMeeting(id=row.id, title=row.title, starts_at=from_ms(row.starts_at)) for row in rows
    ]


def _places(session: Session, actor: Actor) -> list[MarkedMeeting]:
    """Meetings in which there is something of mine, for the choice of one."""
    met: dict[str, bool] = {}
    for place in my_documents(session, actor, Wanted()):
        if not met.get(place.meeting):
            met[place.meeting] = may_keep_marks(session, actor, place.document)
    return _meetings(session, [meeting for meeting, readable in met.items() if readable])


def my_marks_view(
    session: Session, actor: Actor, wanted: Wanted, after: Cursor | None, most: int
) -> MyMarks:
    """One part of the list, at most `most` rows."""
    part = take_part(Walk(session, actor, wanted, after), most)
    labels = Labels(session)
    living = _answered(session, part.entries)
    rows = [_row(entry, labels, part.kinds, living) for entry in part.entries]
    documents = _documents(session, (row.document_id for row in rows))
    return MyMarks(
        rows=rows,
        documents=[
            MarkedDocument(
                id=one.id,
                title=one.title,
                number_symbol=one.number_symbol,
                meeting_id=one.meeting_id,
                withdrawn=one.withdrawn_at is not None,
            )
            for one in documents
        ],
        meetings=_meetings(session, (one.meeting_id for one in documents)),
        places=_places(session, actor) if after is None else None,
        next=str(part.next) if part.next is not None else None,
    )
