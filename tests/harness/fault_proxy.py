"""A TCP proxy on loopback that breaks connections as networks do, by a seed.

Each connection gets a fate: clean, slow, cut by a reset after some bytes, or half-open: what the
server says is swallowed from some byte on, so that a push is committed and its answer lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections import Counter
from typing import Final

FATES: Final = ("clean", "slow", "reset", "reset", "half_open", "half_open")
MOST_BYTES: Final = 6_000
"""A fate strikes within the first few frames of a session of this size."""


class FaultProxy:
    """`calm()` ends all trouble: connections are cut once more, later ones are clean. `struck`
    counts the trouble that there really was: `slow`, `reset` in the middle of an answer,
    `swallowed` (answers of a server that goes on), `cut` from outside, `refused` by a server that
    is down."""

    def __init__(self, target_port: int, seed: int) -> None:
        self.target_port = target_port
        self.rng = random.Random(seed)
        self.quiet = False
        self.struck: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def calm(self) -> None:
        self.cut()
        self.quiet = True

    def cut(self) -> None:
        """Reset everything that is open."""
        if not self.quiet:
            self.struck["cut"] += len(self._writers) // 2
        for writer in list(self._writers):
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except asyncio.CancelledError:
            _reset(writer)  # the proxy closes; nobody waits for this task
        finally:
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = "clean" if self.quiet else self.rng.choice(FATES)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            self.struck["refused"] += 1
            _reset(writer)
            return
        self._writers |= {writer, up_writer}
        budget = self.rng.randrange(400, MOST_BYTES)
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, "slow" if fate == "slow" else "clean", budget),
                self._pump(up_reader, writer, fate, budget),
            )
        except OSError:
            pass
        finally:
            self._writers -= {writer, up_writer}
            _reset(writer)
            _reset(up_writer)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        fate: str,
        budget: int,
    ) -> None:
        swallowing = False
        while data := await reader.read(4096):
            if fate == "slow":
                self.struck["slow"] += 1
                await asyncio.sleep(self.rng.random() / 50)
            budget -= len(data)
            if budget < 0 and fate == "reset":
                self.struck["reset"] += 1
                raise ConnectionResetError
            if budget < 0 and fate == "half_open":
                self.struck["swallowed"] += not swallowing
                swallowing = True
                continue
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a lost radio link looks to the other side in the end."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(Exception):
        writer.transport.abort()
