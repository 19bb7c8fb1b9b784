"""One UDP port for all sessions of a worker: ICE-lite (RFC 8445 §2.5), demultiplexing, filter.

A datagram passes only if its length is possible and its source is known. A source becomes known
by a STUN binding request whose user name is one of ours and whose MESSAGE-INTEGRITY is right.
Everything else is dropped here, before aiortc or OpenSSL see it; refusals are counted by reason.

`Shields` exists for the attack tests: each test must fail when its shield is taken out.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from . import stun
from .bounds import CALLS_GAP_S, CALLS_WAIT_S, DATAGRAM_MAX, Bounds
from .clock import SYSTEM, Clock
from .datagrams import Address
from .intake import AT_ONCE, Datagram, Intake
from .sockets import open_sockets


@dataclass(frozen=True)
class Shields:
    """What stands between the network and the sessions. All on, except in the attack tests."""

    length: bool = True
    source: bool = True
    integrity: bool = True
    authentic: bool = True
    queue: bool = True
    drain: bool = True


class Session(Protocol):
    """What the port knows of a session."""

    ice_ufrag: str
    ice_password: str
    pending_ufrag: str
    pending_password: str

    def stun_confirmed(self, address: Address, nominated: bool, ufrag: str, now: float) -> bool: ...
    def datagram(self, datagram: Datagram, now: float) -> None: ...


class Port:
    """The sockets, the table of ICE user names, and the table of validated sources."""

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
        self.socket, self.calls = open_sockets(host, port)
        """For media, and for all else where the kernel sorts (sockets.py); sent is on the first."""
        self.number: int = self.socket.getsockname()[1]
        self._intake = Intake(self.ipv6)
        self.before_drain: Callable[[], None] | None = None
        self.after_drain: Callable[[], None] | None = None
        self.after_wake: Callable[[float], None] | None = None
        self._by_ufrag: dict[str, Session] = {}
        self._by_source: dict[Address, Session] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._media_at = -1e9
        self._calls_at = -1e9
        self._woken_by_calls = False
        self.closed = False

    def open(self) -> None:
        """Start reading in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.socket.fileno(), self._media_readable)
        self.look_after_calls(self.clock.now())

    def close(self) -> None:
        if self._loop is not None and not self.closed:
            self._loop.remove_reader(self.socket.fileno())
            self._leave_calls()
        self.closed = True
        self.socket.close()
        if self.calls is not None:
            self.calls.close()

    def look_after_calls(self, now: float) -> None:
        """Be woken by what is no media, when media has not come for a while (from a timer)."""
        if self.calls is None or self._loop is None or self.closed or self._woken_by_calls:
            return
        if now - self._media_at >= CALLS_WAIT_S:
            self._woken_by_calls = True
            self._loop.add_reader(self.calls.fileno(), self._read, self.calls)

    def _leave_calls(self) -> None:
        if self._woken_by_calls and self.calls is not None and self._loop is not None:
            self._woken_by_calls = False
            self._loop.remove_reader(self.calls.fileno())

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

    def _media_readable(self) -> None:
        now = self._media_at = self.clock.now()
        self._read(self.socket)
        if self.calls is not None:
            self._leave_calls()
            if now - self._calls_at >= CALLS_GAP_S:
                self._calls_at = now
                self._read(self.calls)
        if self.after_wake is not None:
            self.after_wake(now)

    def _read(self, sock: socket.socket) -> None:
        if self.before_drain is not None:
            self.before_drain()
        try:
            self._drain(sock)
        finally:
            if self.after_drain is not None:
                self.after_drain()

    def _drain(self, sock: socket.socket) -> None:
        now = self.clock.now()
        known = self._by_source
        left = self.bounds.drain if self.shields.drain else 1 << 30
        while left > 0 and not self.closed:
            want = min(left, AT_ONCE)
            try:
                found = self._intake.read(sock, want)
            except OSError:
                self.refused["receive"] += 1
                return
            for datagram, source in found:
                session = known.get(source)
                if (
                    session is not None
                    and 1 <= datagram.size <= DATAGRAM_MAX
                    and datagram.room[0] > 3
                ):
                    # most of all that comes, without a further call
                    session.datagram(datagram, now)
                else:
                    self._sort(datagram, source, now)
            if len(found) < want:
                return
            left -= want

    def datagram(self, data: bytes, source: Address, now: float) -> None:
        """One datagram from `source`, as if it had been read from the socket."""
        self._sort(Datagram(data), source, now)

    def _sort(self, datagram: Datagram, source: Address, now: float) -> None:
        """To its session, answered as STUN, or refused."""
        size = datagram.size
        if self.shields.length and not 1 <= size <= DATAGRAM_MAX:
            self.refused["length"] += 1
            return
        if size and datagram.room[0] < 4:
            self._stun(bytes(datagram), source, now)
            return
        session = self._by_source.get(source)
        if session is not None:
            session.datagram(datagram, now)
        elif self.shields.source:
            self.refused["source"] += 1
        else:
            data = bytes(datagram)
            for session in set(self._by_ufrag.values()):
                session.datagram(Datagram(data), now)

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
