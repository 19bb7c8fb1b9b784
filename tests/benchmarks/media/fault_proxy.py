"""A UDP path with faults between WebRTC peers: loss, delay, jitter, duplicates, blackouts.

Each client address gets its own socket towards the server, so the server still sees one source
address per peer. `python -m tests.benchmarks.media.fault_proxy --to 127.0.0.1:PORT --loss 0.05
--delay-ms 40` prints the port it listens on; the media tests use `FaultProxy` in their own loop.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

Address = tuple[str, int]
# 20,000 packets in flight are 24 MB: more than any test keeps on a 40 ms path.
IN_FLIGHT_BOUND = 20_000


@dataclass
class Faults:
    """What the path does to each datagram, in each direction by itself.

    Shares are in 0…1, times in seconds. With `jitter_s` above 0 datagrams overtake each other.
    `cut` true drops everything (a blackout); change it while the proxy runs. With `rate_bps`
    above 0 the path is a link of that rate behind a queue of at most `queue_s`: what comes faster
    waits, and is lost when the queue is full.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    duplicate: float = 0.0
    cut: bool = False
    rate_bps: float = 0.0
    queue_s: float = 0.3
    free_at: float = 0.0

    def wait_in_queue(self, size: int, now: float) -> float | None:
        """Seconds until `size` bytes (and 28 of headers) have passed the link; None when lost."""
        if self.rate_bps <= 0:
            return 0.0
        start = max(now, self.free_at)
        if start - now > self.queue_s:
            return None
        self.free_at = start + (size + 28) * 8 / self.rate_bps
        return self.free_at - now


class FaultProxy(asyncio.DatagramProtocol):
    """One listening UDP port whose datagrams reach `server` through `faults`, and back.

    `up` is the way client → server, `down` the way back. `random` is the only source of chance:
    pass a seeded one for a repeatable schedule.
    """

    def __init__(
        self,
        server: Address,
        up: Faults | None = None,
        down: Faults | None = None,
        random_: random.Random | None = None,
    ) -> None:
        self.server = server
        self.up = up or Faults()
        self.down = down or Faults()
        self.port = 0
        self.carried = 0
        self.dropped = 0
        self._random = random_ or random.Random(0)
        self._front: asyncio.DatagramTransport | None = None
        self._upstreams: dict[Address, socket.socket] = {}
        self._in_flight = 0

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> Address:
        """Listen; returns the address that clients are to use instead of the server's."""
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        address: Address = self._front.get_extra_info("sockname")[:2]
        self.port = address[1]
        return address

    def cut(self, away: bool) -> None:
        """Into a tunnel, or out of it: both ways at once."""
        self.up.cut = self.down.cut = away

    async def close(self) -> None:
        """Close every socket; datagrams still in flight are dropped."""
        for upstream in self._upstreams.values():
            asyncio.get_running_loop().remove_reader(upstream)
            upstream.close()
        self._upstreams.clear()
        if self._front is not None:
            self._front.close()
            self._front = None

    def datagram_received(self, data: bytes, addr: Address) -> None:
        upstream = self._upstreams.get(addr)
        if upstream is None:
            upstream = self._connect(addr)
        self._suffer(self.up, len(data), lambda: self._send(upstream, data))

    def _connect(self, client: Address) -> socket.socket:
        upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        upstream.setblocking(False)
        upstream.connect(self.server)
        self._upstreams[client] = upstream
        asyncio.get_running_loop().add_reader(upstream, self._carry_down, upstream, client)
        return upstream

    def _carry_down(self, upstream: socket.socket, client: Address) -> None:
        # A closed server answers with ICMP: to the client that is silence.
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data = upstream.recv(65_536)
                answer = partial(self._answer, data, client)
                self._suffer(self.down, len(data), answer)

    def _send(self, upstream: socket.socket, data: bytes) -> None:
        with contextlib.suppress(OSError):
            upstream.send(data)

    def _answer(self, data: bytes, client: Address) -> None:
        if self._front is not None:
            self._front.sendto(data, client)

    def _suffer(self, faults: Faults, size: int, deliver: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        lost = faults.cut or self._random.random() < faults.loss
        queued = None if lost else faults.wait_in_queue(size, loop.time())
        if queued is None or self._in_flight >= IN_FLIGHT_BOUND:
            self.dropped += 1
            return
        copies = 2 if self._random.random() < faults.duplicate else 1
        for _ in range(copies):
            delay = queued + faults.delay_s + self._random.random() * faults.jitter_s
            self._in_flight += 1
            loop.call_later(delay, self._arrive, deliver)

    def _arrive(self, deliver: Callable[[], None]) -> None:
        self._in_flight -= 1
        self.carried += 1
        deliver()


async def _serve(arguments: argparse.Namespace) -> None:
    host, _, port = arguments.to.rpartition(":")

    def faults() -> Faults:
        return Faults(arguments.loss, arguments.delay_ms / 1000, arguments.jitter_ms / 1000)

    proxy = FaultProxy((host, int(port)), faults(), faults(), random.Random(arguments.seed))
    address = await proxy.open()
    print(address[1], flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Run the proxy as a process of its own until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True, help="host:port of the server")
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--delay-ms", type=float, default=0.0, help="each way")
    parser.add_argument("--jitter-ms", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
