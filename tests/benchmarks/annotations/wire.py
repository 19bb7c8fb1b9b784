"""A lean WebSocket client: a generator that shares a machine with its server must cost little.

Frames are ready bytes (masked with zeros, RFC 6455 §5.3: then the payload stays as it is), and
what comes is handed on as bytes, unparsed.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Any, cast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame of one message."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 0x10000:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class Socket(asyncio.Protocol):
    """One connection. `heard` gets each message's payload; `lost` is set when it ends."""

    def __init__(self, path: str, headers: dict[str, str], heard: Callable[[bytes], None]) -> None:
        self.heard = heard
        self.request = "\r\n".join(
            [
                f"GET {path} HTTP/1.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
                "Sec-WebSocket-Version: 13",
                *(f"{name}: {value}" for name, value in headers.items()),
                "\r\n",
            ]
        ).encode()
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.bytes_heard = 0
        self._rest = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self.lost.set()
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before the upgrade"))
            self.ready.exception()

    def data_received(self, data: bytes) -> None:
        """Cut into messages."""
        if self._rest:
            data = self._rest + data
        self._rest = data
        if not self._open and not self._upgrade():
            return
        data, at, size = self._rest, 0, len(self._rest)
        while size - at >= 2:
            length, start = data[at + 1] & 127, at + 2
            if length == 126:
                start, length = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            elif length == 127:
                start, length = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
            if size < start + length:
                break
            kind, payload, at = data[at] & 15, data[start : start + length], start + length
            if kind in (TEXT, BINARY):
                self.bytes_heard += length
                self.heard(payload)
            elif kind == PING:
                self.transport.write(frame(payload, PONG))
            elif kind == CLOSE:
                self.transport.write(frame(payload, CLOSE))
                self.transport.close()
        self._rest = data[at:]

    def _upgrade(self) -> bool:
        head, found, rest = self._rest.partition(b"\r\n\r\n")
        if not found:
            return False
        self._rest, self._open = rest, True
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.ready.set_exception(ConnectionError(head.decode(errors="replace")[:200]))
            self.transport.close()
            return False
        self.ready.set_result(None)
        return True

    def send(self, ready_frame: bytes) -> None:
        """Send a frame of `frame`."""
        self.transport.write(ready_frame)

    def close(self) -> None:
        """Say goodbye and leave."""
        if not self.transport.is_closing():
            self.transport.write(frame(b"\x03\xe8", CLOSE))
            self.transport.close()


async def connect(
    port: int, path: str, heard: Callable[[bytes], None], headers: dict[str, str] | None = None
) -> Socket:
    """An open connection to a server on this machine."""
    loop = asyncio.get_running_loop()
    named = {"Host": f"127.0.0.1:{port}", **(headers or {})}
    _, made = await loop.create_connection(lambda: Socket(path, named, heard), "127.0.0.1", port)
    socket: Any = made
    await socket.ready
    return cast(Socket, socket)
