"""A layer has a most; what it holds is counted seldom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotations import fullness as fullness_module
from annotations.fullness import Fullness
from annotations.model import Layer
from annotations.session import OwnLayersOnly, Session
from annotations.store import MemoryStore

from .samples import ALICE, DOCUMENT, LAYER, NOW, OTHER_LAYER, delete, patch, push, put, restore

PRIVATE = Layer(LAYER, DOCUMENT, "private", ALICE)


class Counting(MemoryStore):
    """Notes how often it was asked to count."""

    times = 0

    def count_living(self, layer: str) -> int:
        self.times += 1
        return super().count_living(layer)


@pytest.fixture
def store() -> Counting:
    made = Counting()
    made.add_layer(PRIVATE)
    return made


def answer(store: MemoryStore, fullness: Fullness, op_no: int, *ops: object) -> str:
    session = Session(ALICE, OwnLayersOnly(ALICE), fullness)
    [said] = session.receive(push(op_no, *ops), store, NOW).replies
    return str(said.get("code", "ack"))


def test_a_full_layer_takes_changes_but_no_new_mark_until_one_is_deleted(store: Counting) -> None:
    full = Fullness(3)
    assert answer(store, full, 1, put(1), put(2)) == "ack"
    assert answer(store, full, 2, put(3), put(4)) == "layer_full"
    assert store.layers[LAYER].head_seq == 2
    assert answer(store, full, 3, put(3)) == "ack"
    assert answer(store, full, 4, put(4)) == "layer_full"
    assert answer(store, full, 5, patch(3, body="vẫn sửa được")) == "ack"
    assert answer(store, full, 6, delete(1)) == "ack"
    assert answer(store, full, 7, put(4)) == "ack"
    assert answer(store, full, 8, restore(1)) == "layer_full"
    assert answer(store, full, 4, put(4)) == "layer_full", "a late copy is refused as it was"


def test_a_layer_is_counted_once_whatever_is_done_to_it_at_its_bound(store: Counting) -> None:
    full = Fullness(10)
    for number in range(1, 9):
        assert answer(store, full, number, put(number)) == "ack"
    assert store.times == 0
    for number in range(1, 8):
        assert answer(store, full, 10 + number, delete(number)) == "ack"
    for number in range(20, 29):
        assert answer(store, full, number, put(number)) == "ack"
    assert store.times == 1
    for number in range(30, 40):
        assert answer(store, full, number, put(number)) == "layer_full"
        assert answer(store, full, 100 + number, patch(20, base_rev=99, body=str(number))) == "ack"
    assert store.times == 1
    assert answer(store, full, 200, delete(20)) == "ack"
    assert answer(store, full, 201, restore(20)) == "ack"
    assert answer(store, full, 202, put(50)) == "layer_full"
    assert answer(store, full, 203, delete(20), delete(21)) == "ack"
    assert answer(store, full, 204, put(51), put(52)) == "ack"
    assert answer(store, full, 205, put(53)) == "layer_full"
    assert store.times == 1
    full.forget()
    assert answer(store, full, 206, put(54)) == "layer_full"
    assert store.times == 2


def test_a_layer_put_back_from_a_backup_is_counted_anew(store: Counting) -> None:
    full = Fullness(2)
    ahead = replace(PRIVATE, head_seq=9)
    assert full.takes(ahead, 1, store)
    assert full.takes(replace(ahead, head_seq=5), 1, store)
    assert store.times == 2


def test_only_so_many_layers_are_remembered(
    store: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fullness_module, "_REMEMBERED", 1)
    full = Fullness(2)
    first, second = replace(PRIVATE, head_seq=9), replace(PRIVATE, id=OTHER_LAYER, head_seq=9)
    for layer in (first, second, first):
        assert full.takes(layer, 1, store)
    assert store.times == 3
