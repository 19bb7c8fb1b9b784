"""Frames that are made once and written to many.

Starlette and uvicorn encode a frame anew for each socket and wake two tasks for it: about 20 µs
per connection. Here the bytes of a text frame (RFC 6455 §5.2, unmasked as a server's frames are)
are made once, and `LiveProtocol` writes them to the socket of each follower as they are. What the
peer does not read waits in the connection's bounded outbox as before.

The private names of uvicorn and websockets that this needs are held by a contract test.
"""

from __future__ import annotations

from typing import Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

EXTENSION = "phonghop.ready_frames"
"""The ASGI extension by which the gateway finds the protocol of its socket."""
_WHOLE_TEXT = 0x81
"""FIN and opcode 1."""


class Wire(Protocol):
    """A socket that takes ready frames."""

    def write_frame(self, frame: bytes) -> bool:
        """Write the frame now; False, and nothing written, when the peer must read first or the
        socket is closing."""


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

    def handle_connect(self, event: Request) -> None:
        """As always; the application also learns of `write_frame`."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    def write_frame(self, frame: bytes) -> bool:
        """Past the ASGI queue, in the order of the calls."""
        if (
            not self.writable.is_set()
            or self.close_sent
            or self.disconnected
            or self.conn.state is not OPEN
        ):
            return False
        try:
            self.transport.write(frame)
        except RuntimeError:  # lost in this moment; one follower must not cost the others theirs
            return False
        return True
