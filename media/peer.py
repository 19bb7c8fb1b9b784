"""One DTLS-SRTP session over the port (RFC 5764), by aiortc's `RTCDtlsTransport`.

aiortc's transport gets only DTLS datagrams, through a bounded queue; SRTP is unprotected here, at
once, and handed to the owner. That keeps its defects away: `_recv_next` dies of an empty datagram
and of one that pylibsrtp refuses with ValueError.

Private names used, all under `tests/contract/test_private_names.py`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol

import pylibsrtp
from aiortc import rtcdtlstransport as dtls
from OpenSSL import SSL

from .bounds import DATAGRAM_MAX
from .clock import Clock
from .datagrams import Address
from .intake import Datagram
from .port import Port

PROFILES = [
    dtls.SRTP_AEAD_AES_128_GCM,
    dtls.SRTP_AEAD_AES_256_GCM,
    dtls.SRTP_AES128_CM_SHA1_80,
]
"""The cheapest first; as DTLS server we choose."""


class Certificate(dtls.RTCCertificate):
    """A certificate whose TLS context is shared: one per session would cost 100 kB each."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
        return self._context

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint as SDP writes it."""
        value = next(f.value for f in self.getFingerprints() if f.algorithm == "sha-256")
        return f"sha-256 {value}"


class Owner(Protocol):
    """Who hears of a session. All calls come from the event loop."""

    def peer_connected(self, peer: Peer) -> None: ...
    def peer_closed(self, peer: Peer, reason: str) -> None: ...
    def peer_moved(self, peer: Peer) -> None: ...


class Ear(Protocol):
    """Who hears the media of a session. `plain` is overwritten by the next datagram."""

    def heard_rtp(self, plain: memoryview, now: float) -> None: ...
    def heard_rtcp(self, plain: bytes, now: float) -> None: ...


class _Pipe:
    """What `RTCDtlsTransport` needs of an ICE transport: a role, a state, `_recv` and `_send`."""

    role = "controlled"
    state = "completed"

    def __init__(self, peer: Peer, limit: int | None) -> None:
        self._peer = peer
        self._queue: deque[bytes] = deque()
        self._limit = limit
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False

    def put(self, data: bytes) -> bool:
        if self._limit is not None and len(self._queue) >= self._limit:
            return False
        self._queue.append(data)
        self._wake()
        return True

    def close(self) -> None:
        self.closed = True
        self._wake()

    def __len__(self) -> int:
        return len(self._queue)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _recv(self) -> bytes:
        while not self._queue:
            if self.closed:
                raise ConnectionError("session ended")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._queue.popleft()

    async def _send(self, data: bytes) -> None:
        self._peer.send(data)


class Peer:
    """A session's transport: ICE-lite addresses, DTLS, SRTP keys.

    `owner` is told when it connects, moves or ends, `ear` hears what it sends. It ends by `close`,
    by DTLS close_notify, by a failed handshake, and by silence (`Sessions.sweep`).
    """

    def __init__(
        self,
        port: Port,
        certificate: Certificate,
        owner: Owner,
        ear: Ear,
        *,
        fingerprints: list[tuple[str, str]],
        dtls_client: bool,
        clock: Clock,
    ) -> None:
        self.port = port
        self.owner = owner
        self.ear = ear
        self.clock = clock
        self.ice_ufrag = clock.token(4)
        self.ice_password = clock.token(16)
        self.pending_ufrag = ""
        self.pending_password = ""
        self.address: Address | None = None
        self.addresses: list[Address] = []
        self.state = "new"
        self.created = clock.now()
        self.heard = self.created
        self.unauthentic = 0
        limit = port.bounds.dtls_queue if port.shields.queue else None
        self.pipe = _Pipe(self, limit)
        self._remote = dtls.RTCDtlsParameters(
            fingerprints=[dtls.RTCDtlsFingerprint(algorithm=a, value=v) for a, v in fingerprints]
        )
        self.dtls = dtls.RTCDtlsTransport(self.pipe, [certificate])  # type: ignore[arg-type]
        self.dtls._srtp_profiles = PROFILES
        self.dtls._set_role("client" if dtls_client else "server")
        self.dtls.on("statechange", self._dtls_changed)
        self._task: asyncio.Task[None] | None = None
        self.stopping: asyncio.Task[None] | None = None
        self.rx: pylibsrtp.Session | None = None
        self.tx: pylibsrtp.Session | None = None
        port.expect(self.ice_ufrag, self)

    @property
    def srtp_overhead(self) -> int:
        """Bytes of the tag that protection adds: 16 for AES-GCM, 10 for AES-CM with SHA-1."""
        connection = self.dtls._ssl
        chosen = connection.get_selected_srtp_profile() if connection is not None else b""
        return 10 if chosen == dtls.SRTP_AES128_CM_SHA1_80.openssl_profile else 16

    def restart_ice(self) -> tuple[str, str]:
        """New credentials beside the old ones, which stay until the new ones are used."""
        if self.pending_ufrag:
            self.port.forget_ufrag(self.pending_ufrag)
        self.pending_ufrag = self.clock.token(4)
        self.pending_password = self.clock.token(16)
        self.port.expect(self.pending_ufrag, self)
        return self.pending_ufrag, self.pending_password

    def stun_confirmed(self, address: Address, nominated: bool, ufrag: str, now: float) -> bool:
        """A binding request with the right password came from `address`."""
        if self.state == "closed":
            return False
        if ufrag == self.pending_ufrag:
            self.port.forget_ufrag(self.ice_ufrag)
            self.ice_ufrag, self.ice_password = self.pending_ufrag, self.pending_password
            self.pending_ufrag = self.pending_password = ""
        self.heard = now
        if address not in self.addresses:
            if len(self.addresses) >= self.port.bounds.addresses_per_session:
                oldest = next(a for a in self.addresses if a != self.address)
                self.addresses.remove(oldest)
                self.port.forget_source(oldest, self)
            self.addresses.append(address)
        if self.address is None or (nominated and address != self.address):
            self.address = address
            self.owner.peer_moved(self)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._handshake())
        return True

    def datagram(self, datagram: Datagram, now: float) -> None:
        """A datagram from one of our sources; it is decrypted where it lies."""
        size, room = datagram.size, datagram.room
        if not 1 <= size <= DATAGRAM_MAX:
            # only without the port's length shield: aiortc then shows its own defect
            self.pipe.put(bytes(datagram))
            return
        first = room[0]
        if first < 128 or first > 191:
            if 19 < first < 64 and not self.pipe.put(bytes(datagram)):
                self.port.refused["dtls_queue"] += 1
            return
        rx = self.rx
        if rx is None:
            return
        report = 192 <= room[1] <= 223
        if not (datagram.unprotect_rtcp(rx) if report else datagram.unprotect(rx)):
            self.unauthentic += 1
            if self.port.shields.authentic:
                return
        self.heard = now
        if report:
            self.ear.heard_rtcp(bytes(datagram), now)
        else:
            self.ear.heard_rtp(datagram.view[: datagram.size], now)

    def send(self, data: bytes) -> None:
        """Send bytes as they are to the nominated address."""
        if self.address is not None and not self.port.closed:
            self.port.send(data, self.address)

    def send_rtcp(self, plain: bytes) -> None:
        """Protect and send a compound packet; nothing happens before the handshake."""
        if self.tx is None:
            return
        try:
            self.send(self.tx.protect_rtcp(plain))
        except (pylibsrtp.Error, ValueError):
            self.port.refused["protect_rtcp"] += 1

    def close(self, reason: str) -> None:
        """End the session, with a close_notify when the handshake was through."""
        if self.state == "closed":
            return
        was = self.state
        self.state = "closed"
        self.port.forget(self)
        self.pipe.close()
        if was == "connected" or self._task is not None:
            self.stopping = asyncio.get_running_loop().create_task(self._stop())
        self.owner.peer_closed(self, reason)

    async def _stop(self) -> None:
        await self.dtls.stop()
        if self._task is not None:
            self._task.cancel()

    async def _handshake(self) -> None:
        try:
            await self.dtls.start(self._remote)
        except SSL.Error:
            self.close("handshake_failed")

    def _dtls_changed(self) -> None:
        state = self.dtls.state
        if state == "connected" and self.state == "new":
            self.state = "connected"
            self.rx = self.dtls._rx_srtp
            self.tx = self.dtls._tx_srtp
            self.owner.peer_connected(self)
        elif state == "failed":
            self.close("handshake_failed")
        elif state == "closed":
            self.close("closed_by_site")
