"""A device that comes back: 20 changes in a document of 10,000 records."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pycrdt import Doc, Map

from tests.benchmarks.annotations.hall import Hall
from tests.benchmarks.annotations.machine import Window, line, percentile
from tests.benchmarks.annotations.peers.clients import (
    NUMBER,
    SYNC,
    SYNC_REPLY,
    SYNC_STEP_1,
    SYNC_STEP_2,
    TLDRAW_NUMBER,
    TldrawRoom,
    varbytes,
)
from tests.benchmarks.annotations.peers.servers import WAYS, PeerServer, Way
from tests.benchmarks.annotations.strokes import put
from tests.benchmarks.annotations.wire import BINARY, Socket, frame
from tests.harness.server import until

RECORDS, CHANGES, TRIES = 10_000, 20, 30
AT_ONCE = 100
"""Strokes of one message while a peer's room is filled."""


class Answers:
    """Waits for the one message that matters and keeps its size."""

    def __init__(self, wanted: Callable[[bytes], bool]) -> None:
        self.wanted = wanted
        self.came = asyncio.Event()
        self.size = 0
        self.last = b""

    def hear(self, message: bytes) -> None:
        """One message."""
        if self.wanted(message):
            self.size, self.last = len(message), message
            self.came.set()

    async def after(self, ask: Callable[[], None]) -> float:
        """Milliseconds from the question to the answer."""
        self.came.clear()
        began = time.perf_counter()
        ask()
        async with asyncio.timeout(30):
            await self.came.wait()
        return 1000 * (time.perf_counter() - began)


def bytes_of_changes() -> int:
    """What the client had sent for these records."""
    ops = [put("0" * 36, number, "0" * 36) for number in range(RECORDS - CHANGES, RECORDS)]
    return sum(len(json.dumps(op, separators=(",", ":"))) for op in ops)


async def ours(folder: Path) -> None:
    """catch_up_ms and catch_up_bytes_ratio."""
    hall = Hall(folder / "data", 1, 1, marks=RECORDS).make()
    server = hall.start()
    try:
        assert server.process is not None
        seat = hall.seats[0]
        answers = Answers(lambda message: message.startswith(b'{"t":"ann.delta"'))
        socket = await hall.enter(seat, answers.hear)
        opening = {"t": "ann.open", "layer": seat.layer, "cursor": RECORDS - CHANGES}
        ready = frame(json.dumps(opening).encode())
        window = Window(server.process.pid)
        async with window.open():
            took = [await answers.after(lambda: socket.send(ready)) for _ in range(TRIES)]
        items = json.loads(answers.last)["items"]
        if len(items) != CHANGES:
            raise RuntimeError(f"{len(items)} changes came")
        said = {"records": RECORDS, "changes": CHANGES, **window.said}
        line(
            "catch_up_ms",
            percentile(took, 0.5),
            "ms",
            worst_ms=max(took),
            tries=TRIES,
            **said,
        )
        ratio = answers.size / bytes_of_changes()
        line("catch_up_bytes_ratio", ratio, "", bytes=answers.size, **said)
        socket.close()
    finally:
        await asyncio.to_thread(server.stop)


def is_state(body: bytes) -> bool:
    """Whether a Yjs message answers the question for a state."""
    return body[0] in (SYNC, SYNC_REPLY) and body[1] == SYNC_STEP_2


def fill_yjs(room: Any) -> bytes:
    """Fill a room with records; the state vector before the last changes."""
    doc: Any = Doc()
    strokes: Any = doc.get("strokes", type=Map)
    made: list[bytes] = []
    doc.observe(lambda event: made.append(event.update))
    vector = b""
    for first in range(0, RECORDS, AT_ONCE):
        with doc.transaction():
            for number in range(first, first + AT_ONCE):
                if number == RECORDS - CHANGES:
                    break
                strokes[f"s{number:09d}"] = put("", number, "")
    vector = doc.get_state()
    with doc.transaction():
        for number in range(RECORDS - CHANGES, RECORDS):
            strokes[f"s{number:09d}"] = put("", number, "")
    for update in made:
        room.sockets[0].send(frame(room.head + bytes((SYNC, 2)) + varbytes(update), BINARY))
    return bytes(vector)


def fill_tldraw(room: TldrawRoom) -> None:
    """The same, one record to a push for the last changes, so that the clock counts them."""
    for first in range(0, RECORDS - CHANGES, AT_ONCE):
        until_ = min(first + AT_ONCE, RECORDS - CHANGES)
        _push(room, list(range(first, until_)))
    for number in range(RECORDS - CHANGES, RECORDS):
        _push(room, [number])


def _push(room: TldrawRoom, numbers: list[int]) -> None:
    room.strokes += 1
    room.sent[room.strokes] = time.perf_counter()
    diff = {}
    for number in numbers:
        id_ = f"stroke:s{number:09d}"
        diff[id_] = ["put", {**put("", number, ""), "id": id_, "typeName": "stroke"}]
    push = {"type": "push", "clientClock": room.strokes, "diff": diff}
    room.sockets[0].send(frame(json.dumps(push, separators=(",", ":")).encode()))


async def peer(way: Way, folder: Path) -> None:
    """The same for a peer."""
    server = await PeerServer(way, folder).start()
    try:
        room = (await server.rooms(1, devices=1))[0]
        socket: Socket = room.sockets[0]
        ask: Callable[[], None]
        if isinstance(room, TldrawRoom):
            fill_tldraw(room)
            await until(lambda: not room.sent, 60)
            answers = Answers(lambda message: message.startswith(b'{"type":"connect"'))
            clock = room.strokes - CHANGES
        else:
            vector = fill_yjs(room)
            answers = Answers(lambda message: is_state(message[len(room.head) :]))
            question = room.head + bytes((SYNC, SYNC_STEP_1)) + varbytes(vector)
        socket.heard = answers.hear
        window = Window(server.pid)
        async with window.open():
            took = []
            for _ in range(TRIES):
                if isinstance(room, TldrawRoom):
                    ask = lambda: room.greet(socket, clock)  # noqa: E731
                else:
                    ask = lambda: socket.send(frame(question, BINARY))  # noqa: E731
                took.append(await answers.after(ask))
        pattern = TLDRAW_NUMBER if way.peer == "tldraw" else NUMBER
        found = len(pattern.findall(answers.last))
        line(
            "peer_catch_up_ms",
            percentile(took[2:], 0.5),
            "ms",
            worst_ms=max(took[2:]),
            bytes=answers.size,
            ratio=answers.size / bytes_of_changes(),
            changes=found,
            records=RECORDS,
            **way.said,
            **window.said,
        )
    finally:
        server.end()


async def measure(folder: Path) -> None:
    """Ours, then the peers as they are shipped."""
    await ours(folder / "ours")
    for number, way in enumerate(WAYS):
        if way.mode == "shipped":
            await peer(way, folder / str(number))
