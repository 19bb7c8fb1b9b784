"""The hot loop: one packet, protected for each receiver of a lane and handed to the kernel at once.

Per packet and lane: the plain bytes are copied side by side into one arena (by doubling), libsrtp
protects each copy in place through cffi with prepared pointers, and one `sendmmsg` sends all. No
Python object is made per receiver. The measured steps are in docs/decisions/.

pylibsrtp's own cffi module gives `srtp_protect`; libc's `sendmmsg` is called in ABI mode, so that
nothing is compiled at installation. Without `sendmmsg` the same bytes go by `sendto`.
"""

from __future__ import annotations

import errno
import select
import socket
from array import array
from itertools import compress
from operator import not_
from typing import Any, Protocol

import cffi
import pylibsrtp
from pylibsrtp._binding import ffi, lib

from .bounds import DATAGRAM_MAX, Bounds
from .forwarder import Feed
from .lanes import Lane
from .port import Address

STRIDE = 2048
"""Bytes between copies in the arena: a datagram and libsrtp's trailer (144) fit, and a page holds
two."""

_libc_types = cffi.FFI()
_libc_types.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen;
        struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen; int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int sendmmsg(int fd, struct mmsghdr *vector, unsigned int count, int flags);
    """
)


class Leg(Protocol):
    """A receiver's transport as the loop needs it."""

    @property
    def tx(self) -> pylibsrtp.Session | None: ...
    @property
    def address(self) -> Address | None: ...


class _Chunk:
    """Receivers of a lane that fit one arena: their SRTP contexts and message headers."""

    __slots__ = ("addresses", "contexts", "count", "headers", "kept")

    def __init__(self, legs: list[Leg], iovecs: Any, ipv6: bool) -> None:
        self.count = len(legs)
        # the sessions are kept: their contexts are freed with them
        self.kept = [leg.tx for leg in legs]
        self.contexts = [tx._srtp[0] for tx in self.kept if tx is not None]
        size = 28 if ipv6 else 16
        packed = [pack_address(leg.address, ipv6) for leg in legs if leg.address is not None]
        self.addresses = _libc_types.new("unsigned char[]", b"".join(packed))
        self.headers = _libc_types.new("struct mmsghdr[]", self.count)
        for index in range(self.count):
            header = self.headers[index].msg_hdr
            header.msg_name = self.addresses + index * size
            header.msg_namelen = size
            header.msg_iov = iovecs + index
            header.msg_iovlen = 1


