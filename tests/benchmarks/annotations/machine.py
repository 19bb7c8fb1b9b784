"""Who runs on which core, and what belongs beside every figure.

The server under test has the first core for itself, the load generator the last. A generator that
used more than 80 % of its core may have been the limit itself: its line says `invalid`. Other
programs on the server's core, or a generator that is woken late, make a line `disturbed`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.benchmarks.media.processes import choose_cores, read_core_busy_s, read_rss_kb

T = TypeVar("T")
GENERATOR_BOUND_PCT, OTHERS_BOUND_PCT, LAG_BOUND_MS = 80.0, 10.0, 8.0
SERVER_CORE, LOAD_CORE = choose_cores()
rss_kb = read_rss_kb


def read_version() -> str:
    """The commit that is measured."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


VERSION = read_version()


def on_server_core(start: Callable[[], T]) -> T:
    """Call `start`, which starts a process; that process stays on the server's core."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        return start()
    finally:
        os.sched_setaffinity(0, own)


def anywhere(start: Callable[[], T]) -> T:
    """Call `start`; its process may use every core."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE, LOAD_CORE})
    try:
        return start()
    finally:
        os.sched_setaffinity(0, own)


def go_to_load_core() -> None:
    """From here on this process generates load."""
    os.sched_setaffinity(0, {LOAD_CORE})


def cpu_s(pid: int) -> float:
    """CPU time of another process with its threads, to the nanosecond.

    The clock's number is made as clock_getcpuclockid(3) makes it.
    """
    return time.clock_gettime((~pid << 3) | 2)


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@dataclass
class Window:
    """What the processes did while something was measured."""

    pid: int
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    lags: list[float] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    server_s: float = 0.0

    @contextlib.asynccontextmanager
    async def open(self) -> Any:
        """Measure while the block runs."""
        clockwork = asyncio.create_task(self._note_lags())
        began, own = time.perf_counter(), time.process_time()
        served, busy = cpu_s(self.pid), read_core_busy_s(SERVER_CORE)
        try:
            yield self
        finally:
            clockwork.cancel()
        wall = time.perf_counter() - began
        self.server_s = cpu_s(self.pid) - served
        generator = 100 * (time.process_time() - own) / wall
        busy = read_core_busy_s(SERVER_CORE) - busy
        others = max(0.0, 100 * (busy - self.server_s) / wall)
        lag = percentile(self.lags, 0.99) if self.lags else 0.0
        self.said = {
            "server_core_pct": round(100 * self.server_s / wall),
            "generator_core_pct": round(generator),
            "others_pct": round(others),
            "generator_lag_p99_ms": round(lag, 1),
            "load_before": round(self.load_before, 1),
        }
        if generator > GENERATOR_BOUND_PCT:
            self.said["invalid"] = "the load generator was too busy"
        if others > OTHERS_BOUND_PCT or lag > LAG_BOUND_MS:
            self.said["disturbed"] = True

    async def _note_lags(self) -> None:
        """How late the generator is woken, in ms."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            self.lags.append(1000 * (time.perf_counter() - began) - 5)


def line(figure: str, value: float | None, unit: str, **beside: Any) -> None:
    """One figure on standard output."""
    shown = None if value is None else round(value, 3)
    said = {key: round(one, 2) if isinstance(one, float) else one for key, one in beside.items()}
    print(
        json.dumps({"figure": figure, "value": shown, "unit": unit, **said, "version": VERSION}),
        flush=True,
    )


@contextlib.contextmanager
def quiet_garbage() -> Iterator[None]:
    """The generator's own garbage collection would show as latency of the server."""
    import gc

    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
