"""Marks from a file (XFDF) into a person's own layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlmodel import Session

from annotations.fullness import Fullness
from annotations.imported import ImportedMark, names_of
from annotations.limits import MAX_OFFLINE_MS, MAX_XFDF_BYTES
from annotations.model import Annotation, to_wire
from server import clock
from server.annotating.export import Exports
from server.annotating.layers import (
    layer_topic,
    open_private_layer,
    raw,
    require_marks_open,
)
from server.annotating.messages import MarksAdded
from server.database import WriteSession
from server.documents import queries
from server.errors import DomainError, Invalid
from server.http.endpoint import Call, Replayed
from server.http.files import Files
from server.http.idempotency import recall
from server.people.queries import cards
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable
from server.sandbox.xfdf import read_xfdf
from server.writer import Announcement

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
    taken = await asyncio.to_thread(_taken, layer, ids["version_id"], found.marks)
    count = await _add_all(call, taken)
    call.key = key
    added = MarksAdded(
        layer=layer,
        added=count,
        known=len(found.marks) - count,
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


@dataclass
class _Taken:
    """Marks of a file on their way into a layer. `known`: what the layer was seen to have, by
    name; `seen`: its number then. A mark keeps its id over all pieces, so that answers hold.
    `added`: the ids that went in; each does once, whatever the person does with it meanwhile."""

    layer: str
    version: str
    marks: Sequence[ImportedMark]
    names: Sequence[str]
    ids: Sequence[str]
    known: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    added: set[str] = field(default_factory=set)

    def learn(self, changed: Iterable[Annotation], seen: int) -> None:
        """What the layer has by now."""
        for mark in changed:
            for name in (mark.id, str((mark.foreign_props or {}).get("nm", mark.id))):
                if not mark.deleted:
                    self.known[name] = mark.id
                elif self.known.get(name) == mark.id:
                    del self.known[name]
        self.seen = seen

    def missing(self) -> list[int]:
        """Places of the marks that the layer does not have and was not given, answers after what
        they answer: where the work breaks off, no answer is there without it."""
        places = [
            place
            for place, name in enumerate(self.names)
            if name not in self.known and self.ids[place] not in self.added
        ]
        return sorted(places, key=lambda place: self.marks[place].reply_to is not None)

    def parent(self, place: int) -> str | None:
        """The id of the mark this one answers: there already, or about to come."""
        to = self.marks[place].reply_to
        return None if to is None else self.known.get(self.names[to], self.ids[to])


def _taken(layer: str, version: str, marks: Sequence[ImportedMark]) -> _Taken:
    return _Taken(layer, version, marks, names_of(marks), [clock.new_id() for _ in marks])


async def _add_all(call: Call, taken: _Taken) -> int:
    """Add what the layer does not have; how many. Nothing is added to a layer that has moved since
    it was looked at: the same file may be taken twice at once, when a line dropped behind it."""
    while True:
        records = await call.read(_missing, taken, call.actor.person_id)
        for piece in _pieces(records):
            seen = await call.write(_add, taken.layer, taken.seen, piece)
            if seen is None:
                break
            taken.learn(piece, seen)
            taken.added.update(mark.id for mark in piece)
        else:
            return len(taken.added)


def _missing(session: Session, taken: _Taken, person_id: str) -> list[Annotation]:
    """The marks the layer does not have, as its records, numbered when they are written. A name it
    knows is a mark that went out and came back, or a file that is taken twice."""
    store = raw(session)
    layer = store.layer(taken.layer)
    if layer is None:
        raise DomainError("not_found", 404)
    taken.learn(store.changes_since(layer.id, taken.seen, layer.head_seq), layer.head_seq)
    places = taken.missing()
    if not Fullness().takes(layer, len(places), store):
        raise DomainError("layer_full", 409)
    me = cards(session, [person_id])[person_id].name
    now = clock.unix_ms()
    return [
        Annotation(
            id=taken.ids[place],
            layer=layer.id,
            document=layer.document,
            version=taken.version,
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
            reply_to=taken.parent(place),
            ink=mark.ink,
            foreign_props=_props(mark, me) | {"nm": taken.names[place]},
        )
        for place in places
        for mark in (taken.marks[place],)
    ]


def _believed(created: int | None, now: int) -> int:
    inside = created is not None and now - MAX_OFFLINE_MS <= created <= now
    return created if inside and created is not None else now


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


def _add(
    session: WriteSession, layer_id: str, seen: int, records: Sequence[Annotation]
) -> int | None:
    """The layer's number with these; None where it has moved since `seen`."""
    store = raw(session)
    layer = store.layer(layer_id)
    if layer is None:
        raise DomainError("not_found", 404)
    require_marks_open(session, layer.document)
    if layer.head_seq != seen:
        return None
    numbered = [
        replace(record, seq=layer.head_seq + place) for place, record in enumerate(records, 1)
    ]
    head = numbered[-1].seq
    store.load(replace(layer, head_seq=head), numbered)
    delta = {
        "t": "ann.delta",
        "layer": layer_id,
        "from": layer.head_seq,
        "to": head,
        "items": [to_wire(record) for record in numbered],
    }
    frame = json.dumps(delta, ensure_ascii=False, separators=(",", ":"))
    session.effects.announcements.append(Announcement(layer_topic(layer_id), head, frame))
    return head
