"""Python's garbage collector, told when it may look at everything.

A full collection stops the loop for some 80 ms per 600 connections (measured), and left to itself
comes in the middle of a hall that writes: that alone was the p99 of an acknowledgement. Young
objects are collected as always; the old ones when nothing was written for a while.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

from server import clock

YOUNG, MIDDLE, OLD_BY_ITSELF = 5_000, 20, 1_000_000
"""Thresholds of the three generations; the last one is never reached."""
LOOK_SECONDS = 1.0
QUIET_SECONDS = 2.0
"""Nothing written for so long: nobody is in the middle of a stroke."""
OFTEN_SECONDS, SELDOM_SECONDS = 300.0, 3600.0
"""How old the last full collection gets, in quiet and in any case."""


def settle() -> None:
    """What lives from the start on is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD_BY_ITSELF)


def is_time(since_full: float, since_write: float) -> bool:
    """Whether to look at everything now; both in seconds."""
    quiet = since_write >= QUIET_SECONDS
    return since_full >= (OFTEN_SECONDS if quiet else SELDOM_SECONDS)


async def collect_in_quiet(written_at: Callable[[], float]) -> None:
    """Until cancelled; `written_at`: the monotonic moment of the last write."""
    full_at = clock.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = clock.monotonic()
        if is_time(now - full_at, now - written_at()):
            gc.collect()
            full_at = clock.monotonic()
