"""What `kill -9` costs: strokes that were answered and are gone, 0, 0.5, 1.5 and 2.5 s later.

A process that is killed leaves what it gave to the kernel; a power cut would not. So a peer that
writes without syncing looks better here than it is.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pycrdt import Doc, Map

from tests.benchmarks.annotations.hall import Hall
from tests.benchmarks.annotations.machine import anywhere, line
from tests.benchmarks.annotations.peers.clients import TldrawRoom
from tests.benchmarks.annotations.peers.servers import WAYS, PeerServer, Way
from tests.benchmarks.annotations.private import seated
from tests.harness.server import until
from tests.harness.stored_marks import read_stored

STROKES, EVERY_S = 100, 0.005
READ_S = 2.0
DELAYS_S: Sequence[float] = (0.0, 0.5, 1.5, 2.5)


async def draw_and_wait(one: Any, delay: float) -> None:
    """A hundred strokes, all answered, and then a pause."""
    for number in range(STROKES):
        one.draw(one.prepare(number))
        await asyncio.sleep(EVERY_S)
    await until(lambda: not one.waiting, 60)
    await asyncio.sleep(delay)


async def ours(folder: Path, delay: float) -> int:
    """How many are lost."""
    hall = Hall(folder / "data", 1, 2).make()
    server = await asyncio.to_thread(hall.start, False)
    try:
        one = (await seated(hall))[0]
        await draw_and_wait(one, delay)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(anywhere, server.start)
    finally:
        await asyncio.to_thread(server.stop)
    return STROKES - len(read_stored(folder / "data" / "phonghop.sqlite3")[0])


async def peer(way: Way, folder: Path, delay: float) -> int:
    """The same."""
    server = await PeerServer(way, folder, pinned=False).start()
    try:
        one = (await server.rooms(1))[0]
        await draw_and_wait(one, delay)
        server.end(signal.SIGKILL)
        await server.start()
        # Some answer a first newcomer before they have read their store: ask once they have.
        await server.rooms(1, devices=1)
        await asyncio.sleep(READ_S)
        again = (await server.rooms(1, devices=1))[0]
        return STROKES - _count(again)
    finally:
        server.end()


def _count(room: Any) -> int:
    """The strokes a newcomer gets."""
    if isinstance(room, TldrawRoom):
        return int(room.content.count(b'"put"'))
    doc: Any = Doc()
    size, at, shift = 0, 0, 0
    while True:  # lib0's variable-length integer
        byte = room.content[at]
        size |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
    doc.apply_update(room.content[at : at + size])
    return len(doc.get("strokes", type=Map))


async def measure(folder: Path) -> None:
    """lost_after_kill for us and each peer."""
    found = await asyncio.gather(
        *(ours(folder / f"ours-{number}", delay) for number, delay in enumerate(DELAYS_S))
    )
    line("lost_after_kill", sum(found), "strokes", **_each(found))
    for which, way in enumerate(WAYS):
        found = await asyncio.gather(
            *(
                peer(way, folder / f"{which}-{number}", delay)
                for number, delay in enumerate(DELAYS_S)
            )
        )
        line("peer_lost_after_kill", sum(found), "strokes", **way.said, **_each(found))


def _each(found: Sequence[int]) -> dict[str, Any]:
    pairs = zip(DELAYS_S, found, strict=True)
    return {"strokes": STROKES, "lost_by_delay_s": {str(delay): lost for delay, lost in pairs}}
