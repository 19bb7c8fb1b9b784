"""HTTP requests that run inside the crowd's loop, so that 203 offers can be posted at once."""

from __future__ import annotations

import json
import select
import socket
from typing import Any

from tests.benchmarks.media.crowd import Crowd


class Request:
    """One HTTP/1.1 request over a connection of its own to `address`; `done` when answered.

    `began` and `ended` are crowd times: the start of connecting and the whole answer read.
    """

    def __init__(
        self,
        crowd: Crowd,
        address: tuple[str, int],
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
    ) -> None:
        self.crowd = crowd
        self.done = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.began = crowd.now()
        self.ended = 0.0
        self._received = b""
        self._out = (
            f"{method} {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode() + body
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.connect_ex(address)
        crowd.watch(self._sock.fileno(), self, select.EPOLLOUT)

    def on_event(self) -> None:
        """Write what is left, or read what has come."""
        try:
            if self._out:
                sent = self._sock.send(self._out)
                self._out = self._out[sent:]
                if not self._out:
                    self.crowd.watch(self._sock.fileno(), self, select.EPOLLIN)
                return
            data = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.crowd.problems.append(f"HTTP request failed: {error}")
            data = b""
        self._received += data
        if not data or self._is_whole():
            self._finish()

    def _is_whole(self) -> bool:
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return False
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                return len(body) >= int(value)
            if name.strip().lower() == b"transfer-encoding":
                return body.endswith(b"0\r\n\r\n")
        return False

    def _finish(self) -> None:
        head, _, self.body = self._received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if len(lines[0].split()) > 1:
            self.status = int(lines[0].split()[1])
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        if self.headers.get("transfer-encoding") == "chunked":
            self.body = _join_chunks(self.body)
        self.crowd.unwatch(self._sock.fileno())
        self._sock.close()
        self.ended = self.crowd.now()
        self.done = True


def _join_chunks(body: bytes) -> bytes:
    """The content of a chunked body (RFC 9112 §7.1)."""
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        whole += rest[:length]
        body = rest[length + 2 :] if length else b""
    return whole


def ask(
    crowd: Crowd, address: tuple[str, int], method: str, path: str, message: object = None
) -> Any:
    """Send `message` as JSON, run the crowd until the answer, and return it parsed."""
    body = b"" if message is None else json.dumps(message).encode()
    request = Request(crowd, address, method, path, body)
    crowd.run_until(lambda: request.done, f"{method} {path}")
    if not 200 <= request.status < 300:
        raise RuntimeError(f"{method} {path}: {request.status} {request.body[:300]!r}")
    return json.loads(request.body) if request.body.strip() else None
