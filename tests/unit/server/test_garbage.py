"""When everything may be looked at."""

from __future__ import annotations

import pytest

from server.garbage import is_time


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
