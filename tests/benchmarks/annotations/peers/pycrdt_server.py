"""pycrdt-websocket with its SQLiteYStore, served by uvicorn: the peer in our own language.

Usage: python -m tests.benchmarks.annotations.peers.pycrdt_server PORT FOLDER shipped|durable
shipped: an update goes to the clients at once and to the store beside it; the file as Python's
sqlite3 opens it. durable: WAL with an fsync per commit, and clients hear of an update only after
it was written. One file per room in both: 300 rooms on one file lock each other out.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import uvicorn
from pycrdt import create_update_message
from pycrdt.store import SQLiteYStore, YDocNotFound
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom

PORT, FOLDER, DURABLE = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "durable"


class Store(SQLiteYStore):
    """The store of one room."""

    def __init__(self, room: str) -> None:
        self.db_path = str(FOLDER / f"{room.strip('/')}.sqlite3")
        super().__init__(room)

    async def _init_db(self) -> None:
        await super()._init_db()  # type: ignore[no-untyped-call]
        if DURABLE:
            cursor = await self._db.cursor()
            await cursor.execute("PRAGMA journal_mode=WAL")
            await cursor.execute("PRAGMA synchronous=FULL")


class DurableRoom(YRoom):
    """Writes first, tells afterwards; what has come in the meantime is written in its turn."""

    async def _broadcast_updates(self) -> None:
        store: Any = self.ystore
        tasks: Any = self._task_group
        async with store.start_lock:
            if not store.started.is_set():
                await tasks.start(store.start)
        async with self._update_receive_stream:
            async for update in self._update_receive_stream:
                await store.write(update)
                message = create_update_message(update)
                for client in self.clients:
                    tasks.start_soon(client.send, message)


class Rooms(WebsocketServer):
    """Rooms that keep what was drawn in them."""

    async def get_room(self, name: str) -> YRoom:
        """The room with what its store holds."""
        if name not in self.rooms:
            store = Store(name)
            made = (DurableRoom if DURABLE else YRoom)(ready=False, ystore=store, log=self.log)
            room = self.rooms[name] = made
            await self.start_room(room)
            await store.started.wait()
            with contextlib.suppress(YDocNotFound):
                await store.apply_updates(room.ydoc)
            room.ready = True
        room = self.rooms[name]
        await room.ready_event.wait()
        await self.start_room(room)
        return room


class App:
    """The rooms as an ASGI application."""

    def __init__(self) -> None:
        self.rooms = Rooms(auto_clean_rooms=False)
        self.asgi = ASGIServer(self.rooms)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One lifespan, request or socket."""
        if scope["type"] == "lifespan":
            await receive()
            async with self.rooms:
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await self.asgi(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(
        App(),
        port=PORT,
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_level="warning",
    )
