"""A mark that is deleted takes its thread from the page, and brings it back whole."""

from __future__ import annotations

from typing import Any

import pytest

from annotations.model import Annotation, Layer
from annotations.session import Session
from annotations.store import MemoryStore
from annotations.threads import read_by, stranded

from .samples import (
    ALICE,
    BINH,
    CHI,
    DOCUMENT,
    NOW,
    SHARED,
    delete,
    mark_id,
    patch,
    push,
    put,
    restore,
)

QUESTION, OF_BINH, OF_CHI, ALONE = 1, 2, 3, 4


class Everybody:
    """All of them read and write; Alice shares the layer."""

    def __init__(self, person: str) -> None:
        self.person = person

    def may_read(self, layer: Layer) -> bool:
        return True

    def may_write(self, layer: Layer) -> bool:
        return True

    def may_moderate(self, layer: Layer) -> bool:
        return self.person == ALICE


class Room:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.store.add_layer(Layer(SHARED, DOCUMENT, "shared", ALICE))
        self.count = 0

    def says(self, person: str, *ops: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        message = push(self.count, *ops, layer=SHARED)
        [answer] = Session(person, Everybody(person)).receive(message, self.store, NOW).replies
        return answer

    def marks(self) -> list[Annotation]:
        return list(self.store.marks.values())

    def reads(self, person: str) -> set[str]:
        return {mark.id for mark in read_by(person, self.marks())}


def ids(*numbers: int) -> set[str]:
    return {mark_id(number) for number in numbers}


@pytest.fixture
def room() -> Room:
    """Alice asks, Binh and Chi answer; Alice has another note."""
    made = Room()
    asked = mark_id(QUESTION)
    assert made.says(ALICE, put(QUESTION), put(ALONE))["t"] == "ann.ack"
    assert made.says(BINH, put(OF_BINH, reply_to=asked))["t"] == "ann.ack"
    assert made.says(CHI, put(OF_CHI, reply_to=asked))["t"] == "ann.ack"
    return made


def test_nothing_is_stranded_while_the_mark_is_there(room: Room) -> None:
    assert stranded(room.marks()) == frozenset()
    assert room.reads(BINH) == ids(QUESTION, OF_BINH, OF_CHI, ALONE)


def test_answers_of_a_deleted_mark_are_their_authors_alone(room: Room) -> None:
    assert room.says(ALICE, delete(QUESTION))["t"] == "ann.ack"
    assert stranded(room.marks()) == ids(OF_BINH, OF_CHI)
    assert room.reads(ALICE) == ids(ALONE)
    assert room.reads(BINH) == ids(OF_BINH, ALONE)
    assert room.reads(CHI) == ids(OF_CHI, ALONE)
    # Their words as ever: to be changed, or dropped.
    assert room.says(BINH, patch(OF_BINH, body="Tôi giữ ý kiến này"))["t"] == "ann.ack"
    assert room.says(CHI, delete(OF_CHI))["t"] == "ann.ack"
    assert stranded(room.marks()) == ids(OF_BINH)


def test_a_restored_mark_brings_back_the_thread_with_what_was_answered_meanwhile(
    room: Room,
) -> None:
    room.says(ALICE, delete(QUESTION))
    late = put(5, reply_to=mark_id(QUESTION), body="Viết trong lúc mất mạng")
    assert room.says(CHI, late)["t"] == "ann.ack"
    assert mark_id(5) in stranded(room.marks())
    assert room.says(ALICE, restore(QUESTION, 2))["t"] == "ann.ack"
    assert stranded(room.marks()) == frozenset()
    assert room.reads(ALICE) == room.reads(BINH) == ids(QUESTION, OF_BINH, OF_CHI, ALONE, 5)


def test_an_answer_outlives_the_forgetting_of_its_deleted_mark(room: Room) -> None:
    room.says(ALICE, delete(QUESTION))
    assert room.store.forget_deleted(SHARED) == ids(QUESTION)
    assert room.reads(BINH) == ids(OF_BINH, ALONE)
    assert room.reads(ALICE) == ids(ALONE)
    # Nobody can answer what is not there any more.
    refused = room.says(BINH, put(6, reply_to=mark_id(QUESTION)))
    assert refused["code"] == "unknown_annotation"
