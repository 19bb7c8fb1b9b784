"""Several pushes in one transaction: looked up together, decided in memory, written together.

A statement of its own for each lookup and row cost a stroke more than the rows themselves, and each
of them gives the interpreter's lock away in the middle of the event loop's work
(docs/decisions/sync-0004). What one push writes the next one of the group sees, though the database
has nothing of it before `write`. Nothing of a push is gathered unless it was accepted or refused
whole, so none has to be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import from_json

from annotations.merge import Change
from annotations.model import Annotation, Layer
from annotations.operations import Push
from annotations.store import Answer, Begun
from server.annotating.store import SqlStore, answer_row, log_row, logs

_ANSWERS = "SELECT outbox, op_no, person, fingerprint, fields FROM push WHERE (outbox, op_no) IN"
LOOKED_UP = 500
"""Marks of one group that are looked up together; a sweep over more looks its own up one by one."""


class GroupStore(SqlStore):
    """A transaction's view for `Session.take`. Whoever made it calls `write` before the COMMIT."""

    def __init__(self, connection: Any, pushes: Sequence[Push]) -> None:
        super().__init__(connection)
        self._layers: dict[str, Layer] = {}
        self._marks: dict[str, Annotation | None] = {}
        self._answers: dict[tuple[str, int], Answer | None] = {}
        self._forget()
        self._look_up(pushes)

    def _forget(self) -> None:
        self._heads: dict[str, int] = {}
        self._changed: dict[str, Annotation] = {}
        self._logged: list[tuple[Any, ...]] = []
        self._answered: list[tuple[Any, ...]] = []

    def _look_up(self, pushes: Sequence[Push]) -> None:
        if not pushes:
            return
        self._answers = {(push.outbox, push.op_no): None for push in pushes}
        rows = self._execute(
            f"{_ANSWERS} (VALUES {_marks(self._answers, '(?, ?)')})",
            [part for key in self._answers for part in key],
        )
        for outbox, op_no, person, fingerprint, fields in rows:
            self._answers[outbox, op_no] = Answer(person, fingerprint, from_json(fields))
        layers = list({push.layer: None for push in pushes})
        self._layers = {
            layer.id: layer for layer in self.find_layers(f"id IN ({_marks(layers)})", layers)
        }
        ids = list({id_: None for push in pushes for id_ in push.named()})[:LOOKED_UP]
        self._marks = dict.fromkeys(ids)
        for mark in self.find(f"WHERE id IN ({_marks(ids)})", ids):
            self._marks[mark.id] = mark

    def begin_push(self, outbox: str, op_no: int, layer: str) -> Begun:
        """The layer, and the first answer if this push was here before."""
        key = (outbox, op_no)
        if key not in self._answers:
            self._answers[key] = super().begin_push(outbox, op_no, layer).answer
        return Begun(self._layers.get(layer) or self.layer(layer), self._answers[key])

    def records(self, ids: Sequence[str]) -> dict[str, Annotation]:
        """The marks with these ids, deleted ones and those of other layers too."""
        found: dict[str, Annotation] = {}
        for id_ in ids:
            if id_ not in self._marks:
                self._marks[id_] = super().records([id_]).get(id_)
            mark = self._marks[id_]
            if mark is not None:
                found[id_] = mark
        return found

    def count_living(self, layer: str) -> int:
        """How many marks of the layer are not deleted."""
        self.write()
        return super().count_living(layer)

    def save(self, push: Push, layer: Layer, changes: Sequence[Change], answer: Answer) -> None:
        """Marks, op log, answer and the layer's new count."""
        if changes:
            self._layers[layer.id] = layer
            self._heads[layer.id] = layer.head_seq
        for change in changes:
            self._marks[change.after.id] = self._changed[change.after.id] = change.after
            if logs(change, layer):
                self._logged.append(log_row(push, layer, change, answer.person))
        self.remember_refusal(push, answer)

    def remember_refusal(self, push: Push, answer: Answer) -> None:
        """The answer of a push, whatever it is."""
        self._answers[push.outbox, push.op_no] = answer
        self._answered.append(answer_row(push, answer))

    def write(self) -> None:
        """Write what was gathered."""
        if self._heads:
            self.write_heads(self._heads)
            self.write_marks(self._changed.values())
        if self._logged:
            self.write_log(self._logged)
        if self._answered:
            self.write_answers(self._answered)
        self._forget()


def _marks(values: Iterable[Any], mark: str = "?") -> str:
    return ", ".join(mark for _ in values)
