"""What the attack tests share: shields taken out, and a meeting that goes on or does not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from media.port import Shields
from media.rtp import parse_rtp

from .meeting import Room, Talker, check_whole
from .site import DEADLINE_S, Site, until

HARM_S = 2.0
"""How long a test that expects harm looks for what must not come. A site's retries are slower."""

OFF = {
    "length": Shields(length=False),
    "source": Shields(source=False),
    "integrity": Shields(integrity=False),
    "authentic": Shields(authentic=False),
    "queue": Shields(queue=False),
    "drain": Shields(drain=False),
}


def stranger() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def own_packets(receiver: Site, talker: Talker) -> list[bytes]:
    """What a receiver got in V0 of the talker's own: a forged packet is no picture, however well
    it is numbered. The bridge writes the first five bytes anew (RFC 7741, 4.2)."""
    sent = {parse_rtp(raw).payload[5:] for raw in talker.sent.values()}
    got = receiver.plain.get(receiver.ssrc("V0"), [])
    return [raw for raw in got if parse_rtp(raw).payload[5:] in sent]


async def meeting_goes_on(
    made: Room, talker: Talker, receivers: list[Site], *, goes_on: bool = True
) -> bool:
    """Do all sessions live, and does each receiver get all of the next pictures?

    `goes_on`: what the test expects. Pictures that must come are waited for as long as a slow
    machine needs; that none come can only be seen by waiting for some time.
    """
    before = {receiver: len(own_packets(receiver, talker)) for receiver in receivers}
    await made.talk([talker], 30)
    try:
        for receiver in receivers:
            await until(
                lambda r=receiver: len(own_packets(r, talker)) >= before[r] + 25,
                "pictures",
                deadline=DEADLINE_S if goes_on else HARM_S,
            )
            await check_whole(receiver, talker)
    except AssertionError:
        return False
    return len(made.engine.receivers) == len(receivers)


async def running(made: Room, receivers: int = 2) -> tuple[Talker, list[Site]]:
    talker = await made.publisher("a")
    sites = [await made.receiver(f"r{n}") for n in range(receivers)]
    await made.talk([talker], 10)
    return talker, sites


async def handshake_under_fire(
    made: Room, fire: Callable[[tuple[str, int]], None], *, goes_on: bool = True
) -> bool:
    """A site joins while `fire` is faster than each of its flights. `goes_on` as above."""
    site = Site("receive")
    made.sites.append(site)
    site.take(made.engine.receive("m", "r", site.offer()))
    send = site.socket

    class Firing:
        """The site's socket; before each of its datagrams the attacker is faster."""

        def sendto(self, data: bytes, address: tuple[str, int]) -> int:
            if data[0] >= 20:
                fire(address)
            return send.sendto(data, address)

        def __getattr__(self, name: str) -> Any:
            return getattr(send, name)

    site.socket = Firing()  # type: ignore[assignment]
    try:
        async with asyncio.timeout(DEADLINE_S if goes_on else HARM_S):
            await site.connect()
    except (AssertionError, TimeoutError, ConnectionError):
        return False
    return True
