"""Tablets that run the shipped core against the real server, through a proxy that breaks lines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import websockets

from tests.harness.annotation_model import Message
from tests.harness.fault_proxy import FaultProxy
from tests.harness.server import until
from tests.harness.tablet import Tablet
from tests.harness.ts_client import TsClient

SETTLE_SECONDS = 60
"""A restart of the server on a busy machine, and a few reconnects."""
STALL_SECONDS = 0.4
"""A socket without a pong for so long is given up: the client's heartbeat, in small."""
CALM_STALL_SECONDS = 20.0
"""Once the line is good: a busy machine that needs a second for a whole layer is no dead line."""


@dataclass
class Place:
    """A document's version, one of its layers, and the session of a delegate who uses it."""

    tablet: Tablet
    layer: str
    version: str


@dataclass
class WiredTablet:
    """The shipped core joined to a socket through a proxy; reconnects until stopped."""

    client: TsClient
    place: Place
    proxy: FaultProxy
    rng: random.Random
    socket: websockets.ClientConnection | None = None
    number: int = 0
    task: asyncio.Task[None] | None = None
    outgoing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def start(self) -> None:
        self.client.open(self.place.layer)
        self.task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def edit(self, edits: list[Message]) -> None:
        messages = self.client.edit(self.place.layer, edits) + self.client.flush()
        await self._send(self.socket, messages)

    async def reopen(self) -> None:
        """Follow the layer again, after it was taken away and given back."""
        await self._send(self.socket, self.client.open(self.place.layer))

    async def _send(
        self, socket: websockets.ClientConnection | None, messages: list[Message]
    ) -> None:
        if socket is None or socket is not self.socket:
            return
        with contextlib.suppress(websockets.ConnectionClosed):
            async with self.outgoing:
                for message in messages:
                    await socket.send(json.dumps(message))

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                await self._connection()
            await asyncio.sleep(0.005 + self.rng.random() / 50)

    async def _connection(self) -> None:
        server = self.place.tablet.server
        stall = CALM_STALL_SECONDS if self.proxy.quiet else STALL_SECONDS
        async with websockets.connect(
            server.base.replace("http", "ws") + "/live",
            host="127.0.0.1",
            port=self.proxy.port,
            origin=websockets.Origin(server.base),
            additional_headers={"Cookie": self.place.tablet.cookie},
            compression=None,
            max_size=2**24,
            open_timeout=max(2, stall),
            close_timeout=0.1,
            ping_interval=stall,
            ping_timeout=stall,
        ) as socket:
            hello = {"t": "hello", "protocol": 1, "cursors": {}}
            await socket.send(json.dumps({**hello, "device": self.place.tablet.device}))
            while json.loads(await socket.recv())["t"] != "welcome":
                pass
            self.number += 1
            number = self.number
            self.socket = socket
            try:
                await self._send(socket, self.client.connected(number))
                async for text in socket:
                    frame = json.loads(text)
                    assert frame["t"] != "error", frame
                    if frame["t"].startswith("ann."):
                        messages = self.client.received(number, frame) + self.client.flush()
                        await self._send(socket, messages)
            finally:
                self.socket = None
                self.client.disconnected(number)


def new_id(rng: random.Random) -> str:
    """A UUIDv7 of the schedule's own."""
    kept = rng.getrandbits(128) & ~((0xF << 76) | (3 << 62))
    return str(uuid.UUID(int=kept | (7 << 76) | (2 << 62)))


def put(version: str, rng: random.Random, **more: Any) -> Message:
    """A new note of the schedule's own."""
    return {
        "op": "put",
        "id": new_id(rng),
        "version": version,
        "page": 0,
        "kind": "note",
        "created": 1_763_800_000_000,
        "geometry": {"point": [rng.randrange(500), rng.randrange(800)]},
        "style": {"color": "#ffd84d"},
        "body": f"lời {rng.random()}",
        **more,
    }


async def settle(condition: Callable[[], bool], tablets: list[WiredTablet]) -> None:
    """Wait for rest; where it does not come, say how each tablet stands."""
    try:
        await until(condition, SETTLE_SECONDS)
    except AssertionError:
        stands = [
            (one.number, one.socket is not None, one.client.unsent(), one.client.refused())
            for one in tablets
        ]
        raise AssertionError(f"no rest: (connections, live, unsent, refused) {stands}") from None


def at_rest(tablet: WiredTablet) -> bool:
    return tablet.socket is not None and tablet.client.unsent() == 0


def views_agree(tablets: list[WiredTablet], layer: str) -> bool:
    views = [tablet.client.view(layer) for tablet in tablets]
    return tablets[-1].socket is not None and all(view == views[0] for view in views[1:])
