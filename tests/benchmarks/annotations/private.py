"""Private layers: durable acknowledgements at a steady rate, and how many a second.

Strokes leave by the clock, whether answers are late or not. A stroke is acknowledged when `ann.ack`
has come back to the device that drew it, and seen when the delta has come to the second device.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.annotations.hall import Hall, Seat
from tests.benchmarks.annotations.machine import line, percentile
from tests.benchmarks.annotations.pace import Drawer, Step, step, sustained
from tests.benchmarks.annotations.strokes import Pushes
from tests.harness.server import until

DELEGATES, DEVICES = 300, 2
STROKES_PER_S, WARM_UP_S, SECONDS = 1000, 3.0, 15.0
ID = b'"items":[{"id":"'
Stroke = tuple[int, str, bytes]


@dataclass
class Delegate(Drawer[Stroke]):
    """A person with two devices on the same paper; the first one draws."""

    seats: list[Seat]
    pushes: Pushes
    sent: dict[int, float] = field(default_factory=dict)
    unseen: dict[bytes, float] = field(default_factory=dict)
    opened: int = 0

    async def enter(self, hall: Hall) -> None:
        """Both devices follow the layer, as the pages do."""
        opening = {"t": "ann.open", "layer": self.seats[0].layer, "cursor": 0}
        for seat, heard in zip(self.seats, (self.hear, self.watch), strict=False):
            self.sockets.append(await hall.enter(seat, heard, opening))

    def hear(self, message: bytes) -> None:
        """The drawing device: answers, and its own deltas, which it parses no further."""
        if message.startswith(b'{"t":"ann.ack"'):
            number = int(message[23 : message.index(b",", 23)])
            self.acknowledged.append(time.perf_counter() - self.sent.pop(number))
        elif message.startswith(b'{"t":"ann.nack"'):
            self.refused += 1
        elif message.startswith(b'{"t":"ann.snap'):
            self.opened += 1

    def watch(self, message: bytes) -> None:
        """The second device."""
        if message.startswith(b'{"t":"ann.delta"'):
            at = message.index(ID) + len(ID)
            self.seen.append(time.perf_counter() - self.unseen.pop(message[at : at + 36]))
        elif message.startswith(b'{"t":"ann.snap'):
            self.opened += 1

    def prepare(self, number: int) -> Stroke:
        """The next push."""
        return self.pushes.stroke(number)

    def draw(self, stroke: Stroke) -> None:
        """Send it."""
        number, id_, ready = stroke
        self.sent[number] = self.unseen[id_.encode()] = time.perf_counter()
        self.sockets[0].send(ready)

    @property
    def waiting(self) -> int:
        """Strokes without an acknowledgement."""
        return len(self.sent)


async def seated(hall: Hall) -> list[Delegate]:
    """All delegates, with their layers open."""
    each = hall.devices
    crowd = []
    for first in range(0, len(hall.seats), each):
        seats = hall.seats[first : first + each]
        crowd.append(Delegate(seats, Pushes(seats[0].layer, hall.version)))
    for first in range(0, len(crowd), 25):
        await asyncio.gather(*(one.enter(hall) for one in crowd[first : first + 25]))
    await until(lambda: all(one.opened == each for one in crowd), 60)
    return crowd


@asynccontextmanager
async def hall_of(
    folder: Path, people: int, devices: int, **more: str
) -> AsyncIterator[tuple[Hall, int]]:
    """A filled hall with its server running; and the server's process id."""
    hall = Hall(folder / "data", people, devices).make()
    server = hall.start(True, **more)
    try:
        assert server.process is not None
        yield hall, server.process.pid
    finally:
        await asyncio.to_thread(server.stop)


async def measure(folder: Path) -> Step:
    """private_ack_p99_ms, then durable_writes_per_s on the same hall; returns the latter."""
    async with hall_of(folder, DELEGATES, DEVICES) as (hall, pid):
        crowd = await seated(hall)
        await step(pid, crowd, STROKES_PER_S, WARM_UP_S)
        measured = await step(pid, crowd, STROKES_PER_S, SECONDS)
        line(
            "private_ack_p99_ms",
            percentile(measured.took_ms, 0.99),
            "ms",
            p50_ms=percentile(measured.took_ms, 0.5),
            seen_p99_ms=percentile(measured.seen_ms, 0.99),
            delegates=DELEGATES,
            devices=DELEGATES * DEVICES,
            **measured.said,
        )
        best = await sustained(lambda rate, s: step(pid, crowd, rate, s), 2000)
        line(
            "durable_writes_per_s",
            best.rate,
            "1/s",
            p99_ms=percentile(best.took_ms, 0.99),
            clients=DELEGATES * DEVICES,
            rooms=DELEGATES,
            **best.said,
        )
        for one in crowd:
            for socket in one.sockets:
                socket.close()
    return best
