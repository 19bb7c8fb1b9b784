"""The names of uvicorn and websockets that `live/transport.py` uses, and how they must behave.

When one of these fails after an upgrade, read the new source before moving the pin.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
import websockets
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.live.transport import LiveProtocol, Wire, text_frame, text_of, wire_of

PINS = {"uvicorn": "0.54.0", "websockets": "17.4"}
Talk = Callable[[WebSocket], Awaitable[None]]
FRAMES = ["", "a", "Đường", "x" * 125, "x" * 126, "ế" * 40_000, "x" * 65_535, "x" * 65_536]


@pytest.mark.parametrize(("package", "version"), PINS.items())
def test_versions_are_the_ones_that_were_read(package: str, version: str) -> None:
    assert importlib.metadata.version(package) == version


@pytest.mark.parametrize("text", FRAMES)
def test_a_ready_frame_gives_its_text_back(text: str) -> None:
    assert text_of(text_frame(text)) == text


@asynccontextmanager
async def served(talk: Talk, **more: object) -> AsyncIterator[str]:
    """A server that speaks to every socket as `talk` does; its address."""

    async def app(scope: object, receive: object, send: object) -> None:
        wire = WebSocket(scope, receive, send)  # type: ignore[arg-type]
        await wire.accept()
        await talk(wire)

    options = {"ws": LiveProtocol, "ws_per_message_deflate": False, **more}
    config = uvicorn.Config(
        app,
        loop="uvloop",
        lifespan="off",
        log_level="error",
        **options,  # type: ignore[arg-type]
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()


def wire(socket: WebSocket) -> Wire:
    found = wire_of(socket.scope)
    assert found is not None
    return found


@pytest.mark.parametrize("deflate", [False, True])
async def test_ready_frames_and_plain_ones_come_in_the_order_of_the_calls(deflate: bool) -> None:
    async def talk(socket: WebSocket) -> None:
        for number, text in enumerate(FRAMES):
            await socket.send_text(f"plain {number}")
            assert wire(socket).write_frame(text_frame(text))
        await socket.close(1000, "all said")
        assert not wire(socket).write_frame(text_frame("after the close"))

    async with (
        served(talk, ws_per_message_deflate=deflate) as address,
        websockets.connect(address, compression="deflate") as client,
    ):
        heard = [message async for message in client]
    assert heard[0::2] == [f"plain {number}" for number in range(len(FRAMES))]
    assert heard[1::2] == FRAMES
    assert client.close_code == 1000


async def test_a_peer_that_does_not_read_makes_the_wire_refuse_until_it_reads() -> None:
    refused, again = asyncio.Event(), asyncio.Event()
    written = 0

    async def talk(socket: WebSocket) -> None:
        nonlocal written
        frame = text_frame("x" * 60_000)
        while wire(socket).write_frame(frame):
            written += 1
            await asyncio.sleep(0)
        refused.set()
        await socket.send_text("last")  # waits for the reader
        assert wire(socket).write_frame(text_frame("ready"))
        again.set()
        with pytest.raises(WebSocketDisconnect):
            await socket.receive_text()

    async with served(talk) as address, websockets.connect(address, max_queue=1) as client:
        async with asyncio.timeout(20):
            await refused.wait()
            for _ in range(written):
                assert len(await client.recv()) == 60_000
            assert await client.recv() == "last"
            await again.wait()
            assert await client.recv() == "ready"


async def test_a_socket_that_is_gone_takes_nothing_and_raises_nothing() -> None:
    done = asyncio.Event()

    async def talk(socket: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnect):
            await socket.receive_text()
        assert not wire(socket).write_frame(text_frame("nobody"))
        done.set()

    async with served(talk) as address, asyncio.timeout(20):
        client = await websockets.connect(address)
        client.transport.abort()
        await done.wait()


async def test_another_kind_of_socket_has_no_wire() -> None:
    found: list[object] = []

    async def talk(socket: WebSocket) -> None:
        found.append(wire_of(socket.scope))
        await socket.close()

    async with (
        served(talk, ws="websockets-sansio") as address,
        websockets.connect(address) as client,
    ):
        await client.wait_closed()
    assert found == [None]
