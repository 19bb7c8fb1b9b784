"""Frames that are made once and written to many.

Starlette and uvicorn encode a frame anew for each socket, and parse what comes with a generator
per byte count. Here the bytes of a text frame (RFC 6455 §5.2, unmasked as a server's frames are)
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
from websockets.speedups import apply_mask

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
    _rest: bytearray | None = None
    """The beginning of a frame whose end has not come."""
    _needed = 0
    """How long it is at least, as far as its head is there: until then nothing is looked at, or a
    long frame would be copied with each segment of it."""
    _odd = False
    """Something else than whole text frames came: from there on websockets' parser has it all."""

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

    def data_received(self, data: bytes) -> None:
        """Whole text frames, which is all that our clients send, are cut here; the first of any
        other kind, and all that follows it, is left to websockets."""
        if self._odd or not self.handshake_complete:
            super().data_received(data)
            return
        if self._rest is not None:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data, self._rest = bytes(self._rest), None
        at, size = 0, len(data)
        self._needed = 2
        while size - at >= 2:
            length, start = data[at + 1] - 128, at + 6
            if length == 126:
                start, length = at + 8, int.from_bytes(data[at + 2 : at + 4], "big")
            elif length == 127:
                start, length = at + 14, int.from_bytes(data[at + 2 : at + 10], "big")
            if data[at] != _WHOLE_TEXT or not 0 <= length <= self.config.ws_max_size:
                self._odd = True
                super().data_received(data[at:])
                return
            end = start + length
            if end > size:
                self._needed = end - at
                break
            self.frames = [apply_mask(data[start:end], data[start - 4 : start])]
            self.curr_msg_data_type = "text"
            self.send_receive_event_to_app()
            at = end
        if at < size:
            self._rest = bytearray(data[at:])

    # Every way a connection ends: by us, by the peer, by a fault, by the server's end, by silence.

    async def send(self, message: ASGISendEvent) -> None:
        """What goes by ASGI."""
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
