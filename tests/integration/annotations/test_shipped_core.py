"""The TypeScript core that ships, in Node, against the real session: seeded schedules of faults.

The same schedules run the Python model, so a difference between the two is a difference in the
rules. `make proof` runs ten times as many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.harness.annotation_model import TabletClient, model_client
from tests.harness.annotation_mutants import (
    AcknowledgingAndForgetting,
    KeepingOldWords,
    PurgingTooMuch,
    dropping_client,
    dropping_core,
)
from tests.harness.annotation_stores import MemoryStoreUnderTest, StoreUnderTest
from tests.harness.schedules import run_schedule
from tests.harness.ts_client import NodeCore

SCHEDULES = 50
PROOF_SCHEDULES = 500
MUTANT_SCHEDULES = 30
FOUND = 5
"""So many of them at the least must name the fault (seen: 6 to 18)."""
MARKS_CHECKED = 100
"""Marks and operations that each schedule looks for in the end, at the very least (seen: 157)."""


@pytest.fixture(scope="module")
def node() -> Iterator[NodeCore]:
    core = NodeCore()
    yield core
    core.close()


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_the_shipped_core_survives_schedule(seed: int, node: NodeCore) -> None:
    stats = run_schedule(seed, MemoryStoreUnderTest, node.tablet)
    assert stats.applied > 0
    assert stats.checked > MARKS_CHECKED


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_the_model_survives_schedule(seed: int) -> None:
    stats = run_schedule(seed, MemoryStoreUnderTest, model_client)
    assert stats.applied > 0
    assert stats.checked > MARKS_CHECKED


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_the_shipped_core_survives_many_long_schedules(node: NodeCore) -> None:
    applied = 0
    for seed in range(1_000, 1_000 + PROOF_SCHEDULES):
        stats = run_schedule(seed, MemoryStoreUnderTest, node.tablet, steps=1_500)
        applied += stats.applied
        assert stats.checked > MARKS_CHECKED
    assert applied > PROOF_SCHEDULES * 50


def test_schedules_reach_every_corner() -> None:
    """A rehearsal in which nothing goes wrong proves nothing: count what the seeds met."""
    met: dict[str, int] = {}
    for seed in range(SCHEDULES):
        stats = run_schedule(seed, MemoryStoreUnderTest, model_client)
        for name, count in stats.met.items():
            met[name] = met.get(name, 0) + count
    wanted = {
        "deleted",
        "conflict",
        "not_yours",
        "taken_away",
        "unknown_annotation",
        "forbidden",
        "layer_full",
        "out_of_range",
        "crash before commit",
        "crash after commit",
        "repeated answer",
        "late frame",
        "superseded push",
    }
    assert wanted <= met.keys(), f"never met: {wanted - met.keys()}"


def found(
    make_store: Callable[[], StoreUnderTest],
    make_client: Callable[[str], TabletClient],
    *,
    acknowledge_before_commit: bool = False,
) -> list[str]:
    """What the schedules say of a client, a store or a server that has a fault."""
    said = []
    for seed in range(MUTANT_SCHEDULES):
        try:
            run_schedule(
                seed,
                make_store,
                make_client,
                acknowledge_before_commit=acknowledge_before_commit,
            )
        except AssertionError as error:
            said.append(str(error))
    return said


def test_the_checker_finds_an_acknowledgement_before_the_commit() -> None:
    """The fault measured on Hocuspocus: acknowledged, then lost at kill -9. If this passes for a
    server that does so, the other tests of this file prove nothing."""
    said = found(MemoryStoreUnderTest, model_client, acknowledge_before_commit=True)
    assert sum("acknowledged and lost" in one for one in said) >= FOUND, said


def test_the_checker_finds_a_model_that_drops_work() -> None:
    said = found(MemoryStoreUnderTest, dropping_client)
    assert sum("vanished" in one for one in said) >= FOUND, said


def test_the_checker_finds_a_shipped_core_that_drops_work(node: NodeCore) -> None:
    said = found(MemoryStoreUnderTest, dropping_core(node))
    assert sum("vanished" in one for one in said) >= FOUND, said


def test_the_checker_finds_a_server_that_acknowledges_and_forgets() -> None:
    said = found(AcknowledgingAndForgetting, model_client)
    assert sum("acknowledged and lost" in one for one in said) >= FOUND, said
    assert sum("went back" in one for one in said) >= FOUND, said


def test_the_checker_finds_a_purge_that_takes_too_much() -> None:
    """Every tablet agrees with the server here: only the ids tell."""
    said = found(PurgingTooMuch, model_client)
    assert sum("acknowledged and lost" in one for one in said) >= FOUND, said


def test_the_checker_finds_a_store_that_keeps_the_old_words() -> None:
    """Numbers are right here, and every tablet believes the server: only the words tell."""
    said = found(KeepingOldWords, model_client)
    assert sum("words lost" in one for one in said) >= FOUND, said
