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
from collections.abc import Iterator
from itertools import compress
from struct import Struct
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
BURST = 8
"""Packets sent to one receiver as one message: a picture of 720p at 1 Mbit/s is four or five."""
SOL_UDP, UDP_SEGMENT = 17, 103
"""Linux: the message is cut into datagrams of the size given in the control message."""
CONTROL_BYTES = 24
CANNOT_SEGMENT = (errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.EMSGSIZE)
"""No checksum offload on the way, an old kernel, or a narrow path: packets go one by one then."""

_SEGMENT_HEADER = Struct("QiiH").pack

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
    """Receivers of a lane that fit one arena: their SRTP contexts, addresses, message headers.

    A header is eight words: name, its length, iovecs, their number, control, its length, flags,
    and what was sent. One array of headers is made for each number of packets sent at once.
    """

    __slots__ = ("addresses", "contexts", "count", "headers", "kept", "size")

    def __init__(self, legs: list[Leg], ipv6: bool) -> None:
        self.count = len(legs)
        # the sessions are kept: their contexts are freed with them
        self.kept = [leg.tx for leg in legs]
        self.contexts = [tx._srtp[0] for tx in self.kept if tx is not None]
        self.size = 28 if ipv6 else 16
        packed = [pack_address(leg.address, ipv6) for leg in legs if leg.address is not None]
        self.addresses = _libc_types.new("unsigned char[]", b"".join(packed))
        self.headers: dict[tuple[int, int], Any] = {}

    def headers_for(self, first: int, packets: int, iovecs: int, control: int) -> Any:
        """Headers that send the rows `first`… of the arena, `packets` of them, to each receiver."""
        found = self.headers.get((first, packets))
        if found is not None:
            return found
        made = _libc_types.new("struct mmsghdr[]", self.count)
        words = memoryview(_libc_types.buffer(made)).cast("B").cast("Q")
        names = int(_libc_types.cast("uintptr_t", self.addresses))
        step = 16 * BURST
        begin = iovecs + 16 * first
        words[0::8] = array("Q", range(names, names + self.count * self.size, self.size))
        words[1::8] = array("Q", (self.size,)) * self.count
        words[2::8] = array("Q", range(begin, begin + self.count * step, step))
        words[3::8] = array("Q", (packets,)) * self.count
        if packets > 1:
            words[4::8] = array("Q", (control,)) * self.count
            words[5::8] = array("Q", (CONTROL_BYTES,)) * self.count
        self.headers[first, packets] = made
        return made


class _Plan:
    """A lane's receivers as they were when it was made, and packets held for them."""

    __slots__ = ("chunks", "held", "overhead")

    def __init__(self, chunks: list[_Chunk], overhead: int) -> None:
        self.chunks = chunks
        self.overhead = overhead
        self.held: list[bytes] = []


