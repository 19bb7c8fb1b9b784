"""The TypeScript core that ships, in Node, against the real session: seeded schedules of faults.

The same schedules run the Python model, so a difference between the two is a difference in the
rules. `make proof` runs ten times as many.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.annotation_model import model_client
from tests.harness.annotation_stores import MemoryStoreUnderTest
from tests.harness.schedules import run_schedule
from tests.harness.ts_client import NodeCore

SCHEDULES = 50
PROOF_SCHEDULES = 500


@pytest.fixture(scope="module")
def node() -> Iterator[NodeCore]:
    core = NodeCore()
    yield core
    core.close()


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_the_shipped_core_survives_schedule(seed: int, node: NodeCore) -> None:
    stats = run_schedule(seed, MemoryStoreUnderTest, node.tablet)
    assert stats.applied > 0


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_the_model_survives_schedule(seed: int) -> None:
    stats = run_schedule(seed, MemoryStoreUnderTest, model_client)
    assert stats.applied > 0


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_the_shipped_core_survives_many_long_schedules(node: NodeCore) -> None:
    applied = 0
    for seed in range(1_000, 1_000 + PROOF_SCHEDULES):
        applied += run_schedule(seed, MemoryStoreUnderTest, node.tablet, steps=1_500).applied
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
        "out_of_range",
        "crash before commit",
        "crash after commit",
        "repeated answer",
        "late frame",
        "superseded push",
    }
    assert wanted <= met.keys(), f"never met: {wanted - met.keys()}"


def test_the_checker_finds_an_acknowledgement_before_the_commit() -> None:
    """The fault measured on Hocuspocus: acknowledged, then lost at kill -9. If this passes for a
    server that does so, the other tests of this file prove nothing."""
    found = 0
    for seed in range(SCHEDULES):
        try:
            run_schedule(
                seed,
                MemoryStoreUnderTest,
                model_client,
                steps=1_200,
                acknowledge_before_commit=True,
            )
        except AssertionError:
            found += 1
    assert found >= 5
