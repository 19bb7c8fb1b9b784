"""The loop of the load generator: many sockets under one epoll, drained every millisecond.

It polls instead of sleeping on the sockets, so that a burst of the server to 203 receivers does
not wake this process 203 times: on a virtual machine each wake-up costs the sender an interrupt
to the other core, which a real network would not. The delay of a packet is therefore taken from
the kernel's receive time stamp, not from when it was read.
"""

from __future__ import annotations

import heapq
import itertools
import select
import time
from collections.abc import Callable
from typing import Protocol

from pylibsrtp._binding import ffi

from tests.benchmarks.media.link import Identity, Link

TICK_S = 0.001
# A server that does not answer within a minute has failed; no figure is near it.
PATIENCE_S = 60.0


class Readable(Protocol):
    """Something on a stream socket that wants to know of events (HTTP requests)."""

    def on_event(self) -> None: ...


class Crowd:
    """All clients of one run, their sockets and timers, in one thread."""

    def __init__(self) -> None:
        self.identity = Identity()
        self.buffer = bytearray(2048)
        self.buffer_pointer = ffi.from_buffer(self.buffer)
        self.problems: list[str] = []
        self.unsent = 0
        self.closed_by_server = 0
        self.late_ticks = 0
        self.now = time.monotonic
        self._links: dict[int, Link] = {}
        self._streams: dict[int, Readable] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._udp = select.epoll()
        self._tcp = select.epoll()

    def register(self, link: Link) -> None:
        """Read `link`'s socket from now on."""
        self._links[link.sock.fileno()] = link
        self._udp.register(link.sock.fileno(), select.EPOLLIN)

    def forget(self, link: Link) -> None:
        """Read it no longer."""
        self._links.pop(link.sock.fileno(), None)
        self._udp.unregister(link.sock.fileno())

    def watch(self, number: int, stream: Readable, events: int) -> None:
        """Tell `stream` of `events` on the file descriptor `number`."""
        if number in self._streams:
            self._tcp.modify(number, events)
        else:
            self._tcp.register(number, events)
        self._streams[number] = stream

    def unwatch(self, number: int) -> None:
        """Tell nobody of it any more."""
        if self._streams.pop(number, None) is not None:
            self._tcp.unregister(number)

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` once, no earlier than in `seconds`."""
        heapq.heappush(self._timers, (self.now() + seconds, next(self._order), action))

    def run_for(self, seconds: float) -> None:
        """Run everything for `seconds`."""
        until = self.now() + seconds
        self._run(lambda: self.now() >= until, None)

    def run_until(self, done: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
        """Run until `done()`; TimeoutError naming `what` after `patience` seconds."""
        self._run(done, (self.now() + patience, what))

    def _run(self, done: Callable[[], bool], limit: tuple[float, str] | None) -> None:
        while not done():
            start = self.now()
            if limit is not None and start > limit[0]:
                raise TimeoutError(f"waited in vain: {limit[1]}")
            self._fire(start)
            if self._streams:
                for number, _ in self._tcp.poll(0):
                    stream = self._streams.get(number)
                    if stream is not None:
                        stream.on_event()
            self.drain()
            left = TICK_S - (self.now() - start)
            if left > 0:
                time.sleep(left)
            else:
                self.late_ticks += 1

    def _fire(self, now: float) -> None:
        timers = self._timers
        while timers and timers[0][0] <= now:
            heapq.heappop(timers)[2]()

    def drain(self) -> None:
        """Read every datagram that is waiting."""
        links = self._links
        buffer = self.buffer
        # Bounded so that timers and publishers keep their time under any load.
        for _ in range(8):
            ready = self._udp.poll(0, 1024)
            if not ready:
                return
            for number, _events in ready:
                link = links.get(number)
                if link is None:
                    continue
                try:
                    size = link.recv_into(buffer)
                except (BlockingIOError, ConnectionRefusedError):
                    continue
                first = buffer[0]
                if 128 <= first < 192:
                    if 192 <= buffer[1] < 224:
                        link.on_rtcp(bytes(buffer[:size]))
                    else:
                        link.on_rtp(buffer, size)
                elif first < 4:
                    link.on_stun(bytes(buffer[:size]))
                elif 20 <= first < 64:
                    link.on_dtls(bytes(buffer[:size]))
                else:
                    self.problems.append(f"unknown datagram, first byte {first}")

    def close_links(self) -> None:
        """Close every link; the loop stays."""
        for link in list(self._links.values()):
            link.close()

    def close(self) -> None:
        """Close every link and the loop."""
        self.close_links()
        self._udp.close()
        self._tcp.close()
