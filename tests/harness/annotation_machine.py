"""The state machine every annotation store must pass.

    TestMine = annotation_machine(MyStoreUnderTest)

gives a unittest class (the same examples each time; `derandomize=False` seeks new ones): six
tablets of three people, a private, a shared and a presenter's layer, drops, reorders between
sockets, restarts, duplicates, purges, rights taken away. In the end all replicas equal the
server and nothing acknowledged, and nothing durable on a tablet, is lost or doubled; nobody has
changed the words of another.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.harness.annotation_model import TabletClient, model_client
from tests.harness.annotation_stores import StoreUnderTest
from tests.harness.annotation_world import World

CHOICE = st.integers(0, 255)
ACTION = st.sampled_from(World.ACTIONS)


def annotation_machine(
    make_store: Callable[[], StoreUnderTest],
    make_client: Callable[[str], TabletClient] = model_client,
    *,
    examples: int = 40,
    steps: int = 60,
    derandomize: bool = True,
) -> type[unittest.TestCase]:
    """A test case for stores made by `make_store`; each example gets a fresh one."""

    class AnnotationMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(make_store(), make_client)

        @rule(action=ACTION, a=CHOICE, b=CHOICE, c=CHOICE)
        def something_happens(self, action: str, a: int, b: int, c: int) -> None:
            self.world.do(action, a, b, c)

        def teardown(self) -> None:
            try:
                self.world.settle()
                self.world.check()
            finally:
                self.world.close()

    AnnotationMachine.TestCase.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )
    case: type[unittest.TestCase] = AnnotationMachine.TestCase
    return case
