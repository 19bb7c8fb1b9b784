"""One UDP port for all sessions of a worker: ICE-lite (RFC 8445 §2.5), demultiplexing, filter.

A datagram passes only if its length is possible and its source is known. A source becomes known
by a STUN binding request whose user name is one of ours and whose MESSAGE-INTEGRITY is right.
Everything else is dropped here, before aiortc or OpenSSL see it; refusals are counted by reason.

`Shields` exists for the attack tests: each test must fail when its shield is taken out.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from . import stun
from .bounds import DATAGRAM_MAX, Bounds
from .clock import SYSTEM, Clock

Address = tuple[str, int]
"""Host text and port as the socket gives them; IPv6 addresses carry two more fields, kept apart."""


@dataclass(frozen=True)
class Shields:
    """What stands between the network and the sessions. All on, except in the attack tests."""

    length: bool = True
    source: bool = True
    integrity: bool = True
    queue: bool = True
    drain: bool = True


class Session(Protocol):
    """What the port knows of a session."""

    ice_ufrag: str
    ice_password: str
    pending_ufrag: str
    pending_password: str

    def stun_confirmed(self, address: Address, nominated: bool, ufrag: str, now: float) -> bool: ...
    def datagram(self, data: bytes, now: float) -> None: ...


class Port:
    """The socket, the table of ICE user names, and the table of validated sources."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        bounds: Bounds | None = None,
        clock: Clock = SYSTEM,
        shields: Shields | None = None,
    ) -> None:
        self.bounds = bounds or Bounds()
        self.shields = shields or Shields()
        self.clock = clock
        self.refused: Counter[str] = Counter()
        self.ipv6 = ":" in host
        self.socket = socket.socket(
            socket.AF_INET6 if self.ipv6 else socket.AF_INET, socket.SOCK_DGRAM
        )
        if self.ipv6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setblocking(False)
        _widen(self.socket)
        self.socket.bind((host, port))
        self.number: int = self.socket.getsockname()[1]
        self.before_drain: Callable[[], None] | None = None
        self.after_drain: Callable[[], None] | None = None
        self._by_ufrag: dict[str, Session] = {}
        self._by_source: dict[Address, Session] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def open(self) -> None:
        """Start reading in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.socket.fileno(), self._readable)

    def close(self) -> None:
        if self._loop is not None and not self.closed:
            self._loop.remove_reader(self.socket.fileno())
        self.closed = True
        self.socket.close()

    def expect(self, ufrag: str, session: Session) -> None:
        """Answer binding requests for `ufrag`. Raises ValueError when it is taken."""
        if self._by_ufrag.get(ufrag, session) is not session:
            raise ValueError("duplicate ICE user name")
        self._by_ufrag[ufrag] = session

    def forget_ufrag(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)

    def forget_source(self, address: Address, session: Session) -> None:
        if self._by_source.get(address) is session:
            del self._by_source[address]

    def forget(self, session: Session) -> None:
        """Drop all that points to an ended session."""
        for table in (self._by_ufrag, self._by_source):
            for key in [k for k, v in table.items() if v is session]:
                del table[key]  # type: ignore[arg-type]

    def send(self, data: bytes, address: Address) -> bool:
        """Send one datagram; a full or refusing socket only counts."""
        try:
            self.socket.sendto(data, address)
        except OSError:
            self.refused["send"] += 1
            return False
        return True

    def _readable(self) -> None:
        if self.before_drain is not None:
            self.before_drain()
        try:
            self._drain()
        finally:
            if self.after_drain is not None:
                self.after_drain()

    def _drain(self) -> None:
        receive = self.socket.recvfrom
        now = self.clock.now()
        limit = self.bounds.drain if self.shields.drain else 1 << 30
        for _ in range(limit):
            try:
                data, source = receive(2048)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.refused["receive"] += 1
                return
            self.datagram(data, source[:2], now)

    def datagram(self, data: bytes, source: Address, now: float) -> None:
        """One datagram from `source`: to its session, answered as STUN, or refused."""
        if self.shields.length and not 1 <= len(data) <= DATAGRAM_MAX:
            self.refused["length"] += 1
            return
        if data and data[0] < 4:
            self._stun(data, source, now)
            return
        session = self._by_source.get(source)
        if session is None:
            if self.shields.source:
                self.refused["source"] += 1
                return
            for session in set(self._by_ufrag.values()):
                session.datagram(data, now)
            return
        session.datagram(data, now)

    def _stun(self, data: bytes, source: Address, now: float) -> None:
        request = stun.read_request(data)
        session = self._by_ufrag.get(request.user) if request is not None else None
        if request is None or session is None:
            self.refused["stun_unknown"] += 1
            return
        ufrag = request.user
        pending = ufrag == session.pending_ufrag
        password = (session.pending_password if pending else session.ice_password).encode()
        if self.shields.integrity and not stun.is_signed(data, request, password):
            self.refused["stun_integrity"] += 1
            return
        if not session.stun_confirmed(source, request.nominated, ufrag, now):
            self.refused["stun_addresses"] += 1
            return
        self._by_source[source] = session
        self.send(stun.write_answer(request, _unmapped(source[0]), source[1], password), source)


def _unmapped(host: str) -> str:
    if host.startswith("::ffff:"):
        mapped = ipaddress.IPv6Address(host).ipv4_mapped
        if mapped is not None:
            return str(mapped)
    return host.split("%", 1)[0]


def _widen(sock: socket.socket) -> None:
    """Buffers for a whole picture to all receivers, and for their reports at once (8 MB)."""
    force = ((socket.SO_SNDBUF, 32), (socket.SO_RCVBUF, 33))  # SO_SNDBUFFORCE, SO_RCVBUFFORCE
    for plain, forced in force:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, plain, 8 << 20)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, forced, 8 << 20)
