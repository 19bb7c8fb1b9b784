"""One shared layer with 300 clients: push → seen by all; and a presenter's wet ink, 30 a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.annotations.hall import Hall
from tests.benchmarks.annotations.machine import Window, line, percentile, quiet_garbage
from tests.benchmarks.annotations.pace import PATIENCE_S, by_the_clock
from tests.benchmarks.annotations.peers.clients import NUMBER, TLDRAW_NUMBER
from tests.benchmarks.annotations.peers.servers import WAYS, PeerServer, Way
from tests.benchmarks.annotations.private import ID, hall_of
from tests.benchmarks.annotations.strokes import Pushes
from tests.benchmarks.annotations.wire import Socket, connect, frame
from tests.harness.server import until

CLIENTS, STROKES_PER_S, SECONDS, PEER_SECONDS = 300, 20, 15.0, 6.0
WET_HZ = 30
WET_POINTS = 8
"""A quick pen at 240 Hz, told 30 times a second."""


@dataclass
class Sightings:
    """When each of several things was sent, and when everybody had seen it."""

    wanted: int
    sent: dict[bytes, float] = field(default_factory=dict)
    count: dict[bytes, int] = field(default_factory=dict)
    each_ms: list[float] = field(default_factory=list)
    all_ms: list[float] = field(default_factory=list)

    def send(self, name: bytes) -> None:
        """It leaves now."""
        self.sent[name] = time.perf_counter()
        self.count[name] = 0

    def see(self, name: bytes) -> None:
        """One client has it."""
        began = self.sent.get(name)
        if began is None:
            return
        took = 1000 * (time.perf_counter() - began)
        self.each_ms.append(took)
        self.count[name] += 1
        if self.count[name] == self.wanted:
            self.all_ms.append(took)
            del self.sent[name]

    def forget(self) -> None:
        """After warming up."""
        self.each_ms, self.all_ms = [], []


async def measured(
    pid: int, seen: Sightings, rate: float, things: list[Any], do: Callable[[Any], None]
) -> dict[str, Any]:
    """Do things by the clock; what the processes did meanwhile, and what not everybody saw."""
    window = Window(pid)
    with quiet_garbage():
        async with window.open():
            await by_the_clock(rate, things, do)
            with contextlib.suppress(AssertionError):
                await until(lambda: not seen.sent, PATIENCE_S)
    return {"not_seen_by_all": len(seen.sent), **window.said}


async def strokes_of_all(hall: Hall, pid: int) -> None:
    """shared_seen_p99_ms."""
    seen = Sightings(CLIENTS)
    opened: list[int] = []

    def hear(message: bytes) -> None:
        if message.startswith(b'{"t":"ann.delta"'):
            at = message.index(ID) + len(ID)
            seen.see(message[at : at + 36])
        elif message.startswith(b'{"t":"ann.snap'):
            opened.append(1)

    opening = {"t": "ann.open", "layer": hall.shared, "cursor": 0}
    sockets = [await hall.enter(seat, hear, opening) for seat in hall.seats]
    await until(lambda: len(opened) == CLIENTS, 30)
    pushes = [Pushes(hall.shared, hall.version) for _ in hall.seats]
    dice = random.Random(7)

    def draw(stroke: tuple[int, str, bytes]) -> None:
        who, id_, ready = stroke
        seen.send(id_.encode())
        sockets[who].send(ready)

    for seconds in (2.0, SECONDS):
        seen.forget()
        writers = [dice.randrange(CLIENTS) for _ in range(int(STROKES_PER_S * seconds))]
        ready = [(who, *pushes[who].stroke(n)[1:]) for n, who in enumerate(writers)]
        said = await measured(pid, seen, STROKES_PER_S, ready, draw)
    line(
        "shared_seen_p99_ms",
        percentile(seen.all_ms, 0.99),
        "ms",
        p50_ms=percentile(seen.all_ms, 0.5),
        max_ms=max(seen.all_ms),
        each_p99_ms=percentile(seen.each_ms, 0.99),
        clients=CLIENTS,
        strokes_per_s=STROKES_PER_S,
        strokes=len(seen.all_ms),
        **said,
    )
    for socket in sockets:
        socket.close()


async def wet_ink(hall: Hall, pid: int) -> None:
    """wet_ink_p99_ms: of every single delivery."""
    seen = Sightings(CLIENTS)
    opened: list[int] = []

    def hear(message: bytes) -> None:
        if message.startswith(b'{"t":"ann.ephemeral"'):
            seen.see(message[message.index(b'"n":') :][4:12])
        elif message.startswith(b'{"t":"ann.snap'):
            opened.append(1)

    opening = {"t": "ann.open", "layer": hall.presented, "cursor": 0}
    sockets = [await hall.enter(seat, hear, opening) for seat in hall.seats]
    assert hall.secretary is not None
    presenter = await hall.enter(hall.secretary, lambda message: None, opening)
    await until(lambda: len(opened) == CLIENTS, 30)

    def piece(number: int) -> tuple[bytes, bytes]:
        name = f"{10_000_000 + number}"
        points = [[100 + 2 * step, 200.25 + step, 0.5] for step in range(WET_POINTS)]
        data = {"n": int(name), "id": hall.version, "points": points}
        said = {"t": "ann.ephemeral", "layer": hall.presented, "kind": "wet", "data": data}
        return name.encode(), frame(json.dumps(said, separators=(",", ":")).encode())

    def draw(made: tuple[bytes, bytes]) -> None:
        seen.send(made[0])
        presenter.send(made[1])

    first = 0
    for seconds in (1.0, SECONDS):
        seen.forget()
        count = int(WET_HZ * seconds)
        ready = [piece(first + number) for number in range(count)]
        first += count
        said = await measured(pid, seen, WET_HZ, ready, draw)
    line(
        "wet_ink_p99_ms",
        percentile(seen.each_ms, 0.99),
        "ms",
        p50_ms=percentile(seen.each_ms, 0.5),
        max_ms=max(seen.each_ms),
        clients=CLIENTS,
        hz=WET_HZ,
        deliveries=len(seen.each_ms),
        bytes=len(ready[0][1]),
        **said,
    )
    for socket in (*sockets, presenter):
        socket.close()


async def peer(way: Way, folder: Path) -> None:
    """The same strokes in one room of a peer, drawn by one client."""
    server = await PeerServer(way, folder).start()
    try:
        room = (await server.rooms(1, devices=1))[0]
        seen = Sightings(CLIENTS - 1)
        pattern = TLDRAW_NUMBER if way.peer == "tldraw" else NUMBER
        synced: list[int] = []

        def hear(message: bytes) -> None:
            found = pattern.findall(message)
            for one in found:
                seen.see(one)
            if not found:
                synced.append(1)

        sockets: list[Socket] = []
        for _ in range(CLIENTS - 1):
            socket = await connect(server.port, room.path, hear)
            room.greet(socket)
            sockets.append(socket)
        await until(lambda: len(synced) >= CLIENTS - 1, 30)
        await asyncio.sleep(0.5)

        def draw(stroke: tuple[int, bytes]) -> None:
            seen.send(b"%09d" % stroke[0])
            room.sockets[0].send(stroke[1])

        for seconds in (1.0, PEER_SECONDS):
            seen.forget()
            ready = [room.prepare(number) for number in range(int(STROKES_PER_S * seconds))]
            said = await measured(server.pid, seen, STROKES_PER_S, ready, draw)
        line(
            "peer_shared_seen_p99_ms",
            percentile(seen.all_ms, 0.99) if seen.all_ms else None,
            "ms",
            p50_ms=percentile(seen.all_ms, 0.5) if seen.all_ms else None,
            clients=CLIENTS,
            strokes_per_s=STROKES_PER_S,
            strokes=len(seen.all_ms),
            **way.said,
            **said,
        )
    finally:
        server.end()


async def measure(folder: Path) -> None:
    """Both figures, then the peers as they are shipped."""
    async with hall_of(folder / "ours", CLIENTS, 1) as (hall, pid):
        await strokes_of_all(hall, pid)
        await wet_ink(hall, pid)
    for number, way in enumerate(WAYS):
        if way.mode == "shipped":
            await peer(way, folder / str(number))
