"""What the server keeps after 100,000 edits, half of them deletes, when everybody has left.

It gives memory back when the last client has gone (server/garbage.py); how much it had grown just
before is told beside.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server import clock
from tests.benchmarks.annotations.hall import Hall, Seat
from tests.benchmarks.annotations.machine import Window, line, rss_kb
from tests.benchmarks.annotations.private import hall_of
from tests.benchmarks.annotations.strokes import Pushes, put
from tests.benchmarks.annotations.wire import Socket
from tests.harness.server import until

CLIENTS, EDITS, WINDOW = 30, 100_000, 8
SETTLE_S = 5.0


@dataclass
class Editor:
    """One device that draws a stroke and takes it away again, eight pushes under way."""

    seat: Seat
    pushes: Pushes
    left: int
    under_way: int = 0
    opened: bool = False
    alive: list[str] = field(default_factory=list)
    socket: Socket | None = None

    async def enter(self, hall: Hall) -> None:
        """Follow the layer and begin."""
        opening = {"t": "ann.open", "layer": self.seat.layer, "cursor": 0}
        self.socket = await hall.enter(self.seat, self.hear, opening)

    def hear(self, message: bytes) -> None:
        """An answer makes room for the next edit."""
        if message.startswith(b'{"t":"ann.ack"'):
            self.under_way -= 1
            self.go_on()
        elif message.startswith(b'{"t":"ann.snap'):
            self.opened = True
        elif message.startswith(b'{"t":"ann.nack"'):
            raise RuntimeError(message.decode())

    def go_on(self) -> None:
        """Fill the window."""
        assert self.socket is not None
        while self.left and self.under_way < WINDOW:
            self.left -= 1
            self.under_way += 1
            # Only a stroke whose put was sent a whole window ago is taken away.
            if self.left % 2 == 0 and len(self.alive) > WINDOW:
                op: dict[str, Any] = {"op": "delete", "id": self.alive.pop(0), "base_rev": 1}
            else:
                op = put(self.pushes.version, self.left)
                self.alive.append(str(op["id"]))
            self.socket.send(self.pushes.push(op)[1])


async def edit(hall: Hall, edits: int, pid: int) -> tuple[float, int]:
    """All edits, then leave; the seconds it took, and the server's kB before they left."""
    crowd = [
        Editor(seat, Pushes(seat.layer, hall.version), edits // CLIENTS) for seat in hall.seats
    ]
    await asyncio.gather(*(one.enter(hall) for one in crowd))
    await until(lambda: all(one.opened for one in crowd), 30)
    began = time.perf_counter()
    for one in crowd:
        one.go_on()
    await until(lambda: not any(one.left or one.under_way for one in crowd), 300)
    took = time.perf_counter() - began
    held = rss_kb(pid)
    for one in crowd:
        assert one.socket is not None
        one.socket.close()
        await one.socket.lost.wait()
    return took, held


async def measure(folder: Path) -> None:
    """rss_growth_mb: against a server that was used a little, and against one just started."""
    async with hall_of(folder, CLIENTS, 1) as (hall, pid):
        fresh = rss_kb(pid)
        await edit(hall, EDITS // 50, pid)
        await asyncio.sleep(SETTLE_S)
        warm = rss_kb(pid)
        window = Window(pid)
        began = clock.unix_ms()
        async with window.open():
            took, held = await edit(hall, EDITS, pid)
        await asyncio.sleep(SETTLE_S)
        after = rss_kb(pid)
        line(
            "rss_growth_mb",
            (after - fresh) / 1024,
            "MB",
            since_warm_mb=(after - warm) / 1024,
            before_they_left_mb=(held - fresh) / 1024,
            fresh_mb=fresh / 1024,
            after_mb=after / 1024,
            edits=EDITS,
            edits_per_s=round(EDITS / took),
            seconds=round((clock.unix_ms() - began) / 1000),
            clients=CLIENTS,
            **window.said,
        )
