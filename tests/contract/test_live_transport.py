"""The names of uvicorn and websockets that `live/transport.py` uses, and how they must behave.

When one of these fails after an upgrade, read the new source before moving the pin.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
import websockets
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.frames import Frame, Opcode

from server.live.transport import LiveProtocol, Write, text_frame, text_of, wire_of

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


class Pen:
    """What the wire of a socket lets one write."""

    def __init__(self, socket: WebSocket) -> None:
        self.write: Write | None = None
        wire = wire_of(socket.scope)
        assert wire is not None
        wire.tell(self.changed)

    def changed(self, write: Write | None) -> None:
        self.write = write

    def put(self, text: str) -> bool:
        write = self.write
        if write is None:
            return False
        write(text_frame(text))
        return True


@pytest.mark.parametrize("deflate", [False, True])
async def test_ready_frames_and_plain_ones_come_in_the_order_of_the_calls(deflate: bool) -> None:
    async def talk(socket: WebSocket) -> None:
        pen = Pen(socket)
        for number, text in enumerate(FRAMES):
            await socket.send_text(f"plain {number}")
            assert pen.put(text)
        await socket.close(1000, "all said")
        assert not pen.put("after the close")

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
        pen = Pen(socket)
        while pen.put("x" * 60_000):
            written += 1
            await asyncio.sleep(0)
        refused.set()
        await socket.send_text("last")  # waits for the reader
        assert pen.put("ready")
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


@pytest.mark.parametrize("way", ["cut", "say_goodbye", "break_the_protocol"])
async def test_a_socket_that_is_gone_takes_nothing_and_raises_nothing(way: str) -> None:
    leave = {"cut": cut, "say_goodbye": say_goodbye, "break_the_protocol": break_the_protocol}[way]
    done = asyncio.Event()

    async def talk(socket: WebSocket) -> None:
        pen = Pen(socket)
        with pytest.raises(WebSocketDisconnect):
            await socket.receive_text()
        assert not pen.put("nobody")
        done.set()

    async with served(talk) as address, asyncio.timeout(20):
        client = await websockets.connect(address)
        leave(client)
        await done.wait()
        client.transport.abort()


def cut(client: websockets.ClientConnection) -> None:
    client.transport.abort()


def say_goodbye(client: websockets.ClientConnection) -> None:
    client.protocol.send_close(1000)
    client.send_data()


def break_the_protocol(client: websockets.ClientConnection) -> None:
    client.transport.write(b"\xff\xff\xff\xff\xff\xff")


async def test_a_server_that_ends_takes_nothing_more() -> None:
    heard = asyncio.Event()
    pens: list[Pen] = []

    async def talk(socket: WebSocket) -> None:
        pens.append(Pen(socket))
        heard.set()
        with pytest.raises(WebSocketDisconnect):
            await socket.receive_text()
        assert not pens[0].put("too late")

    async with asyncio.timeout(20):
        async with served(talk) as address:
            client = await websockets.connect(address)
            await heard.wait()
        await client.wait_closed()
    assert client.close_code == 1012


MASK = b"\x11\x22\x33\x44"


def sent(text: str, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    """A client's frame."""
    return Frame(opcode, text.encode(), fin).serialize(mask=True)


@asynccontextmanager
async def conversation() -> AsyncIterator[tuple[list[str], websockets.ClientConnection]]:
    """What the server heard, and a client whose bytes the test writes itself."""
    heard: list[str] = []

    async def talk(socket: WebSocket) -> None:
        Pen(socket)
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                heard.append(await socket.receive_text())
                await socket.send_text(f"heard {len(heard)}")

    async with asyncio.timeout(20):
        async with (
            served(talk, ws_max_size=200_000) as address,
            websockets.connect(address) as client,
        ):
            yield heard, client


async def test_text_comes_whole_however_it_is_cut() -> None:
    whole = b"".join(sent(text) for text in FRAMES)
    for size in (1, 3, 1000, len(whole)):
        if size == 1:
            whole_now, expected = b"".join(sent(text) for text in FRAMES[:5]), FRAMES[:5]
        else:
            whole_now, expected = whole, FRAMES
        async with conversation() as (heard, client):
            for at in range(0, len(whole_now), size):
                client.transport.write(whole_now[at : at + size])
                if size == 1:
                    await asyncio.sleep(0.001)
            for number in range(len(expected)):
                assert await client.recv() == f"heard {number + 1}"
            assert heard == expected


def test_a_long_frame_is_not_copied_with_each_of_its_segments() -> None:
    heard: list[bytes] = []

    class Fed(LiveProtocol):
        def __init__(self) -> None:
            self.handshake_complete = True
            self.config = uvicorn.Config(app="", ws_max_size=200_000)

        def send_receive_event_to_app(self) -> None:
            heard.append(b"".join(self.frames))

    protocol, long = Fed(), "x" * 150_000
    whole = sent("một") + sent(long) + sent("ba")
    protocol.data_received(whole[:1000])
    beginning = protocol._rest
    assert beginning is not None
    for at in range(1000, 150_000, 1000):
        protocol.data_received(whole[at : at + 1000])
        assert protocol._rest is beginning
    protocol.data_received(whole[150_000:])
    assert heard == ["một".encode(), long.encode(), b"ba"]
    assert protocol._rest is None


async def test_other_frames_between_are_answered_and_text_goes_on() -> None:
    async with conversation() as (heard, client):
        client.transport.write(sent("một"))
        client.transport.write(sent("hai ", fin=False) + sent("nửa", Opcode.CONT))
        waiter = await client.ping()
        last = sent("bốn")
        client.transport.write(sent("ba") + last[:4])
        await waiter
        client.transport.write(last[4:])
        for number in range(1, 5):
            assert await client.recv() == f"heard {number}"
        assert [one if one != "hai nửa" else "hai" for one in heard] == ["một", "hai", "ba", "bốn"]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b"\x81\x02ab", 1002),  # not masked
        (b"\x81\xff" + (2**40).to_bytes(8, "big") + MASK, 1009),
        (b"\x81\xff" + (200_001).to_bytes(8, "big") + MASK, 1009),
        (b"\xc1\x80" + MASK, 1002),  # a reserved bit
        (b"\x83\x80" + MASK, 1002),  # an opcode nobody knows
        (b"\x81\x81" + MASK + b"\xff", 1007),  # not UTF-8
    ],
)
async def test_a_frame_against_the_protocol_closes(broken: bytes, code: int) -> None:
    async with conversation() as (heard, client):
        client.transport.write(sent("một"))
        assert await client.recv() == "heard 1"
        client.transport.write(broken)
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert client.close_code == code
        assert heard == ["một"]


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
