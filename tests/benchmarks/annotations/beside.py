"""The peers under the same load: 300 rooms with two devices each, strokes of 1 kB by the clock."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from tests.benchmarks.annotations import private
from tests.benchmarks.annotations.machine import line, percentile
from tests.benchmarks.annotations.pace import Step, step, sustained
from tests.benchmarks.annotations.peers.servers import WAYS, PeerServer, Way

ROOMS = private.DELEGATES
DRAIN_S = 15.0
COMPARED = ("hocuspocus", "pycrdt-websocket")
"""The peers that `durable_writes_vs_best` is about; the others are told beside it."""


async def writes(way: Way, folder: Path) -> Step | None:
    """What this peer sustains, and its latency there."""
    server = await PeerServer(way, folder).start()
    try:
        crowd = await server.rooms(ROOMS)

        async def measured(rate: float, seconds: float) -> Step:
            return await step(server.pid, crowd, rate, seconds, DRAIN_S)

        best = await sustained(measured, way.first_per_s)
    finally:
        server.end()
    figure = "durable_writes_per_s" if way.mode == "durable" else "writes_per_s"
    holds = best.holds
    line(
        f"peer_{figure}",
        best.rate if holds else 0.0,
        "1/s",
        **way.said,
        p50_ms=percentile(best.took_ms, 0.5) if best.took_ms else None,
        p99_ms=percentile(best.took_ms, 0.99) if best.took_ms else None,
        rooms=ROOMS,
        clients=2 * ROOMS,
        **best.said,
    )
    return best if holds else None


async def measure(folder: Path) -> None:
    """Ours, each peer, and durable_writes_vs_best."""
    ours = await private.measure(folder / "ours")
    best, who = 0.0, "none"
    for number, way in enumerate(WAYS):
        try:
            found = await writes(way, folder / str(number))
        except (RuntimeError, AssertionError, OSError, TimeoutError) as error:
            print(f"{way.peer} {way.mode}: {error}", file=sys.stderr, flush=True)
            continue
        durable = way.mode == "durable" and way.peer in COMPARED
        if found is not None and durable and found.rate > best:
            best, who = found.rate, way.peer
    with contextlib.suppress(ZeroDivisionError):
        line("durable_writes_vs_best", ours.rate / best, "", best=who, best_per_s=round(best))
