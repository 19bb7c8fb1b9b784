"""Pushes taken together do what they do one by one: the same answers, the same rows."""

from __future__ import annotations

import random
from typing import Any

import pytest

from annotations.fullness import Fullness
from annotations.model import JsonObject, Layer
from annotations.session import Outcome, Session, read_push
from annotations.store import Store
from server import clock
from server.annotating import group_store
from server.annotating.group_store import GroupStore
from server.annotating.store import SqlStore
from tests.harness.annotation_machine import annotation_machine
from tests.harness.marks import put
from tests.unit.server.test_sql_store import TABLES, SqlStoreUnderTest

NOW = 1_763_800_000_000
PEOPLE = ["00000000-0000-4000-8000-00000000000" + digit for digit in "12"]
LAYERS = [
    Layer(f"00000000-0000-4000-8000-0000000000a{number}", clock.new_id(), kind, PEOPLE[0])
    for number, kind in enumerate(("private", "shared"))
]


class GroupStoreUnderTest(SqlStoreUnderTest):
    """Each transaction of the machine is a group of one, which looks nothing up in advance."""

    def store(self) -> SqlStore:
        return GroupStore(self.connection, [])


TestGroupStore = annotation_machine(GroupStoreUnderTest, examples=15)


class Everybody:
    """Everybody writes on every layer."""

    def may_read(self, layer: Layer) -> bool:
        return True

    def may_write(self, layer: Layer) -> bool:
        return True

    def may_moderate(self, layer: Layer) -> bool:
        return layer.kind == "shared"


class Scribbler:
    """Pushes of two people as tablets send them, good ones and bad, that meet in the same marks."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.version = clock.new_id()
        self.numbers = {person: 0 for person in PEOPLE}
        self.sent: list[tuple[str, JsonObject]] = []
        self.marks: list[str] = []

    def push(self) -> tuple[str, JsonObject]:
        """Who sends, and what."""
        dice = self.dice
        if self.sent and dice.random() < 0.15:  # once more, as after a lost acknowledgement
            return dice.choice(self.sent)
        person = dice.choice(PEOPLE)
        self.numbers[person] += 1
        made = {
            "t": "ann.push",
            "outbox": person,
            "op_no": self.numbers[person] if dice.random() < 0.95 else 1,
            "layer": dice.choice(LAYERS).id if dice.random() < 0.95 else clock.new_id(),
            "ops": [self.operation() for _ in range(dice.choice((1, 1, 1, 3)))],
        }
        self.sent.append((person, made))
        return person, made

    def operation(self) -> dict[str, Any]:
        dice, mark = self.dice, self.dice.choice(self.marks or [clock.new_id()])
        match dice.randrange(8):
            case 0:
                return {"op": "delete", "id": mark, "base_rev": dice.randrange(3)}
            case 1:
                return {"op": "restore", "id": mark, "base_rev": dice.randrange(3)}
            case 2:
                said = {"body": str(dice.randrange(9))}
                return {"op": "patch", "id": mark, "base_rev": dice.randrange(2), **said}
            case 3:
                return {"op": "patch", "id": mark, "base_rev": 1, "resolved": dice.random() < 0.5}
            case 4:
                return {**self.new(), "reply_to": mark}
            case 5 if dice.random() < 0.3:
                return dice.choice(({"op": "put"}, {**self.new(), "id": mark}))
        return self.new()

    def new(self) -> dict[str, Any]:
        made = put(self.version, created=NOW)
        self.marks.append(made["id"])
        return made


def rows(under_test: SqlStoreUnderTest) -> dict[str, list[Any]]:
    read = under_test.connection.execute
    return {name: sorted(read(f"SELECT * FROM {name}"), key=repr) for name in TABLES}


def take(
    store: Store, person: str, push: JsonObject, full: Fullness
) -> tuple[list[JsonObject], JsonObject | None]:
    read = read_push(push)
    session = Session(person, Everybody(), full)
    outcome = Outcome([read]) if isinstance(read, dict) else session.take(read, store, NOW)
    return outcome.replies, outcome.announce


def test_a_group_does_what_its_pushes_do_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "unix_ms", lambda: NOW)
    monkeypatch.setattr(group_store, "LOOKED_UP", 12)
    met = set[str]().union(*(compare(seed) for seed in range(12)))
    assert met >= {"ack", "forbidden", "conflict", "op_no_reused", "layer_full", "not_yours"}


def compare(seed: int) -> set[str]:
    """One schedule both ways; returns the answers that were met."""
    single, grouped = SqlStoreUnderTest(), SqlStoreUnderTest()
    # A layer that fills up, so that marks are counted in the middle of a group.
    counts = [Fullness(most=25), Fullness(most=25)]
    for layer in LAYERS:
        single.add_layer(layer)
        grouped.add_layer(layer)
    scribbler, dice = Scribbler(seed), random.Random(seed)
    met: set[str] = set()
    for _ in range(30):
        group = [scribbler.push() for _ in range(dice.randint(1, 12))]
        alone = [
            single.transact(lambda store, one=one: take(store, *one, counts[0])) for one in group
        ]
        read = [read_push(push) for _, push in group]
        grouped.connection.execute("BEGIN IMMEDIATE")
        store = GroupStore(grouped.connection, [one for one in read if not isinstance(one, dict)])
        assert [take(store, *one, counts[1]) for one in group] == alone
        store.write()
        grouped.connection.execute("COMMIT")
        assert rows(grouped) == rows(single)
        met |= {reply.get("code", "ack") for replies, _ in alone for reply in replies}
    single.close()
    grouped.close()
    return met
