"""Marks from a file (XFDF) into a person's own layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlmodel import Session

from annotations.imported import ImportedMark
from annotations.limits import MAX_OFFLINE_MS, MAX_XFDF_BYTES
from annotations.model import Annotation, to_wire
from server import clock
from server.annotating.export import Exports
from server.annotating.layers import layer_topic, marks_on, open_private_layer, raw
from server.annotating.messages import MarksAdded
from server.database import Announcement, WriteSession
from server.documents import queries
from server.errors import DomainError, Invalid
from server.http.endpoint import Call, Replayed
from server.http.files import Files
from server.http.idempotency import recall
from server.people.queries import cards
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable
from server.sandbox.xfdf import read_xfdf

MARKS_AT_ONCE: Final = 100
"""Marks in one transaction: some 3 ms of the writer."""
BYTES_AT_ONCE: Final = 262_144
"""Weight of them: what followers are sent in one frame."""


async def take_marks(call: Call) -> MarksAdded:
    """Add the marks of an XFDF file to mine; those that are there already are passed over."""
    ids = call.ids
    # The work is done in pieces; the last one remembers the answer.
    key, call.key = call.key, None
    await call.read(_answer_again, call.actor.person_id, key)
    path = await call.read(_path, call.rooms.get(Files), ids["document_id"], ids["version_id"])
    body = await _body(call)
    try:
        async with call.rooms.get(Exports).place(), asyncio.timeout(call.settings.export_seconds):
            found = await read_xfdf(call.rooms.get(Sandbox), path, body)
    except TimeoutError:
        raise DomainError("timed_out", 503) from None
    except SandboxUnavailable:
        raise DomainError("uploads_refused", 503) from None
    except DocumentRefused as refused:
        raise DomainError(refused.code, 422) from None
    layer = await call.write(open_private_layer, ids["document_id"])
    records = await call.read(_records, layer, ids["version_id"], call.actor.person_id, found.marks)
    for piece in _pieces(records):
        await call.write(_add, layer, piece)
    call.key = key
    added = MarksAdded(
        layer=layer,
        added=len(records),
        known=len(found.marks) - len(records),
        left=sum(found.left.values()),
        over=found.over,
    )
    return await call.write(_done, added)


def _answer_again(session: Session, person_id: str, key: str | None) -> None:
    before = recall(session, person_id, key) if key is not None else None
    if before is not None:
        raise Replayed(before.body)


def _done(session: WriteSession, added: MarksAdded) -> MarksAdded:
    return added


async def _body(call: Call) -> bytes:
    length = call.request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise Invalid("Content-Length")
    if int(length) > MAX_XFDF_BYTES:
        raise DomainError("too_large", 413, bytes=MAX_XFDF_BYTES)
    parts = bytearray()
    async for part in _parts(call):
        parts += part
        if len(parts) > MAX_XFDF_BYTES:
            raise DomainError("too_large", 413, bytes=MAX_XFDF_BYTES)
    return bytes(parts)


async def _parts(call: Call) -> AsyncIterator[bytes]:
    async with asyncio.timeout(call.settings.upload_seconds):
        async for part in call.request.stream():
            yield part


def _path(session: Session, files: Files, document_id: str, version_id: str) -> Path:
    version = queries.version_row(session, document_id, version_id)
    if version.state == "refused":
        raise DomainError(version.refusal or "damaged", 422)
    return files.path(version.sha256)


def _records(
    session: Session, layer: str, version_id: str, person_id: str, marks: Sequence[ImportedMark]
) -> list[Annotation]:
    """The marks as records of the layer, but for those whose name it knows: marks that went out
    and came back, or a file that is taken twice. Numbered when they are written."""
    known = set[str]()
    for mark in marks_on(session, layer):
        known |= {mark.id, str((mark.foreign_props or {}).get("nm", ""))}
    document = raw(session).layer(layer)
    me = cards(session, [person_id])[person_id].name
    now = clock.unix_ms()
    ids = [clock.new_id() for _ in marks]
    fresh = [str(mark.foreign_props.get("nm", "")) not in known - {""} for mark in marks]
    return [
        Annotation(
            id=ids[place],
            layer=layer,
            document=document.document if document else "",
            version=version_id,
            page=mark.page,
            kind=mark.kind,
            rev=1,
            seq=0,
            deleted=False,
            author=person_id,
            created=_believed(mark.created, now),
            modified=now,
            geometry=mark.geometry,
            style=mark.style,
            body=mark.body,
            resolved=mark.resolved,
            reply_to=_parent(mark.reply_to, ids, fresh),
            ink=mark.ink,
            foreign_props=_props(mark, me),
        )
        for place, mark in enumerate(marks)
        if fresh[place]
    ]


def _believed(created: int | None, now: int) -> int:
    inside = created is not None and now - MAX_OFFLINE_MS <= created <= now
    return created if inside and created is not None else now


def _parent(place: int | None, ids: Sequence[str], fresh: Sequence[bool]) -> str | None:
    return ids[place] if place is not None and fresh[place] else None


def _props(mark: ImportedMark, me: str) -> dict[str, object]:
    """What the file says more. My own name is no other author's."""
    mine = mark.foreign_props.get("by") == me
    return {key: value for key, value in mark.foreign_props.items() if key != "by" or not mine}


def _pieces(records: Iterable[Annotation]) -> Iterable[list[Annotation]]:
    piece: list[Annotation] = []
    weight = 0
    for record in records:
        own = len(json.dumps(to_wire(record)))
        if piece and (len(piece) >= MARKS_AT_ONCE or weight + own > BYTES_AT_ONCE):
            yield piece
            piece, weight = [], 0
        piece.append(record)
        weight += own
    if piece:
        yield piece


def _add(session: WriteSession, layer_id: str, records: Sequence[Annotation]) -> None:
    store = raw(session)
    layer = store.layer(layer_id)
    if layer is None:
        raise DomainError("not_found", 404)
    numbered = [
        replace(record, seq=layer.head_seq + place) for place, record in enumerate(records, 1)
    ]
    store.load(replace(layer, head_seq=numbered[-1].seq), numbered)
    delta = {
        "t": "ann.delta",
        "layer": layer_id,
        "from": layer.head_seq,
        "to": numbered[-1].seq,
        "items": [to_wire(record) for record in numbered],
    }
    frame = json.dumps(delta, ensure_ascii=False, separators=(",", ":"))
    topic = layer_topic(layer_id)
    session.effects.announcements.append(Announcement(topic, numbered[-1].seq, frame))
