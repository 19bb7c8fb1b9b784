"""Seeded schedules: the same seed gives the same faults to every kind of client and store."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.harness.annotation_model import TabletClient
from tests.harness.annotation_stores import StoreUnderTest
from tests.harness.annotation_world import World


@dataclass(frozen=True)
class Stats:
    """How many pushes changed something, how many marks and operations were looked for in the
    end, and how often each kind of trouble was met."""

    applied: int
    checked: int
    met: Mapping[str, int]


def run_schedule(
    seed: int,
    make_store: Callable[[], StoreUnderTest],
    make_client: Callable[[str], TabletClient],
    *,
    steps: int = 500,
    acknowledge_before_commit: bool = False,
) -> Stats:
    """Run one schedule to its end and check it. Raises AssertionError."""
    rng = random.Random(seed)
    world = World(
        make_store(),
        make_client,
        tabs=1 + seed % 2,
        acknowledge_before_commit=acknowledge_before_commit,
    )
    try:
        for _ in range(steps):
            world.do(
                rng.choice(World.ACTIONS),
                rng.randrange(256),
                rng.randrange(256),
                rng.randrange(256),
            )
        world.settle()
        world.check()
        return Stats(len(world.applied), world.ledger.checked, dict(world.met))
    finally:
        world.close()
