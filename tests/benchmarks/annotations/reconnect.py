"""2,000 clients after a crash: all back at once, their layers caught up, their unsent work saved.

The server is killed while strokes are on their way. From the moment it listens again every client
tries at once and again every 100 ms, which is harder than what tablets do (they spread out). As
tablets do, they say where they stood in the meeting; without that each would get a whole snapshot
of a meeting with 1,000 people, some 50 ms of the server's time.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.settings import Settings
from tests.benchmarks.annotations.hall import Hall, Seat
from tests.benchmarks.annotations.machine import Window, line, on_server_core, percentile
from tests.benchmarks.annotations.strokes import Pushes
from tests.benchmarks.annotations.wire import Socket
from tests.harness.server import until
from tests.harness.stored_marks import read_stored

CLIENTS, PEOPLE = 2000, 1000
UNSENT = 2
"""Strokes per client that have no answer when the server dies."""
TRY_AGAIN_S = 0.1
WITHIN_S = 120.0


@dataclass
class Client:
    """A tablet with an outbox."""

    seat: Seat
    pushes: Pushes
    waiting: dict[int, bytes] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)
    opened: bool = False
    back_at: float = 0.0
    socket: Socket | None = None

    async def enter(self, hall: Hall, cursor: int) -> None:
        """Connect, follow the meeting and the own layer, send what has no answer."""
        self.opened = False
        topic = {"t": "sub", "topic": f"meeting:{hall.meeting}", "cursor": cursor}
        opening = {"t": "ann.open", "layer": self.seat.layer, "cursor": 0}
        self.socket = await hall.enter(self.seat, self.hear, topic, opening)
        for ready in self.waiting.values():
            self.socket.send(ready)

    async def come_back(self, hall: Hall, cursor: int) -> None:
        """Try until it works."""
        while True:
            try:
                await self.enter(hall, cursor)
            except OSError:
                await asyncio.sleep(TRY_AGAIN_S)
            else:
                return

    def hear(self, message: bytes) -> None:
        """Answers; a client is back when its layer is open and nothing waits."""
        if message.startswith(b'{"t":"ann.ack"'):
            self.waiting.pop(int(message[23 : message.index(b",", 23)]), None)
        elif message.startswith(b'{"t":"ann.snap'):
            self.opened = True
        if self.is_back and not self.back_at:
            self.back_at = time.perf_counter()

    def draw(self) -> None:
        """A stroke on its way."""
        number, id_, ready = self.pushes.stroke(len(self.drawn))
        self.waiting[number] = ready
        self.drawn.append(id_)
        if self.socket is not None and not self.socket.lost.is_set():
            self.socket.send(ready)

    @property
    def is_back(self) -> bool:
        """Open, and nothing without an answer."""
        return self.opened and not self.waiting


async def stood(hall: Hall) -> int:
    """The number of the meeting's newest change."""
    found: list[int] = []

    def hear(message: bytes) -> None:
        if message.startswith(b'{"t":"snapshot"'):
            found.append(int(json.loads(message)["seq"]))

    topic = {"t": "sub", "topic": f"meeting:{hall.meeting}", "cursor": None}
    socket = await hall.enter(hall.seats[0], hear, topic)
    await until(lambda: bool(found), 30)
    socket.close()
    return found[0]


async def measure(folder: Path) -> None:
    """reconnect_2000_s."""
    hall = Hall(folder / "data", PEOPLE, CLIENTS // PEOPLE).make()
    server = hall.start()
    try:
        clients = [Client(seat, Pushes(seat.layer, hall.version)) for seat in hall.seats]
        cursor = await stood(hall)
        for first in range(0, CLIENTS, 50):
            await asyncio.gather(*(one.enter(hall, cursor) for one in clients[first : first + 50]))
        for one in clients:
            one.draw()
        await until(lambda: all(one.is_back for one in clients), WITHIN_S)
        for one in clients:
            for _ in range(UNSENT):
                one.draw()
            one.back_at = 0.0
        await asyncio.sleep(0.02)
        await asyncio.to_thread(server.kill)
        unanswered = sum(len(one.waiting) for one in clients)
        for one in clients:
            one.opened = False
        starting = time.perf_counter()
        coming = [asyncio.create_task(one.come_back(hall, cursor)) for one in clients]
        await asyncio.to_thread(on_server_core, server.start)
        listening = time.perf_counter()
        assert server.process is not None
        window = Window(server.process.pid)
        async with window.open():
            await until(lambda: all(one.is_back for one in clients), WITHIN_S)
        back = [one.back_at - listening for one in clients]
        await asyncio.gather(*coming)
        for one in clients:
            assert one.socket is not None
            one.socket.close()
    finally:
        await asyncio.to_thread(server.stop)
    marks, unaccounted = read_stored(Settings(data=hall.data).database_file)
    drawn = {id_ for one in clients for id_ in one.drawn}
    said: dict[str, Any] = {
        "lost": len(drawn - marks),
        "doubled": len(marks - drawn) + len(unaccounted),
    }
    line(
        "reconnect_2000_s",
        max(back),
        "s",
        p50_s=percentile(back, 0.5),
        start_s=listening - starting,
        clients=CLIENTS,
        strokes=len(drawn),
        unanswered_at_the_crash=unanswered,
        **said,
        **window.said,
    )