class Fanout:
    """Sends for one socket. `sent`, `octets`, `dropped` and `unprotected` only ever grow.

    Between `hold` and `flush` packets wait, so that what was read in one go (most of a picture)
    leaves in one go: the kernel takes several packets for one receiver as one message (UDP GSO)
    and walks its stack once. Where it cannot, each packet is a message of its own.

    `dropped`: the kernel would not take them (full buffer, unreachable); NACK brings them back.
    `unprotected`: libsrtp refused for one receiver, the others are not affected.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        bounds: Bounds | None = None,
        batch: bool = True,
        segment: bool = True,
    ) -> None:
        self._socket = sock
        self._fd = sock.fileno()
        self._ipv6 = sock.family == socket.AF_INET6
        self._capacity = capacity = (bounds or Bounds()).fanout
        self.sent = 0
        self.octets = 0
        self.dropped = 0
        self.unprotected = 0
        self.resent = 0
        self._sendmmsg = _find_sendmmsg() if batch else None
        self.segments = segment and self._sendmmsg is not None
        self._holding = False
        self._waiting: list[_Plan] = []
        self._arena = ffi.new("unsigned char[]", BURST * capacity * STRIDE)
        start = int(ffi.cast("uintptr_t", self._arena))
        self._rows = [
            [ffi.cast("void *", start + (row * capacity + i) * STRIDE) for i in range(capacity)]
            for row in range(BURST)
        ]
        self._lengths = ffi.new("int[]", capacity)
        self._length_pointers = [self._lengths + index for index in range(capacity)]
        self._length_view = memoryview(ffi.buffer(self._lengths)).cast("B").cast("i")
        # a receiver's iovecs stand together: one per row, as a message of several packets needs
        self._iovecs = _libc_types.new("struct iovec[]", BURST * capacity)
        self._iovec_start = int(_libc_types.cast("uintptr_t", self._iovecs))
        view = memoryview(_libc_types.buffer(self._iovecs)).cast("B").cast("Q")
        self._iovec_view = view
        for row in range(BURST):
            first = start + row * capacity * STRIDE
            view[2 * row :: 2 * BURST] = array("Q", range(first, first + capacity * STRIDE, STRIDE))
        self._control = _libc_types.new("unsigned char[]", CONTROL_BYTES)
        self._control_start = int(_libc_types.cast("uintptr_t", self._control))
        self._control_view = _libc_types.buffer(self._control)
        self._buffer = ffi.buffer(self._arena)

    def hold(self) -> None:
        """Keep what is sent until `flush`."""
        self._holding = True

    def flush(self) -> None:
        """Send what was kept, lane by lane, each in its order."""
        self._holding = False
        waiting, self._waiting = self._waiting, []
        for plan in waiting:
            held, plan.held = plan.held, []
            self._send_plan(plan, held)

    def send(self, lane: Lane, plain: bytes) -> None:
        """Protect and send `plain` to every receiver of `lane` (lanes.Sink)."""
        plan: _Plan | None = lane.plan
        if plan is None:
            plan = lane.plan = self._plan(lane)
        if not self._holding:
            self._send_plan(plan, [plain])
            return
        if not plan.held:
            self._waiting.append(plan)
        plan.held.append(plain)

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

    def _plan(self, lane: Lane) -> _Plan:
        legs: list[Leg] = [
            feed.leg
            for feed in lane.feeds
            if feed.leg.tx is not None and feed.leg.address is not None
        ]
        size = self._capacity
        chunks = [
            _Chunk(legs[start : start + size], self._ipv6) for start in range(0, len(legs), size)
        ]
        return _Plan(chunks, lane.profile.overhead)

    def _send_plan(self, plan: _Plan, plains: list[bytes]) -> None:
        for run in self._runs(plains):
            for chunk in plan.chunks:
                self._send_chunk(chunk, run, plan.overhead)

    def _runs(self, plains: list[bytes]) -> Iterator[list[bytes]]:
        """Packets that may be one message: of one size, but for a last one that is shorter."""
        start, count = 0, len(plains)
        while start < count:
            end = start + 1
            if self.segments:
                size = len(plains[start])
                limit = min(count, start + BURST)
                while end < limit and len(plains[end]) == size:
                    end += 1
                if end < limit and len(plains[end]) < size:
                    end += 1
            yield plains[start:end]
            start = end

    def _send_chunk(self, chunk: _Chunk, run: list[bytes], overhead: int) -> None:
        count = chunk.count
        failed: list[int] = []
        for row, plain in enumerate(run):
            failed += compress(range(count), self._protect(chunk, row, plain))
            size = len(plain) + overhead
            lengths = array("Q", (size,)) * count
            self._iovec_view[2 * row + 1 : 2 * BURST * count : 2 * BURST] = lengths
        octets = sum(map(len, run)) + overhead * len(run)
        sizes = [len(plain) + overhead for plain in run]
        if failed:
            self.unprotected += len(failed)
            bad = set(failed)
            for index in range(count):
                if index not in bad:
                    self._send_range(chunk, index, index + 1, sizes, octets)
        else:
            self._send_range(chunk, 0, count, sizes, octets)

    def _protect(self, chunk: _Chunk, row: int, plain: bytes) -> list[int]:
        """Copy `plain` into a row of the arena and protect each copy; libsrtp's codes."""
        count, size = chunk.count, len(plain)
        pointers = self._rows[row]
        move = ffi.memmove
        move(pointers[0], plain, size)
        filled = 1
        while filled < count:
            more = min(filled, count - filled)
            move(pointers[filled], pointers[0], (more - 1) * STRIDE + size)
            filled += more
        self._length_view[:count] = array("i", (size,)) * count
        return list(map(lib.srtp_protect, chunk.contexts, pointers, self._length_pointers))

    def _send_range(
        self, chunk: _Chunk, start: int, end: int, sizes: list[int], octets: int
    ) -> None:
        """Send the rows to the receivers `start`–`end`: as one message each, or row by row."""
        packets = len(sizes)
        if packets > 1 and self.segments:
            header = _SEGMENT_HEADER(CONTROL_BYTES - 6, SOL_UDP, UDP_SEGMENT, sizes[0])
            self._control_view[: len(header)] = header
            start = self._send_messages(chunk, start, end, 0, packets, octets)
        if start < end:
            for row, size in enumerate(sizes):
                self._send_messages(chunk, start, end, row, 1, size)

    def _send_messages(
        self, chunk: _Chunk, start: int, end: int, row: int, packets: int, octets: int
    ) -> int:
        """Returns where it stopped: before `end` only when the kernel cannot segment. What it
        refuses for one receiver is skipped and counted."""
        if self._sendmmsg is None:
            self._send_singly(chunk, start, end, row, octets)
            return end
        headers = chunk.headers_for(row, packets, self._iovec_start, self._control_start)
        patience = 2
        while start < end:
            done = self._sendmmsg(self._fd, headers + start, end - start, 0)
            if done > 0:
                start += done
                self.sent += done * packets
                self.octets += done * octets
                continue
            code = _libc_types.errno
            if code == errno.EINTR:
                continue
            if packets > 1 and code in CANNOT_SEGMENT:
                self.segments = False
                return start
            if code in (errno.EAGAIN, errno.ENOBUFS) and patience:
                patience -= 1
                select.select((), (self._fd,), (), 0.002)
                continue
            if code in (errno.EAGAIN, errno.ENOBUFS):
                self.dropped += (end - start) * packets
                return end
            self.dropped += packets
            start += 1
        return end

    def _send_singly(self, chunk: _Chunk, start: int, end: int, row: int, size: int) -> None:
        for index in range(start, end):
            at = (row * self._capacity + index) * STRIDE
            where = chunk.addresses + index * chunk.size
            raw = bytes(_libc_types.buffer(where, chunk.size))
            try:
                self._socket.sendto(self._buffer[at : at + size], unpack_address(raw))
            except OSError:
                self.dropped += 1
                continue
            self.sent += 1
            self.octets += size


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
