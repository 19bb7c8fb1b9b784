"""One connection's part in the sync, without I/O: a message in, messages out.

The gateway runs `receive` inside one database transaction and sends what comes back only after
COMMIT. For `ann.open` it subscribes the connection to the layer *before* it calls `receive`, so
that no change falls between; the client orders what then arrives (docs/wire-annotations.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from annotations.allowance import Allowance
from annotations.checks import check_count, check_page, check_uuid
from annotations.errors import AnnotationError
from annotations.fullness import Fullness
from annotations.limits import (
    CATCH_UP_ITEMS,
    EPHEMERAL_BURST,
    EPHEMERAL_PER_SECOND,
    MAX_EPHEMERAL_BYTES,
    SNAPSHOT_BYTES,
)
from annotations.merge import Change, Circumstances, Conflict, apply, weigh
from annotations.model import Annotation, JsonObject, Layer, to_wire
from annotations.operations import Push, Put, Restore, parse_push, writes_words
from annotations.store import Answer, Begun, Store


class Rights(Protocol):
    """What the person of this connection may do; asked anew for each message and delivery."""

    def may_read(self, layer: Layer) -> bool: ...

    def may_write(self, layer: Layer) -> bool: ...

    def may_moderate(self, layer: Layer) -> bool: ...


@dataclass(frozen=True, slots=True)
class OwnLayersOnly:
    """The narrowest rights: private layers of one's own."""

    person: str

    def may_read(self, layer: Layer) -> bool:
        return layer.kind == "private" and layer.owner == self.person

    def may_write(self, layer: Layer) -> bool:
        return self.may_read(layer)

    def may_moderate(self, layer: Layer) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Place:
    """How far a whole layer has been sent: `head_seq` and `part` count on from there, `seq` is that
    of the last mark, of the page in view or, `elsewhere`, of the other pages."""

    head_seq: int
    part: int = 0
    elsewhere: bool = False
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A frame of a whole layer as JSON text, and the place behind it; None after the last."""

    text: str
    behind: Place | None


@dataclass(slots=True)
class Outcome:
    """To be sent after COMMIT: `replies` to this connection, in order, then `parts`; `announce` to
    every follower of `layer`, this connection included; `relay` to every other follower.

    `parts` is a whole layer. It is read while it is taken, inside the transaction, so that the page
    before somebody's eyes leaves while the rest is still on the disk; as it changes nothing, there
    is no COMMIT to wait for. Whoever stops taking goes on in another transaction with the place
    behind the last part: what changes meanwhile is announced, and a newer mark never gives way."""

    replies: list[JsonObject] = field(default_factory=list)
    layer: str = ""
    announce: JsonObject | None = None
    relay: JsonObject | None = None
    parts: Iterator[Part] = field(default_factory=lambda: iter(()))


class Session:
    """State of one connection: who it is and which layers it follows. `fullness` is one for all
    connections to a store."""

    def __init__(self, person: str, rights: Rights, fullness: Fullness | None = None) -> None:
        self.person = person
        self.fullness = fullness or Fullness()
        self.rights = rights
        self.following: dict[str, Layer] = {}
        self.wet = Allowance(EPHEMERAL_BURST, EPHEMERAL_PER_SECOND)

    def receive(self, message: JsonObject, store: Store, now: int) -> Outcome:
        """Answer one client message (`now`: ms since 1970). A malformed push is answered with a
        nack; any other malformed or unknown message raises AnnotationError for the gateway to
        report. The connection's other work goes on in either case."""
        match message.get("t"):
            case "ann.push":
                return self.push(message, store, now)
            case "ann.open":
                return self.open(message, store)
            case "ann.close":
                self.close(message)
                return Outcome()
            case "ann.ephemeral":
                return self.pass_on(message, now)
            case _:
                raise AnnotationError("unknown_message", "t")

    def push(self, message: JsonObject, store: Store, now: int) -> Outcome:
        """Take a push as it came from the wire; a malformed one gets a nack."""
        push = read_push(message)
        return Outcome([push]) if isinstance(push, dict) else self.take(push, store, now)

    def take(self, push: Push, store: Store, now: int) -> Outcome:
        """Apply a push, or refuse it whole. A repeated one gets its first answer and changes
        nothing."""
        begun = store.begin_push(push.outbox, push.op_no, push.layer)
        if begun.answer is not None:
            return Outcome([self._repeat(push, begun, begun.answer, store)])
        layer = begun.layer
        if layer is None or not self.rights.may_write(layer):
            return self._refuse(push, _refusal("forbidden"), None, store)
        new = sum(isinstance(op, Put | Restore) for op in push.ops)
        if new and not self.fullness.takes(layer, new, store):
            return self._refuse(push, _refusal("layer_full"), None, store)
        at = Circumstances(layer, self.person, now, self.rights.may_moderate(layer))
        stored = store.records(push.named())
        known = dict(stored)
        worded: set[str] = set()
        changes: list[Change] = []
        seq = layer.head_seq
        for index, op in enumerate(push.ops):
            if isinstance(op, Put) and not _answers(op, known, layer):
                refusal = _refusal("unknown_annotation", index, "reply_to")
                return self._refuse(push, refusal, None, store)
            result = apply(known.get(op.id), op, seq + 1, at, own_words=op.id in worded)
            if isinstance(result, Conflict):
                refusal = _refusal(result.code, index, result.field)
                # What this push made of the mark before goes back with it: nobody ever had it.
                value = stored.get(op.id) if result.server_value is not None else None
                return self._refuse(push, refusal, value, store)
            if writes_words(op):
                worded.add(op.id)
            if isinstance(result, Change):
                seq += 1
                known[op.id] = result.after
                changes.append(result)
        finals = [known[op.id] for op in push.ops]
        answer = {"seqs": [mark.seq for mark in finals], "revs": [mark.rev for mark in finals]}
        store.save(
            push,
            replace(layer, head_seq=seq),
            changes,
            Answer(self.person, push.fingerprint, answer),
        )
        self.fullness.changed(layer, seq, changes)
        outcome = Outcome([_ack(push, answer)], layer.id)
        if changes:
            changed = {change.after.id: change.after for change in changes}
            outcome.announce = _delta(
                layer.id, layer.head_seq, seq, sorted(changed.values(), key=_by_seq)
            )
        return outcome

    def _refuse(
        self, push: Push, refusal: JsonObject, value: Annotation | None, store: Store
    ) -> Outcome:
        if value is not None:
            refusal["id"] = value.id
        store.remember_refusal(push, Answer(self.person, push.fingerprint, refusal))
        return Outcome([_nack(push.op_no, refusal, value)])

    def _repeat(self, push: Push, begun: Begun, answer: Answer, store: Store) -> JsonObject:
        """The first answer again. The mark that it named is shown as it is now, so only to whom
        may read it now."""
        if answer.fingerprint != push.fingerprint or answer.person != self.person:
            return _nack(push.op_no, _refusal("op_no_reused"))
        if "code" not in answer.fields:
            return _ack(push, answer.fields)
        id_, layer = answer.fields.get("id"), begun.layer
        if id_ is None or layer is None or not self.rights.may_read(layer):
            return _nack(push.op_no, answer.fields)
        value = store.records([id_]).get(id_)
        here = value is not None and value.layer == layer.id
        return _nack(push.op_no, answer.fields, value if here else None)

    def open(self, message: JsonObject, store: Store, place: Place | None = None) -> Outcome:
        """Follow a layer: what changed since the cursor, or a snapshot where that is shorter or
        the only truth (deletions forgotten, a cursor from another life of the database). `page`
        is the one that somebody looks at: a snapshot begins with it. `place`: go on behind it."""
        id_ = check_uuid(message.get("layer"), "layer")
        cursor = check_count(message.get("cursor"), "cursor")
        page = None if message.get("page") is None else check_page(message["page"])
        layer = store.layer(id_)
        if layer is None or not self.rights.may_read(layer):
            self.following.pop(id_, None)
            return Outcome([{"t": "ann.revoke", "layer": id_}])
        self.following[id_] = layer
        if place is None and 0 < cursor <= layer.head_seq and cursor >= layer.min_seq:
            changed = store.changes_since(id_, cursor, CATCH_UP_ITEMS + 1)
            if len(changed) <= CATCH_UP_ITEMS:
                return Outcome(_catch_up(layer, cursor, changed))
        return Outcome(parts=_snapshot(id_, page, place or Place(layer.head_seq), store))

    def close(self, message: JsonObject) -> None:
        """Follow a layer no more."""
        self.following.pop(check_uuid(message.get("layer"), "layer"), None)

    def pass_on(self, message: JsonObject, now: int) -> Outcome:
        """Wet ink and pointers, of followers who may write. What may not pass is dropped
        without a word: nobody waits for an answer, and the next frame is 33 ms away."""
        if not self.wet.take(now):
            return Outcome()
        id_ = check_uuid(message.get("layer"), "layer")
        kind = message.get("kind")
        data = message.get("data")
        if type(kind) is not str or len(kind) > 20 or type(data) is not dict:
            raise AnnotationError("wrong_type", "ephemeral")
        layer = self.following.get(id_)
        if layer is None or not self.rights.may_write(layer):
            return Outcome()
        if len(json.dumps(data)) > MAX_EPHEMERAL_BYTES:
            raise AnnotationError("too_large", "data")
        relay = {"t": "ann.ephemeral", "layer": id_, "kind": kind, "from": self.person}
        return Outcome([], id_, None, {**relay, "data": data})

    def deliver(self, layer: str, message: JsonObject) -> JsonObject | None:
        """What this connection gets of an announcement: the message, `ann.revoke` when the
        right to read is gone, or nothing when it does not follow the layer."""
        following = self.following.get(layer)
        if following is None:
            return None
        if self.rights.may_read(following):
            return message
        del self.following[layer]
        return {"t": "ann.revoke", "layer": layer}


