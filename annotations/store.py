"""Where records live, as the session sees it; and a store in memory.

The SQL store is in server/annotating. Both run the same state machine
(tests/harness/annotation_machine.py) and must behave the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from annotations.merge import Change
from annotations.model import Annotation, JsonObject, Layer, to_text
from annotations.operations import Push


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a push. `person` sent it and alone may hear the answer again;
    `fingerprint` is that of the push it belongs to; `fields` is
    JSON: {"seqs", "revs"} of an ack, {"code", "index"?, "field"?, "id"?} of a nack (without the
    content of any mark, so that a purge has nothing to find here)."""

    person: str
    fingerprint: int
    fields: JsonObject


@dataclass(frozen=True, slots=True)
class Begun:
    """What a push starts from. `answer`: this (outbox, op_no) was here before. `layer` is None
    for a layer that does not exist."""

    layer: Layer | None
    answer: Answer | None = None


class Store(Protocol):
    """One transaction's view. All calls of one `Session.receive` run in one transaction, which
    the caller commits before it sends anything (it may run the whole again after a rollback)."""

    def begin_push(self, outbox: str, op_no: int, layer: str) -> Begun:
        """Look up the answer and the layer. Must keep other pushes to this layer out until the
        transaction ends (SQLite: BEGIN IMMEDIATE does; PostgreSQL: take the layer's row lock),
        so that seqs become visible in their order."""
        ...

    def records(self, ids: Sequence[str]) -> dict[str, Annotation]:
        """The marks with these ids, deleted ones and those of other layers too."""
        ...

    def save(
        self,
        push: Push,
        layer: Layer,
        changes: Sequence[Change],
        answer: Answer,
    ) -> None:
        """Write everything of an accepted push: each `after` (a mark may come twice, in order),
        the op log (actor: answer.person), the answer, and `layer.head_seq`, already advanced.
        `changes` may be empty."""
        ...

    def remember_refusal(self, push: Push, answer: Answer) -> None:
        """Write the answer of a refused push, so that a late copy of it is refused too."""
        ...

    def layer(self, layer: str) -> Layer | None:
        """The layer as it is now."""
        ...

    def changes_since(self, layer: str, cursor: int, limit: int) -> list[Annotation]:
        """Marks with seq > cursor, deleted ones too, by seq; at most `limit`."""
        ...

    def count_living(self, layer: str) -> int:
        """How many marks of the layer are not deleted."""
        ...

    def snapshot(self, layer: str) -> list[Annotation]:
        """All living marks of the layer, by seq."""
        ...

    def snapshot_texts(
        self, layer: str, page: int | None, elsewhere: bool, after: int
    ) -> Iterator[tuple[int, str]]:
        """Living marks with seq > `after`, by seq: each with its seq and as JSON text, what
        `to_text` makes of it. Those of `page`, or `elsewhere`, of all others; None is no page. Made
        while they are taken, so that the first may leave before the last is read."""
        ...


@dataclass
class MemoryStore:
    """A store for tests, benchmarks and tools. `begin`/`commit`/`rollback` give it the
    transactions that a machine under test needs; a store that was never begun commits at once."""

    layers: dict[str, Layer] = field(default_factory=dict)
    marks: dict[str, Annotation] = field(default_factory=dict)
    answers: dict[tuple[str, int], Answer] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)

    def add_layer(self, layer: Layer) -> None:
        self.layers[layer.id] = layer

    def begin_push(self, outbox: str, op_no: int, layer: str) -> Begun:
        return Begun(self.layers.get(layer), self.answers.get((outbox, op_no)))

    def records(self, ids: Sequence[str]) -> dict[str, Annotation]:
        return {id_: self.marks[id_] for id_ in ids if id_ in self.marks}

    def save(
        self,
        push: Push,
        layer: Layer,
        changes: Sequence[Change],
        answer: Answer,
    ) -> None:
        for change in changes:
            self.marks[change.after.id] = change.after
        self.log.extend(changes)
        self.layers[layer.id] = layer
        self.answers[push.outbox, push.op_no] = answer

    def remember_refusal(self, push: Push, answer: Answer) -> None:
        self.answers[push.outbox, push.op_no] = answer

    def layer(self, layer: str) -> Layer | None:
        return self.layers.get(layer)

    def changes_since(self, layer: str, cursor: int, limit: int) -> list[Annotation]:
        found = [m for m in self.marks.values() if m.layer == layer and m.seq > cursor]
        return sorted(found, key=lambda mark: mark.seq)[:limit]

    def snapshot(self, layer: str) -> list[Annotation]:
        found = [m for m in self.marks.values() if m.layer == layer and not m.deleted]
        return sorted(found, key=lambda mark: mark.seq)

    def count_living(self, layer: str) -> int:
        return len(self.snapshot(layer))

    def snapshot_texts(
        self, layer: str, page: int | None, elsewhere: bool, after: int
    ) -> Iterator[tuple[int, str]]:
        for mark in self.snapshot(layer):
            if mark.seq > after and (mark.page != page) == elsewhere:
                yield mark.seq, to_text(mark)

    def forget_deleted(self, layer: str) -> set[str]:
        """Purge deleted marks and raise `min_seq`: whoever has an older cursor gets a snapshot.
        Returns the ids of the purged."""
        at = self.layers[layer]
        self.layers[layer] = replace(at, min_seq=at.head_seq)
        gone = {id_ for id_, mark in self.marks.items() if mark.layer == layer and mark.deleted}
        self.marks = {id_: mark for id_, mark in self.marks.items() if id_ not in gone}
        return gone

    def copy(self) -> MemoryStore:
        """What a crash leaves: everything committed so far."""
        return MemoryStore(dict(self.layers), dict(self.marks), dict(self.answers), list(self.log))
