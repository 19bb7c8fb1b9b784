"""Python's garbage collector, told when it may look at everything.

A full collection stops the loop for some 80 ms per 600 connections (measured), and left to itself
comes in the middle of a hall that writes: that alone was the p99 of an acknowledgement. Young
objects are collected as always; the old ones when nothing was written for a while.

When the last client has gone, what a full hall needed is given back to the machine: SQLite's pages
in memory, and what the C library keeps of freed memory in its arenas, one per thread
(https://man7.org/linux/man-pages/man3/malloc_trim.3.html).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from server import clock

log = structlog.get_logger(__name__)
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


def trim_heap() -> None:
    """Give freed memory back to the system, where the C library can (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def free_memory(system: Path = Path("/")) -> int | None:
    """Bytes that this process may still take: of the machine, and of its control group, whose
    cached files count as free (https://docs.kernel.org/admin-guide/cgroup-v2.html). None where the
    system does not say."""
    free: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = (system / "proc/meminfo").read_text().splitlines()
        free += [int(one.split()[1]) * 1024 for one in lines if one.startswith("MemAvailable:")]
    group = system / "sys/fs/cgroup"
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = (group / "memory.stat").read_text().splitlines()
        taken = sum(int(one.split()[1]) for one in lines if one.startswith("anon "))
        free.append(int((group / "memory.max").read_text()) - taken)
    return min(free, default=None)


async def collect_in_quiet(
    written_at: Callable[[], float],
    is_empty: Callable[[], bool],
    forget_pages: Callable[[], Awaitable[None]],
) -> None:
    """Until cancelled; `written_at`: the monotonic moment of the last write, `is_empty`: nobody is
    connected, `forget_pages`: let go of the database's pages in memory."""
    full_at = clock.monotonic()
    used = False
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = clock.monotonic()
        used = used or not is_empty()
        left = used and is_empty() and now - written_at() >= QUIET_SECONDS
        if not left and not is_time(now - full_at, now - written_at()):
            continue
        gc.collect()
        full_at = clock.monotonic()
        if left:
            used = False
            try:
                await forget_pages()
                await asyncio.to_thread(trim_heap)
            except Exception:
                log.exception("memory_not_given_back")
