"""A tablet in Python: the same rules as client_web/src/annotating/core, in the plainest form.

It is the model in the model-based tests; the shipped TypeScript core runs the same schedules
behind the same interface (ts_client.py).
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Message = dict[str, Any]


class TabletClient(Protocol):
    """One tab, driven from outside. Methods return the messages to send on the present
    connection. Nothing is durable before `flush`; `restart` keeps only what is durable. Tabs of
    one tablet share an `outbox`."""

    @property
    def outbox(self) -> str: ...
    def open(self, layer: str) -> list[Message]: ...
    def edit(self, layer: str, edits: list[Message]) -> list[Message]: ...
    def flush(self, fail: bool = False) -> list[Message]: ...
    def wake(self) -> list[Message]: ...
    def connected(self, number: int) -> list[Message]: ...
    def disconnected(self, number: int) -> list[Message]: ...
    def received(self, number: int, message: Message) -> list[Message]: ...
    def restart(self) -> None: ...
    def view(self, layer: str) -> dict[str, Message]: ...
    def unsent(self) -> int: ...
    def refused(self) -> list[Message]: ...
    def close(self) -> None: ...


@dataclass
class Entry:
    key: int
    layer: str
    ops: list[Message]
    op_no: int | None = None
    order: float = float("inf")
    flying: bool = False


@dataclass
class Disk:
    """What survives a restart."""

    last: int = 0
    entries: dict[int, tuple[float, str, list[Message]]] = field(default_factory=dict)
    refused: list[Message] = field(default_factory=list)


@dataclass
class Replica:
    cursor: int = 0
    marks: dict[str, Message] = field(default_factory=dict)
    gone: dict[str, Message] = field(default_factory=dict)
    parts: list[Message] = field(default_factory=list)
    asking: bool = False
    held: list[Message] = field(default_factory=list)


class ModelClient:
    """See TabletClient."""

    def __init__(self, person: str, outbox: str) -> None:
        self.person = person
        self.outbox = outbox
        self.disk = Disk()
        self._keys = 0
        self._begin()

    def _begin(self) -> None:
        self.queue: list[Entry] = []
        self.layers: dict[str, Replica] = {}
        self.connection: int | None = None
        self._writes: list[Callable[[], None]] = []
        for op_no, (order, layer, ops) in self.disk.entries.items():
            self._insert(Entry(self._key(), layer, copy.deepcopy(ops), op_no, order))

    def _key(self) -> int:
        self._keys += 1
        return self._keys

    def _insert(self, entry: Entry) -> None:
        self.queue.append(entry)
        self.queue.sort(key=lambda one: (one.order, one.op_no or float("inf"), one.key))

    # -- the interface

    def restart(self) -> None:
        self._begin()

    def close(self) -> None:
        self.connection = None

    def unsent(self) -> int:
        return len(self.queue)

    def refused(self) -> list[Message]:
        return self.disk.refused

    def open(self, layer: str) -> list[Message]:
        if layer in self.layers:
            return []
        self.layers[layer] = Replica()
        return self._ask(layer)

    def edit(self, layer: str, edits: list[Message]) -> list[Message]:
        ops = []
        for edit in edits:
            op = copy.deepcopy(edit)
            if op["op"] != "put":
                op["base_rev"] = self._seen(layer, op["id"])
            ops.append(op)
        self._enqueue(Entry(self._key(), layer, ops))
        return []

    def flush(self, fail: bool = False) -> list[Message]:
        if fail:
            return []
        writes, self._writes = self._writes, []
        for write in writes:
            write()
        return self._pump()

    def wake(self) -> list[Message]:
        if self.connection is None:
            return []
        asks = [m for layer, at in self.layers.items() if at.asking for m in self._ask(layer)]
        return asks + self._pump()

    def connected(self, number: int) -> list[Message]:
        self.connection = number
        for entry in self.queue:
            entry.flying = False
        return [m for layer in self.layers for m in self._ask(layer)] + self._pump()

    def disconnected(self, number: int) -> list[Message]:
        if number == self.connection:
            self.connection = None
        return []

    def received(self, number: int, message: Message) -> list[Message]:
        if number != self.connection:
            return []
        name = message["t"].removeprefix("ann.")
        out: list[Message] = getattr(self, f"_on_{name}")(message)
        return out + self._pump()

    def view(self, layer: str) -> dict[str, Message]:
        at = self.layers.get(layer, Replica())
        marks = dict(at.marks)
        gone = dict(at.gone)
        for entry in self.queue:
            if entry.layer == layer:
                for op in entry.ops:
                    self._lay(marks, gone, op)
        return marks

    # -- the queue

    def _enqueue(self, entry: Entry) -> None:
        self._insert(entry)

        def write() -> None:
            if entry not in self.queue:
                return
            self.disk.last += 1
            entry.op_no = self.disk.last
            if entry.order == float("inf"):
                entry.order = entry.op_no
            self.disk.entries[entry.op_no] = (entry.order, entry.layer, copy.deepcopy(entry.ops))
            self.queue.sort(key=lambda one: (one.order, one.op_no or float("inf"), one.key))

        self._writes.append(write)

    def _drop(self, entry: Entry) -> None:
        self.queue.remove(entry)
        if entry.op_no is not None:
            op_no = entry.op_no
            self._writes.append(lambda: void(self.disk.entries.pop(op_no, None)))

    def _quarantine(self, layer: str, ops: list[Message], code: str) -> None:
        for op in ops:
            self.disk.refused.append({"layer": layer, "op": op, "code": code})

    def _pump(self) -> list[Message]:
        if self.connection is None:
            return []
        out = []
        blocked: set[str] = set()
        for entry in self.queue:
            marks = {op["id"] for op in entry.ops}
            if entry.op_no is not None and not entry.flying and not marks & blocked:
                entry.flying = True
                out.append(
                    {
                        "t": "ann.push",
                        "outbox": self.outbox,
                        "op_no": entry.op_no,
                        "layer": entry.layer,
                        "ops": copy.deepcopy(entry.ops),
                    }
                )
            blocked |= marks
        return out

    def _find(self, op_no: int) -> Entry | None:
        return next((one for one in self.queue if one.op_no == op_no), None)

    # -- what the server says

    def _ask(self, layer: str) -> list[Message]:
        if self.connection is None:
            return []
        at = self.layers[layer]
        at.asking = True
        at.parts = []
        at.held = []
        return [{"t": "ann.open", "layer": layer, "cursor": at.cursor}]

    def _on_ack(self, ack: Message) -> list[Message]:
        entry = self._find(ack["op_no"])
        if entry is None:
            return []
        at = self.layers.get(entry.layer)
        if at is not None:
            for op, seq, rev in zip(entry.ops, ack["seqs"], ack["revs"], strict=True):
                if seq <= at.cursor:
                    continue
                self._lay(at.marks, at.gone, op)
                # Only words move the base of later words: others may have written meanwhile, and
                # their delta is still on its way.
                moved = {"seq": seq, "rev": rev} if says(op) else {"seq": seq}
                for place in (at.marks, at.gone):
                    if op["id"] in place:
                        place[op["id"]] = {**place[op["id"]], **moved}
        self._drop(entry)
        for op, rev in zip(entry.ops, ack["revs"], strict=True):
            if says(op):
                for later in self.queue:
                    for one in later.ops:
                        if one["id"] == op["id"] and one["op"] != "put":
                            one["base_rev"] = max(one["base_rev"], rev)
        return []

    def _on_nack(self, nack: Message) -> list[Message]:
        entry = self._find(nack["op_no"])
        if entry is None:
            return []
        index = nack.get("index")
        out = entry.ops
        if index is not None and entry.ops[index]["op"] != "put":
            out = [entry.ops[index]]
        never = {op["id"] for op in out if op["op"] == "put"}
        for one in list(self.queue):
            gone = [op for op in one.ops if (one is entry and op in out) or op["id"] in never]
            if not gone:
                continue
            rest = [op for op in one.ops if op not in gone]
            self._drop(one)
            self._quarantine(one.layer, gone, nack["code"])
            if rest:
                self._enqueue(Entry(self._key(), one.layer, rest, order=one.order))
        return []

    def _on_delta(self, delta: Message) -> list[Message]:
        at = self.layers.get(delta["layer"])
        if at is None or delta["to"] < at.cursor:
            return []
        if delta["from"] > at.cursor:
            asks = [] if at.asking else self._ask(delta["layer"])
            at.held.append(delta)
            return asks
        self._take(at, delta)
        return [] if delta.get("more") else self._settle(delta["layer"], at)

    def _take(self, at: Replica, delta: Message) -> None:
        if delta["to"] <= at.cursor:
            return
        for item in delta["items"]:
            known = at.marks.get(item["id"]) or at.gone.get(item["id"])
            if known is not None and known["seq"] > item["seq"]:
                continue
            if item.get("deleted"):
                at.marks.pop(item["id"], None)
                if known is not None:
                    at.gone[item["id"]] = {**known, "rev": item["rev"], "seq": item["seq"]}
            else:
                at.marks[item["id"]] = item
                at.gone.pop(item["id"], None)
        at.cursor = delta["to"]

    def _settle(self, layer: str, at: Replica) -> list[Message]:
        at.asking = False
        held, at.held = sorted(at.held, key=lambda one: one["from"]), []
        for delta in held:
            if delta["to"] <= at.cursor:
                continue
            if delta["from"] > at.cursor:
                return self._ask(layer)
            self._take(at, delta)
        return []

    def _on_snapshot(self, part: Message) -> list[Message]:
        at = self.layers.get(part["layer"])
        if at is None:
            return []
        if part["part"] == 0:
            at.parts = []
        elif part["part"] != len(at.parts):
            return []
        at.parts.append(part)
        if not part["last"]:
            return []
        if part["seq"] >= at.cursor or at.asking:
            at.gone.update(at.marks)
            at.marks = {item["id"]: item for one in at.parts for item in one["items"]}
            for id_ in at.marks:
                at.gone.pop(id_, None)
            at.cursor = part["seq"]
        at.parts = []
        return self._settle(part["layer"], at)

    def _on_reset(self, message: Message) -> list[Message]:
        if message["layer"] not in self.layers:
            return []
        self.layers[message["layer"]] = Replica()
        return self._ask(message["layer"])

    def _on_revoke(self, message: Message) -> list[Message]:
        self.layers.pop(message["layer"], None)
        for entry in [one for one in self.queue if one.layer == message["layer"]]:
            self._drop(entry)
            self._quarantine(entry.layer, entry.ops, "revoked")
        return []

    def _on_ephemeral(self, message: Message) -> list[Message]:
        return []

    # -- how an operation looks

    def _seen(self, layer: str, id_: str) -> int:
        at = self.layers.get(layer, Replica())
        known = at.marks.get(id_) or at.gone.get(id_) or {"rev": 0}
        rev: int = known["rev"]
        return rev

    def _lay(self, marks: dict[str, Message], gone: dict[str, Message], op: Message) -> None:
        id_ = op["id"]
        if op["op"] == "put":
            if id_ not in marks and id_ not in gone:
                values = {k: v for k, v in op.items() if k != "op"}
                marks[id_] = {
                    **values,
                    "rev": 0,
                    "seq": 0,
                    "author": self.person,
                    "modified": op["created"],
                }
        elif op["op"] == "patch":
            if id_ in marks:
                values = {k: v for k, v in op.items() if k not in ("op", "base_rev")}
                marks[id_] = {**marks[id_], **values}
        elif op["op"] == "delete":
            if id_ in marks:
                gone[id_] = marks.pop(id_)
        elif id_ in gone and id_ not in marks:
            marks[id_] = gone.pop(id_)


def says(op: Message) -> bool:
    """Whether an operation writes words."""
    return op["op"] == "put" or "body" in op


def void(_: object) -> None:
    """A value not wanted."""


def model_client(person: str) -> ModelClient:
    """A tablet with an empty outbox."""
    return ModelClient(person, str(uuid.uuid4()))
