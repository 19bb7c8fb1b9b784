"""What the tablets have promised to keep and the server to have, and whether it is all still there.

A world enters each edit, each time a tablet's storage gets round to it, and each committed push.
No words are overwritten by who had not seen them.
In the end every durable operation was applied by the server or lies in its tablet's quarantine,
and every acknowledged mark is stored: except for the very ids that a purge named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.model import Annotation

Message = dict[str, Any]
Work = tuple[str, str]
"""The outbox of an operation, and the operation as text."""


def _work(outbox: str, op: Message) -> Work:
    """`base_rev` is left out: a tablet moves it while the operation waits."""
    kept = {name: value for name, value in op.items() if name != "base_rev"}
    return outbox, json.dumps(kept, sort_keys=True)


@dataclass
class Ledger:
    """`forgotten`: the ids that a purge took. `acknowledged`: the newest rev that was told, by id.
    `checked` counts what the last check looked at; a check that looked at nothing proves nothing.
    """

    forgotten: set[str] = field(default_factory=set)
    acknowledged: dict[str, int] = field(default_factory=dict)
    checked: int = 0
    _drawn: dict[str, list[tuple[str, Message]]] = field(default_factory=dict)
    _durable: Counter[Work] = field(default_factory=Counter)
    _puts: set[str] = field(default_factory=set)
    _applied: Counter[Work] = field(default_factory=Counter)
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _looked_at: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    _words: dict[str, tuple[str, str]] = field(default_factory=dict)

    def drew(self, tablet: str, outbox: str, edits: Iterable[Message]) -> None:
        """A person made these edits; they are in the tablet's memory."""
        self._drawn.setdefault(tablet, []).extend((outbox, edit) for edit in edits)

    def typed(self, outbox: str, id_: str, words: str, over: str) -> None:
        """A person typed these words on a mark that showed `over`; where those are of the same hand
        and refused, what they were typed over comes to light again."""
        below = self._looked_at.get((outbox, id_, over), set())
        self._looked_at.setdefault((outbox, id_, words), set()).update({over}, below)

    def wrote(self, tablet: str) -> None:
        """All that the tablet held in memory is in its storage."""
        for outbox, edit in self._drawn.pop(tablet, []):
            self._durable[_work(outbox, edit)] += 1
            if edit["op"] == "put":
                self._puts.add(edit["id"])

    def died(self, tablet: str) -> None:
        """What was only in its memory is gone, and may be."""
        self._drawn.pop(tablet, None)

    def committed(self, push: Message) -> None:
        """The server has applied this push, now or before."""
        key = (push["outbox"], push["op_no"])
        if key not in self._seen:
            self._seen.add(key)
            self._applied.update(_work(push["outbox"], op) for op in push["ops"])
            for op in push["ops"]:
                self._say(push["outbox"], op)

    def _say(self, outbox: str, op: Message) -> None:
        """The words of a mark are now these. Whoever wrote them had what stood there before the
        eyes, or it was of the same hand. Raises AssertionError."""
        words = op.get("body", "" if op["op"] == "put" else None)
        if words is None:
            return
        before, whose = self._words.get(op["id"], (words, outbox))
        looked_at = self._looked_at.get((outbox, op["id"], words), {before})
        assert before == words or whose == outbox or before in looked_at, (
            f"overwritten unseen: {op['id']} said {before!r}, now {words!r}"
        )
        if before != words:
            whose = outbox
        self._words[op["id"]] = (words, whose)

    def told(self, ids: Iterable[str], revs: Iterable[int]) -> None:
        """An acknowledgement has left the server."""
        for id_, rev in zip(ids, revs, strict=True):
            self.acknowledged[id_] = max(rev, self.acknowledged.get(id_, 0))

    def ids(self) -> list[str]:
        """The marks that `check` wants to see."""
        return list({*self._puts, *self.acknowledged})

    def check(
        self, stored: Mapping[str, Annotation], refused: Iterable[tuple[str, list[Message]]]
    ) -> None:
        """Nothing is lost; `refused` is each tab's outbox and the operations in its quarantine,
        which two tabs of one tablet share. Raises AssertionError."""
        quarantine: Counter[Work] = Counter()
        for outbox, ops in refused:
            quarantine |= Counter(_work(outbox, op) for op in ops)
        kept = {json.loads(text)["id"] for _, text in quarantine}
        for id_, rev in self.acknowledged.items():
            if id_ not in self.forgotten:
                self.checked += 1
                assert id_ in stored, f"acknowledged and lost: {id_}"
                assert stored[id_].rev >= rev, f"went back: {id_}"
        for id_, (words, _) in self._words.items():
            if id_ not in self.forgotten and id_ in stored:
                self.checked += 1
                assert stored[id_].body == words, f"words lost: {id_}"
        for id_ in self._puts - self.forgotten:
            self.checked += 1
            assert id_ in stored or id_ in kept, f"vanished: {id_}"
        for work, times in self._durable.items():
            self.checked += 1
            assert times <= self._applied[work] + quarantine[work], f"work vanished: {work}"
