"""The hot loop: packets, protected for each receiver of a lane and handed to the kernel at once.

Per burst and lane: the plain packets are copied side by side into one arena (arena.py), libsrtp
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
from collections.abc import Callable, Iterator
from itertools import compress
from struct import Struct
from typing import Any, Protocol

import pylibsrtp
from pylibsrtp._binding import lib

from .arena import BURST, Arena, Places
from .bounds import Bounds
from .datagrams import Address, find_in_libc, libc_types, pack_address, unpack_address
from .forwarder import Feed
from .lanes import Lane

SOL_UDP, UDP_SEGMENT = 17, 103
"""Linux: the message is cut into datagrams of the size given in the control message."""
CONTROL_BYTES = 24
SRTCP_INDEX = 4
"""Bytes that SRTCP adds besides the tag (RFC 3711 §3.4)."""
CANNOT_SEGMENT = (errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.EMSGSIZE)
"""No checksum offload on the way, an old kernel, or a narrow path: packets go one by one then."""
FULL_WAITS, FULL_WAIT_S = 2, 0.002
"""How often, and how long, one flush waits for a full socket: the whole worker waits with it, and
4 ms are below what a delay of 5 ms allows. What does not leave then is lost, and asked again."""

_SEGMENT_HEADER = Struct("QiiH").pack


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

    __slots__ = ("_contexts", "addresses", "count", "headers", "kept", "size")

    def __init__(self, legs: list[Leg], ipv6: bool) -> None:
        self.count = len(legs)
        # the sessions are kept: their contexts are freed with them
        self.kept = [leg.tx for leg in legs]
        self._contexts = {1: [tx._srtp[0] for tx in self.kept if tx is not None]}
        self.size = 28 if ipv6 else 16
        packed = [pack_address(leg.address, ipv6) for leg in legs if leg.address is not None]
        self.addresses = libc_types.new("unsigned char[]", b"".join(packed))
        self.headers: dict[tuple[int, int, bool], Any] = {}

    def contexts(self, packets: int) -> list[Any]:
        """Each receiver's context, once per packet of a burst."""
        found = self._contexts.get(packets)
        if found is None:
            found = [context for context in self._contexts[1] for _ in range(packets)]
            self._contexts[packets] = found
        return found

    def headers_for(self, places: Places, packets: int, control: int) -> Any:
        """Headers that send bursts of `packets`: one message per receiver with a `control`
        message, else one per packet."""
        key = (places.stride, packets, bool(control))
        found = self.headers.get(key)
        if found is not None:
            return found
        parts = packets if control else 1
        each = packets // parts
        count = self.count * each
        made = libc_types.new("struct mmsghdr[]", count)
        words = memoryview(libc_types.buffer(made)).cast("B").cast("Q")
        names = int(libc_types.cast("uintptr_t", self.addresses))
        ends = range(names, names + self.count * self.size, self.size)
        words[0::8] = array("Q", (name for name in ends for _ in range(each)))
        words[1::8] = array("Q", (self.size,)) * count
        step = 16 * parts
        words[2::8] = array("Q", range(places.iovecs, places.iovecs + count * step, step))
        words[3::8] = array("Q", (parts,)) * count
        if control:
            words[4::8] = array("Q", (control,)) * count
            words[5::8] = array("Q", (CONTROL_BYTES,)) * count
        self.headers[key] = made
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
        self._capacity = (bounds or Bounds()).fanout
        self.sent = 0
        self.octets = 0
        self.dropped = 0
        self.unprotected = 0
        self.resent = 0
        self._sendmmsg = find_in_libc("sendmmsg") if batch else None
        self.segments = segment and self._sendmmsg is not None
        self._holding = False
        self._waiting: list[_Plan] = []
        self._patience = 0
        self._wait: Callable[..., Any] = select.select
        self._arena = Arena(self._capacity)
        self._control = libc_types.new("unsigned char[]", CONTROL_BYTES)
        self._control_start = int(libc_types.cast("uintptr_t", self._control))
        self._control_view = libc_types.buffer(self._control)

    def hold(self) -> None:
        """Keep what is sent until `flush`."""
        self._holding = True

    def flush(self) -> None:
        """Send what was kept, lane by lane, each in its order."""
        self._holding = False
        self._patience = FULL_WAITS
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
            self._patience = FULL_WAITS
            self._send_plan(plan, [plain])
            return
        if not plan.held:
            self._waiting.append(plan)
        plan.held.append(plain)

    def report(self, lane: Lane, plain: bytes) -> None:
        """Protect and send a compound of RTCP to every receiver of `lane`, at once.

        A full socket is not waited for: the next report comes within a second.
        """
        self._patience = 0
        plan: _Plan | None = lane.plan
        if plan is None:
            plan = lane.plan = self._plan(lane)
        for chunk in plan.chunks:
            overhead = plan.overhead + SRTCP_INDEX
            self._send_chunk(chunk, [plain], overhead, lib.srtp_protect_rtcp)

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
        for run in self._runs(plains) if len(plains) > 1 else (plains,):
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

    def _send_chunk(
        self, chunk: _Chunk, run: list[bytes], overhead: int, protect: Any = lib.srtp_protect
    ) -> None:
        count, packets = chunk.count, len(run)
        places = self._arena.places(run)
        places.lay_out(run, count)
        lengths = self._arena.lengths(run, count)
        codes = list(map(protect, chunk.contexts(packets), places.pointers, lengths))
        sizes = [len(plain) + overhead for plain in run]
        places.measure(sizes, count)
        if not any(codes):
            self._send_range(chunk, places, 0, count, sizes)
            return
        failed = list(compress(range(count * packets), codes))
        self.unprotected += len(failed)
        bad = {place // packets for place in failed}
        for index in range(count):
            if index not in bad:
                self._send_range(chunk, places, index, index + 1, sizes)

    def _send_range(
        self, chunk: _Chunk, places: Places, start: int, end: int, sizes: list[int]
    ) -> None:
        """Send to the receivers `start`–`end`: as one message each, or packet by packet."""
        packets = len(sizes)
        if packets > 1 and self.segments:
            header = _SEGMENT_HEADER(CONTROL_BYTES - 6, SOL_UDP, UDP_SEGMENT, sizes[0])
            self._control_view[: len(header)] = header
            start = self._send_messages(chunk, places, start, end, [sum(sizes)], packets)
        if start < end:
            self._send_messages(chunk, places, start * packets, end * packets, sizes, 1)

    def _send_messages(
        self, chunk: _Chunk, places: Places, start: int, end: int, sizes: list[int], packets: int
    ) -> int:
        """Send the messages `start`–`end` of `packets` each; `sizes`: of one receiver's messages.

        Returns where it stopped: before `end` only when the kernel cannot segment. What it
        refuses for one receiver is skipped and counted.
        """
        if self._sendmmsg is None:
            self._send_singly(chunk, places, start, end, sizes)
            return end
        control = self._control_start if packets > 1 else 0
        headers = chunk.headers_for(places, packets * len(sizes), control)
        while start < end:
            done = self._sendmmsg(self._fd, headers + start, end - start, 0)
            if done > 0:
                self.sent += done * packets
                self.octets += _octets(sizes, start, done)
                start += done
                continue
            code = libc_types.errno
            if code == errno.EINTR:
                continue
            if packets > 1 and code in CANNOT_SEGMENT:
                self.segments = False
                return start
            if code in (errno.EAGAIN, errno.ENOBUFS) and self._patience:
                self._patience -= 1
                self._wait((), (self._fd,), (), FULL_WAIT_S)
                continue
            if code in (errno.EAGAIN, errno.ENOBUFS):
                self.dropped += (end - start) * packets
                return end
            self.dropped += packets
            start += 1
        return end

    def _send_singly(
        self, chunk: _Chunk, places: Places, start: int, end: int, sizes: list[int]
    ) -> None:
        for place in range(start, end):
            size = sizes[place % len(sizes)]
            where = chunk.addresses + place // len(sizes) * chunk.size
            raw = bytes(libc_types.buffer(where, chunk.size))
            try:
                self._socket.sendto(places.read(place, size), unpack_address(raw))
            except OSError:
                self.dropped += 1
                continue
            self.sent += 1
            self.octets += size


def _octets(sizes: list[int], start: int, count: int) -> int:
    if len(sizes) == 1:
        return count * sizes[0]
    return sum(sizes[place % len(sizes)] for place in range(start, start + count))
