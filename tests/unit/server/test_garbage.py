"""When everything may be looked at."""

from __future__ import annotations

import asyncio

import pytest

from server import garbage
from server.garbage import is_time
from tests.harness.server import until


@pytest.mark.parametrize(
    ("since_full", "since_write", "expected"),
    [
        (10, 100, False),
        (299, 100, False),
        (300, 2, True),
        (300, 1.9, False),
        (3599, 0, False),
        (3600, 0, True),
    ],
)
def test_old_objects_wait_for_a_quiet_moment_but_not_for_ever(
    since_full: float, since_write: float, expected: bool
) -> None:
    assert is_time(since_full, since_write) is expected


async def test_memory_is_given_back_once_the_last_client_has_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected, forgotten, looked = {"an"}, [], []
    monkeypatch.setattr(garbage, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(garbage, "QUIET_SECONDS", 0.0)

    def is_empty() -> bool:
        looked.append(1)
        return not connected

    async def forget() -> None:
        forgotten.append(len(looked))

    collecting = asyncio.create_task(garbage.collect_in_quiet(lambda: 0.0, is_empty, forget))
    await until(lambda: len(looked) > 5)
    assert forgotten == []
    connected.clear()
    await until(lambda: len(forgotten) == 1)
    seen = len(looked)
    await until(lambda: len(looked) > seen + 10)
    assert len(forgotten) == 1
    connected.add("an")
    seen = len(looked)
    await until(lambda: len(looked) > seen + 3)
    connected.clear()
    await until(lambda: len(forgotten) == 2)
    collecting.cancel()
