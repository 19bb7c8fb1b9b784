"""The store in memory under the state machine of tests/harness, and what its faults would hide."""

from __future__ import annotations

from annotations.model import Layer
from annotations.store import Answer, MemoryStore
from tests.harness.annotation_machine import annotation_machine
from tests.harness.annotation_stores import MemoryStoreUnderTest

from .samples import ALICE, DOCUMENT, LAYER, OTHER_LAYER, OUTBOX

TestMemoryStore = annotation_machine(MemoryStoreUnderTest)


def test_a_copy_keeps_what_was_committed_and_nothing_later() -> None:
    store = MemoryStore()
    store.add_layer(Layer(LAYER, DOCUMENT, "private", ALICE))
    kept = store.copy()
    store.add_layer(Layer(OTHER_LAYER, DOCUMENT, "private", ALICE))
    store.answers[OUTBOX, 1] = Answer(ALICE, 1, {})
    assert kept.layer(OTHER_LAYER) is None
    assert kept.begin_push(OUTBOX, 1, LAYER).answer is None
