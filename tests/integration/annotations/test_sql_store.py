"""The server's SQL store behaves as the one in memory: same machine, same schedules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.annotation_machine import annotation_machine
from tests.harness.annotation_model import model_client
from tests.harness.schedules import run_schedule
from tests.harness.sql_store import SqlStores
from tests.harness.ts_client import NodeCore


@pytest.fixture(scope="module")
def stores() -> Iterator[SqlStores]:
    made = SqlStores()
    yield made
    made.close()


def test_the_state_machine_holds(stores: SqlStores) -> None:
    case = annotation_machine(stores.make, examples=15, steps=50)
    result = case("runTest").run()
    assert result is not None
    assert result.testsRun == 1
    assert result.wasSuccessful(), result.failures or result.errors


@pytest.mark.parametrize("seed", range(10))
def test_the_model_survives_schedule(seed: int, stores: SqlStores) -> None:
    stats = run_schedule(seed, stores.make, model_client)
    assert stats.applied > 0
    assert stats.checked > 100


def test_the_shipped_core_survives_schedules(stores: SqlStores) -> None:
    node = NodeCore()
    try:
        stats = [run_schedule(seed, stores.make, node.tablet) for seed in range(10)]
    finally:
        node.close()
    assert all(one.applied > 0 and one.checked > 100 for one in stats)
