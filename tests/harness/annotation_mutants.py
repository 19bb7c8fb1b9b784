"""Clients and stores with one fault each. A checker that does not find them proves nothing."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from annotations.merge import Change
from annotations.model import Layer
from annotations.operations import Push
from annotations.store import Answer, MemoryStore
from tests.harness.annotation_model import Message, ModelClient
from tests.harness.annotation_stores import MemoryStoreUnderTest
from tests.harness.ts_client import NodeCore, TsClient

SELDOM = 3
"""Every so many times a fault strikes."""


class DroppingClient(ModelClient):
    """Now and then a broken connection takes the first unacknowledged entry along, from the outbox
    and from the view alike: the delegate sees nothing amiss but a stroke less."""

    def __init__(self, person: str, outbox: str) -> None:
        self._breaks = itertools.count(1)
        super().__init__(person, outbox)

    def disconnected(self, number: int) -> list[Message]:
        numbered = [one for one in self.queue if one.op_no is not None]
        if numbered and next(self._breaks) % SELDOM == 0:
            self._drop(numbered[0])
        return super().disconnected(number)


def dropping_client(person: str) -> DroppingClient:
    """A tablet with an empty outbox."""
    return DroppingClient(person, str(uuid.uuid4()))


class DroppingTsClient(TsClient):
    """The same with the shipped core."""

    breaks = 0

    def disconnected(self, number: int) -> list[Message]:
        self.breaks += 1
        return self._call("disconnected", number=number, drop=self.breaks % SELDOM == 0)


def dropping_core(node: NodeCore) -> Callable[[str], DroppingTsClient]:
    """Tablets with the shipped core and that fault."""
    return lambda person: DroppingTsClient(node, person, None)


class _ForgettingStore(MemoryStore):
    """Now and then writes the answer of a push, and not what it answers for."""

    def save(self, push: Push, layer: Layer, changes: Sequence[Change], answer: Answer) -> None:
        kept = () if layer.head_seq % 7 == 0 else changes
        super().save(push, layer, kept, answer)

    def copy(self) -> _ForgettingStore:
        return _ForgettingStore(
            dict(self.layers), dict(self.marks), dict(self.answers), list(self.log)
        )


class AcknowledgingAndForgetting(MemoryStoreUnderTest):
    """A server that acknowledges some pushes and has forgotten them."""

    def __init__(self) -> None:
        self.store = _ForgettingStore()


class _DeafStore(MemoryStore):
    """Now and then gives a mark its new numbers, and not its new words."""

    def save(self, push: Push, layer: Layer, changes: Sequence[Change], answer: Answer) -> None:
        kept = [
            replace(one, after=replace(one.after, body=one.before.body))
            if one.before is not None and one.after.seq % SELDOM == 0
            else one
            for one in changes
        ]
        super().save(push, layer, kept, answer)

    def copy(self) -> _DeafStore:
        return _DeafStore(dict(self.layers), dict(self.marks), dict(self.answers), list(self.log))


class KeepingOldWords(MemoryStoreUnderTest):
    """A server that acknowledges new words and keeps the old ones."""

    def __init__(self) -> None:
        self.store = _DeafStore()


class PurgingTooMuch(MemoryStoreUnderTest):
    """A purge that takes a living mark along, so that every tablet agrees in the end."""

    def forget_deleted(self, layer: str) -> set[str]:
        gone = super().forget_deleted(layer)
        living = self.store.snapshot(layer)
        if living:
            del self.store.marks[living[0].id]
            at = self.store.layers[layer]
            self.store.layers[layer] = replace(
                at, head_seq=at.head_seq + 1, min_seq=at.head_seq + 1
            )
        return gone
