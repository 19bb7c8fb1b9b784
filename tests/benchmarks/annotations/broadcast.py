"""One event to 2,000 connections: what it costs the server, beside plain Starlette and uvicorn.

The event is the delta of one note (some 400 bytes); the plain server passes the same bytes on.
The cost is all CPU time of the server process while the event is taken, stored and delivered,
divided by the connections. On loopback the kernel charges the receivers' share of TCP to the
sender; `kernel_floor_us` is that, and `send` of the ready bytes on every socket, and nothing else.
Heartbeats, which cost the same without any event, are measured before and taken off.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from server import clock
from server.live.transport import text_frame
from tests.benchmarks.annotations.hall import Hall
from tests.benchmarks.annotations.machine import (
    Window,
    cpu_s,
    line,
    on_server_core,
    quiet_garbage,
)
from tests.benchmarks.annotations.peers.servers import listening
from tests.benchmarks.annotations.strokes import Pushes
from tests.benchmarks.annotations.wire import Socket, connect, frame
from tests.harness.server import ROOT, free_port, until

CONNECTIONS, EVENTS, WARM_UP = 2000, 30, 5
IDLE_S = 3.0
NAP_S = 0.08
"""The generator sleeps while the event goes out, as clients in other machines are: woken for each
message on this one, it would make the server's every send pay for a processor's wake-up."""


class Counter:
    """Messages that came to all sockets together."""

    def __init__(self, kind: bytes) -> None:
        self.kind = kind
        self.count = 0
        self.opened = 0
        self.wanted = 0
        self.reached = asyncio.Event()
        self.last = b""

    def hear(self, message: bytes) -> None:
        """One message on any socket."""
        if message.startswith(self.kind):
            self.count += 1
            if self.count == self.wanted:
                self.last = message
                self.reached.set()
        elif message.startswith(b'{"t":"ann.snap'):
            self.opened += 1


async def cost(
    pid: int, counter: Counter, say: Callable[[int], None]
) -> tuple[list[float], dict[str, Any]]:
    """CPU µs per connection of each event."""
    costs = []
    window = Window(pid)
    idle = await idle_share(pid)
    with quiet_garbage():
        async with window.open():
            for number in range(WARM_UP + EVENTS):
                counter.count, counter.wanted = 0, CONNECTIONS
                counter.reached.clear()
                before, began = cpu_s(pid), time.perf_counter()
                say(number)
                time.sleep(NAP_S)  # noqa: ASYNC251
                async with asyncio.timeout(20):
                    await counter.reached.wait()
                await asyncio.sleep(0.02)
                if number >= WARM_UP:
                    used = cpu_s(pid) - before - idle * (time.perf_counter() - began)
                    costs.append(1e6 * used / CONNECTIONS)
    return costs, {**window.said, "idle_core_pct": 100 * idle}


async def idle_share(pid: int) -> float:
    """What part of its core the server uses while nothing happens."""
    before, began = cpu_s(pid), time.perf_counter()
    await asyncio.sleep(IDLE_S)
    return (cpu_s(pid) - before) / (time.perf_counter() - began)


async def many(one: Callable[[int], Awaitable[Socket]]) -> list[Socket]:
    """All sockets, fifty at a time."""
    sockets: list[Socket] = []
    for first in range(0, CONNECTIONS, 50):
        sockets += await asyncio.gather(*(one(number) for number in range(first, first + 50)))
    return sockets


async def ours(folder: Path) -> tuple[list[float], dict[str, Any], bytes]:
    """A layer followed by 2,000 devices."""
    hall = Hall(folder / "data", 1, CONNECTIONS).make()
    server = hall.start()
    try:
        assert server.process is not None
        counter = Counter(b'{"t":"ann.delta"')
        opening = {"t": "ann.open", "layer": hall.seats[0].layer, "cursor": 0}
        sockets = await many(lambda n: hall.enter(hall.seats[n], counter.hear, opening))
        await until(lambda: counter.opened == CONNECTIONS, 60)
        pushes = Pushes(hall.seats[0].layer, hall.version)

        def say(number: int) -> None:
            note = {
                "op": "put",
                "id": clock.new_id(),
                "version": hall.version,
                "page": 0,
                "kind": "note",
                "created": clock.unix_ms(),
                "geometry": {"point": [10, number]},
                "style": {"color": "#ffd84d"},
                "body": "Đề nghị làm rõ số liệu",
            }
            sockets[0].send(pushes.push(note)[1])

        costs, said = await cost(server.process.pid, counter, say)
        for socket in sockets:
            socket.close()
        return costs, said, counter.last
    finally:
        server.stop()


async def theirs(module: str, ready: bytes) -> tuple[float, dict[str, Any]]:
    """The same bytes through another server; its median cost in µs."""
    port = free_port()
    command = [sys.executable, "-m", f"tests.benchmarks.annotations.peers.{module}", str(port)]
    process = on_server_core(lambda: subprocess.Popen(command, cwd=ROOT))
    try:
        counter = Counter(b'{"t":"ann.delta"')

        async def one(number: int) -> Socket:
            return await connect(port, "/live", counter.hear)

        await listening(port, 30)
        sockets = await many(one)
        costs, said = await cost(process.pid, counter, lambda number: sockets[0].send(ready))
        for socket in sockets:
            socket.close()
        return statistics.median(costs), said
    finally:
        process.terminate()
        process.wait(10)


async def measure(folder: Path) -> None:
    """broadcast_us_per_connection."""
    costs, said, event = await ours(folder)
    plain_us, plain_said = await theirs("plain", frame(event))
    floor_us, _ = await theirs("floor", frame(text_frame(event.decode())))
    us = statistics.median(costs)
    line(
        "broadcast_us_per_connection",
        us,
        "us",
        best_us=min(costs),
        worst_us=max(costs),
        connections=CONNECTIONS,
        events=EVENTS,
        bytes=len(event),
        plain_starlette_us=plain_us,
        kernel_floor_us=floor_us,
        above_the_floor_vs_plain=(plain_us - floor_us) / max(us - floor_us, 0.01),
        plain_others_pct=plain_said["others_pct"],
        **said,
    )
