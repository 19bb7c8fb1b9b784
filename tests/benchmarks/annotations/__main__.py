"""`make bench-annotations`: all figures of marks, one JSON line each.

`--only NAME` (may be repeated) picks parts (private_ack and durable_writes are in `writes`, wet ink
is in `shared`, first load and pen are in `tablet`); `--ahead` puts this process and all it starts
before other programs, for a machine that is shared.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tests.benchmarks.annotations import (
    beside,
    broadcast,
    catching_up,
    losses,
    memory,
    reconnect,
    shared,
)
from tests.benchmarks.annotations.machine import anywhere, go_to_load_core
from tests.benchmarks.media.processes import go_ahead
from tests.harness.server import ROOT


async def on_a_tablet(_folder: Path) -> None:
    """The browser's figures, in a process of their own on every core."""
    command = [sys.executable, "-m", "tests.benchmarks.annotations.tablet"]
    started = anywhere(lambda: subprocess.Popen(command, cwd=ROOT))
    if await asyncio.to_thread(started.wait):
        raise RuntimeError("the browser's figures could not be taken")


PARTS: dict[str, Callable[[Path], Awaitable[object]]] = {
    "writes": beside.measure,
    "shared": shared.measure,
    "broadcast": broadcast.measure,
    "catch_up": catching_up.measure,
    "losses": losses.measure,
    "memory": memory.measure,
    "reconnect": reconnect.measure,
    "tablet": on_a_tablet,
}


def main() -> int:
    """The command line; the exit status tells of a part that could not be taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, default=[])
    parser.add_argument("--ahead", action="store_true")
    asked = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if asked.ahead:
        go_ahead()
    go_to_load_core()
    failed = 0
    for name, measure in PARTS.items():
        if asked.only and name not in asked.only:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                uvloop.run(measure(Path(folder)))  # type: ignore[arg-type]
            except Exception:
                traceback.print_exc()
                failed = 1
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
