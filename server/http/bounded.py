"""uvicorn's HTTP protocol with a bound on what comes before a body.

httptools keeps a request's line and headers whatever their size; anybody could fill the memory
with one endless header, before a single right is asked.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 65_536
"""Request line and headers: browsers stay below 16 kB; checked as the bytes arrive."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHttp(HttpToolsProtocol):
    """Refuses a head that is too large (RFC 6585 §5)."""

    _head_bytes = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        """As always, unless the head has grown too large."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A new head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is over; bodies have bounds of their own."""
        self._in_head = False
        super().on_headers_complete()
