"""The layer of the marks that a version's file brought along: written while the file is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlmodel import select

from annotations.imported import ImportedMark
from annotations.model import NOBODY, Annotation, Layer
from server import clock
from server.annotating.layers import raw
from server.annotating.purge import MARKS_AT_ONCE
from server.annotating.tables import LayerRow
from server.database import Database, WriteSession
from server.documents.tables import VersionRow
from server.identity import SYSTEM


@dataclass
class KeepMarks:
    """What reading a file does with the marks it finds."""

    database: Database

    async def __call__(self, version_id: str, marks: Sequence[ImportedMark]) -> None:
        """Make the version's layer of these marks, in pieces that do not hold the writer; a second
        reading starts over. Nobody sees them before the version is the one people read."""
        while await self.database.write(SYSTEM, forget_some, version_id):
            pass
        if not marks:
            return
        layer = await self.database.write(SYSTEM, make_layer, version_id)
        if layer is None:
            return
        records = await asyncio.to_thread(_records, layer, version_id, marks)
        for start in range(0, len(records), MARKS_AT_ONCE):
            piece = records[start : start + MARKS_AT_ONCE]
            await self.database.write(SYSTEM, _load, replace(layer, head_seq=piece[-1].seq), piece)


def forget_some(session: WriteSession, version_id: str) -> bool:
    """Take away some of what an earlier reading of the same file left; False when nothing was."""
    known = session.exec(
        select(LayerRow).where(LayerRow.kind == "imported").where(LayerRow.owner == version_id)
    ).first()
    if known is None:
        return False
    gone = session.connection().execute(
        text(
            "DELETE FROM annotation WHERE id IN "
            "(SELECT id FROM annotation WHERE layer = :layer LIMIT :most)"
        ),
        {"layer": known.id, "most": MARKS_AT_ONCE},
    )
    if gone.rowcount == 0:
        session.delete(known)
    return True


def make_layer(session: WriteSession, version_id: str) -> Layer | None:
    """The layer, unless the version is no longer there."""
    version = session.get(VersionRow, version_id)
    if version is None:
        return None
    row = LayerRow(
        id=clock.new_id(),
        document_id=version.document_id,
        kind="imported",
        owner=version_id,
        audience="everyone",
        made_at=clock.unix_ms(),
    )
    session.add(row)
    session.flush()
    return Layer(row.id, row.document_id, "imported", version_id)


def _load(session: WriteSession, layer: Layer, marks: Sequence[Annotation]) -> None:
    raw(session).load(layer, marks)


def _records(layer: Layer, version_id: str, marks: Sequence[ImportedMark]) -> list[Annotation]:
    ids = [clock.new_id() for _ in marks]
    return [_record(layer, version_id, mark, ids, place) for place, mark in enumerate(marks)]


def _record(
    layer: Layer, version_id: str, mark: ImportedMark, ids: Sequence[str], place: int
) -> Annotation:
    now = clock.unix_ms()
    return Annotation(
        id=ids[place],
        layer=layer.id,
        document=layer.document,
        version=version_id,
        page=mark.page,
        kind=mark.kind,
        rev=1,
        seq=place + 1,
        deleted=False,
        author=NOBODY,
        created=now if mark.created is None else mark.created,
        modified=now if mark.modified is None else mark.modified,
        geometry=mark.geometry,
        style=mark.style,
        body=mark.body,
        resolved=mark.resolved,
        reply_to=None if mark.reply_to is None else ids[mark.reply_to],
        ink=mark.ink,
        foreign_props=mark.foreign_props,
    )