def read_push(message: JsonObject) -> Push | JsonObject:
    """The push of a message, or the nack for one that is malformed."""
    try:
        return parse_push(message)
    except AnnotationError as error:
        return _nack(_op_no(message), _refusal(error.code, error.index, error.field))


def _answers(op: Put, known: Mapping[str, Annotation], layer: Layer) -> bool:
    """Whether a new mark answers one of its own layer, or none at all. The one it answers may
    have been taken away meanwhile: the answer is kept all the same."""
    if op.reply_to is None:
        return True
    answered = known.get(op.reply_to)
    return answered is not None and answered.layer == layer.id


def _by_seq(mark: Annotation) -> int:
    return mark.seq


def _op_no(message: JsonObject) -> int:
    try:
        return check_count(message.get("op_no"), "op_no", 1)
    except AnnotationError:
        return 0


def _refusal(code: str, index: int | None = None, field_: str = "") -> JsonObject:
    refusal: JsonObject = {"code": code}
    if index is not None:
        refusal["index"] = index
    if field_:
        refusal["field"] = field_
    return refusal


def _nack(op_no: int, refusal: JsonObject, value: Annotation | None = None) -> JsonObject:
    nack = {"t": "ann.nack", "op_no": op_no, **refusal}
    nack.pop("id", None)
    if value is not None:
        nack["server_value"] = to_wire(value)
    return nack


