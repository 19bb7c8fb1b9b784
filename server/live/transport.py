"""Frames that are made once and written to many.

Starlette and uvicorn encode a frame anew for each socket and wake two tasks for it: about 20 µs
per connection. Here the bytes of a text frame (RFC 6455 §5.2, unmasked as a server's frames are)
are made once, and `LiveProtocol` writes them to the socket of each follower as they are. What the
peer does not read waits in the connection's bounded outbox as before.

The private names of uvicorn and websockets that this needs are held by a contract test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from starlette.types import Scope
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

EXTENSION = "phonghop.ready_frames"
"""The ASGI extension by which the gateway finds the protocol of its socket."""
_WHOLE_TEXT = 0x81
"""FIN and opcode 1."""


Write = Callable[[bytes], None]


class Wire(Protocol):
    """A socket that takes ready frames."""

    def tell(self, changed: Callable[[Write | None], None]) -> None:
        """Call `changed` now and at each change: with what writes a frame at once, or with None
        while the peer has to read first, and for ever once the connection is closing."""


def text_frame(text: str) -> bytes:
    """One unmasked text frame. Raises UnicodeEncodeError for what UTF-8 cannot carry."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((_WHOLE_TEXT, size)) + data
    if size < 0x10000:
        return bytes((_WHOLE_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((_WHOLE_TEXT, 127)) + size.to_bytes(8, "big") + data


def text_of(frame: bytes) -> str:
    """The text of such a frame, for a socket that takes text alone."""
    head = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[head:].decode()


def wire_of(scope: Scope) -> Wire | None:
    """The socket below, where it takes ready frames; else frames go through ASGI one by one."""
    return cast("Wire | None", (scope.get("extensions") or {}).get(EXTENSION))


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which also takes ready frames. For servers without compression: a
    ready frame is never compressed (RFC 7692 §6 allows that in any case)."""

    _changed: Callable[[Write | None], None] | None = None
    _over = False

    def tell(self, changed: Callable[[Write | None], None]) -> None:
        """See `Wire`."""
        self._changed = changed
        self._tell()

    def _tell(self) -> None:
        if self._changed is not None:
            takes = not self._over and self.conn.state is OPEN and self.writable.is_set()
            self._changed(self.transport.write if takes else None)

    def _end(self) -> None:
        self._over = True
        self._tell()

    def handle_connect(self, event: Request) -> None:
        """As always; the application also learns of `tell`."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    def pause_writing(self) -> None:
        """The system's buffer is full."""
        super().pause_writing()
        self._tell()

    def resume_writing(self) -> None:
        """It has room again."""
        super().resume_writing()
        self._tell()

    # Every way a connection ends: by us, by the peer, by a fault, by the server's end, by silence.

    async def send(self, message: ASGISendEvent) -> None:
        """What comes past `write_frame` by ASGI."""
        if message["type"] == "websocket.close":
            self._end()
        await super().send(message)

    def handle_close(self, event: Frame) -> None:
        """The peer closes."""
        self._end()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """The peer broke the protocol."""
        self._end()
        super().handle_parser_exception()

    def shutdown(self) -> None:
        """The server ends."""
        self._end()
        super().shutdown()

    def keepalive_timeout(self) -> None:
        """The peer answers no ping."""
        self._end()
        super().keepalive_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is cut."""
        self._end()
        super().connection_lost(exc)