class Fanout:
    """Sends for one socket. `sent`, `octets`, `dropped` and `unprotected` only ever grow.

    `dropped`: the kernel would not take them (full buffer, unreachable); NACK brings them back.
    `unprotected`: libsrtp refused for one receiver, the others are not affected.
    """

    def __init__(
        self, sock: socket.socket, *, bounds: Bounds | None = None, batch: bool = True
    ) -> None:
        self._socket = sock
        self._fd = sock.fileno()
        self._ipv6 = sock.family == socket.AF_INET6
        self._capacity = (bounds or Bounds()).fanout
        self.sent = 0
        self.octets = 0
        self.dropped = 0
        self.unprotected = 0
        self.resent = 0
        self._arena = ffi.new("unsigned char[]", self._capacity * STRIDE)
        start = int(ffi.cast("uintptr_t", self._arena))
        self._pointers = [
            ffi.cast("void *", start + index * STRIDE) for index in range(self._capacity)
        ]
        self._lengths = ffi.new("int[]", self._capacity)
        self._length_pointers = [self._lengths + index for index in range(self._capacity)]
        self._length_view = memoryview(ffi.buffer(self._lengths)).cast("B").cast("i")
        self._iovecs = _libc_types.new("struct iovec[]", self._capacity)
        for index in range(self._capacity):
            self._iovecs[index].iov_base = _libc_types.cast("void *", start + index * STRIDE)
        self._iovec_view = memoryview(_libc_types.buffer(self._iovecs)).cast("B").cast("Q")
        self._buffer = ffi.buffer(self._arena)
        self._sendmmsg = _find_sendmmsg() if batch else None

    def send(self, lane: Lane, plain: bytes) -> None:
        """Protect and send `plain` to every receiver of `lane` (forwarder.Sink)."""
        plan = lane.plan
        if plan is None:
            plan = lane.plan = self._plan(lane)
        size = len(plain)
        for chunk in plan:
            self._send_chunk(chunk, plain, size, size + lane.profile.overhead)

    def send_one(self, feed: Feed, plain: bytes) -> bool:
        """Protect and send to one receiver: a replay, or a packet asked again."""
        leg: Leg = feed.leg
        if leg.tx is None or leg.address is None:
            return False
        try:
            self._socket.sendto(leg.tx.protect(plain), leg.address)
        except (pylibsrtp.Error, ValueError):
            self.unprotected += 1
            return False
        except OSError:
            self.dropped += 1
            return False
        self.resent += 1
        return True

    def _plan(self, lane: Lane) -> list[_Chunk]:
        legs: list[Leg] = [
            feed.leg
            for feed in lane.feeds
            if feed.leg.tx is not None and feed.leg.address is not None
        ]
        size = self._capacity
        return [
            _Chunk(legs[start : start + size], self._iovecs, self._ipv6)
            for start in range(0, len(legs), size)
        ]

    def _send_chunk(self, chunk: _Chunk, plain: bytes, size: int, protected: int) -> None:
        count = chunk.count
        pointers = self._pointers
        move = ffi.memmove
        move(self._arena, plain, size)
        filled = 1
        while filled < count:
            more = min(filled, count - filled)
            move(pointers[filled], self._arena, (more - 1) * STRIDE + size)
            filled += more
        self._length_view[:count] = array("i", (size,)) * count
        failed = list(map(lib.srtp_protect, chunk.contexts, pointers, self._length_pointers))
        if any(failed):
            good = list(compress(range(count), map(not_, failed)))
            self.unprotected += count - len(good)
            for index in good:
                self._send_run(chunk, index, index + 1, protected)
        else:
            self._iovec_view[1 : 2 * count : 2] = array("Q", (protected,)) * count
            self._send_run(chunk, 0, count, protected)

    def _send_run(self, chunk: _Chunk, start: int, end: int, protected: int) -> None:
        """Send the messages `start`–`end`; what the kernel refuses is skipped and counted."""
        if self._sendmmsg is None or end - start == 1:
            self._send_singly(chunk, start, end, protected)
            return
        patience = 2
        while start < end:
            done = self._sendmmsg(self._fd, chunk.headers + start, end - start, 0)
            if done > 0:
                start += done
                self.sent += done
                self.octets += done * protected
                continue
            code = _libc_types.errno
            if code == errno.EINTR:
                continue
            if code in (errno.EAGAIN, errno.ENOBUFS) and patience:
                patience -= 1
                select.select((), (self._fd,), (), 0.002)
                continue
            if code in (errno.EAGAIN, errno.ENOBUFS):
                self.dropped += end - start
                return
            self.dropped += 1
            start += 1

    def _send_singly(self, chunk: _Chunk, start: int, end: int, protected: int) -> None:
        size = 28 if self._ipv6 else 16
        for index in range(start, end):
            data = self._buffer[index * STRIDE : index * STRIDE + protected]
            raw = bytes(_libc_types.buffer(chunk.addresses + index * size, size))
            try:
                self._socket.sendto(data, unpack_address(raw))
            except OSError:
                self.dropped += 1
                continue
            self.sent += 1
            self.octets += protected


def _find_sendmmsg() -> Any:
    try:
        return _libc_types.dlopen(None).sendmmsg
    except (AttributeError, OSError):
        return None


def pack_address(address: Address, ipv6: bool) -> bytes:
    """A `sockaddr_in` (16 bytes) or `sockaddr_in6` (28 bytes) as Linux lays them out."""
    host, port = address[0], address[1]
    if not ipv6:
        family = array("H", (socket.AF_INET,)).tobytes()
        return family + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
    host, _, zone = host.partition("%")
    scope = socket.if_nametoindex(zone) if zone else 0
    return (
        array("H", (socket.AF_INET6,)).tobytes()
        + port.to_bytes(2, "big")
        + bytes(4)
        + socket.inet_pton(socket.AF_INET6, host)
        + array("I", (scope,)).tobytes()
    )


def unpack_address(raw: bytes) -> Address:
    port = int.from_bytes(raw[2:4], "big")
    if len(raw) == 16:
        return socket.inet_ntoa(raw[4:8]), port
    return socket.inet_ntop(socket.AF_INET6, raw[8:24]), port


if STRIDE < DATAGRAM_MAX + 144:
    raise RuntimeError("arena stride is below a datagram with its trailer")