def _ack(push: Push, fields: JsonObject) -> JsonObject:
    return {"t": "ann.ack", "op_no": push.op_no, "layer": push.layer, **fields}


def _delta(layer: str, start: int, end: int, marks: Sequence[Annotation]) -> JsonObject:
    return {
        "t": "ann.delta",
        "layer": layer,
        "from": start,
        "to": end,
        "items": [to_wire(mark) for mark in marks],
    }


def _parts(marks: Sequence[Annotation]) -> Iterator[list[Annotation]]:
    """Cut into parts of at most SNAPSHOT_BYTES; at least one part, maybe empty."""
    part: list[Annotation] = []
    weight = 0
    for mark in marks:
        more = weigh(mark)
        if part and weight + more > SNAPSHOT_BYTES:
            yield part
            part, weight = [], 0
        part.append(mark)
        weight += more
    yield part


def _catch_up(layer: Layer, cursor: int, changed: Sequence[Annotation]) -> list[JsonObject]:
    parts = list(_parts(changed))
    messages = []
    start = cursor
    for number, part in enumerate(parts):
        end = layer.head_seq if number == len(parts) - 1 else part[-1].seq
        messages.append(_delta(layer.id, start, end, part))
        if number < len(parts) - 1:
            messages[-1]["more"] = True
        start = end
    return messages


def _snapshot(layer: str, page: int | None, place: Place, store: Store) -> Iterator[Part]:
    """Cut into parts of at most SNAPSHOT_BYTES; at least one part, maybe empty."""
    head = f'{{"t":"ann.snapshot","layer":"{layer}","seq":{place.head_seq},"part":'
    weight = 0
    items: list[str] = []
    for elsewhere, seq, item in _items(layer, page, place, store):
        more = 1 + (len(item) if item.isascii() else len(item.encode()))
        if items and weight + more > SNAPSHOT_BYTES:
            text = f'{head}{place.part},"last":false,"items":[{",".join(items)}]}}'
            place = replace(place, part=place.part + 1)
            yield Part(text, place)
            items, weight = [], 0
        place = replace(place, elsewhere=elsewhere, seq=seq)
        items.append(item)
        weight += more
    yield Part(f'{head}{place.part},"last":true,"items":[{",".join(items)}]}}', None)


def _items(
    layer: str, page: int | None, place: Place, store: Store
) -> Iterator[tuple[bool, int, str]]:
    """The marks of the page in view, then those of the others."""
    if page is not None and not place.elsewhere:
        for seq, text in store.snapshot_texts(layer, page, False, place.seq):
            yield False, seq, text
    after = place.seq if page is None or place.elsewhere else 0
    for seq, text in store.snapshot_texts(layer, page, True, after):
        yield True, seq, text
