"""An engine with a publisher and receivers in one process, and a stream that must stay whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from struct import pack
from typing import Any

from media.engine import Engine
from media.rtp import RtpPacket
from tests.unit.media.pictures import Judge, Publisher

from .site import Site, until

AUDIO_SSRC = 77


def plain(packet: RtpPacket, payload_type: int = 96) -> bytes:
    second = payload_type | (0x80 if packet.marker else 0)
    head = pack(">BBHII", 0x80, second, packet.sequence, packet.timestamp, packet.ssrc)
    return head + packet.payload


class Talker:
    """A publishing site that answers keyframe requests and repeats what is asked again."""

    def __init__(self, site: Site, codec: str = "vp8", shade: int = 40, ssrc: int = 1000) -> None:
        self.site = site
        self.publisher = Publisher(codec, shade, ssrc, chunk=40)
        self.sent: dict[int, bytes] = {}
        self.asked = 0
        self.sound = 0
        self._seen = 0

    def speak(self, key: bool = False) -> None:
        """One picture and one packet of sound; feedback since the last call is obeyed."""
        from media import rtcp

        fresh = self.site.reports[self._seen :]
        self._seen = len(self.site.reports)
        for report in fresh:
            if isinstance(report, rtcp.KeyframeRequest):
                key = True
                self.asked += 1
            elif isinstance(report, rtcp.Nack):
                for sequence in report.sequences:
                    if sequence in self.sent:
                        self.site.send(self.sent[sequence])
        for packet in self.publisher.picture(key=key):
            raw = plain(packet)
            self.sent[packet.sequence] = raw
            self.site.send(raw)
        self.sound += 1
        level = pack(">HHBBBB", 0xBEDE, 1, 0x10, 30, 0, 0)
        head = pack(">BBHII", 0x90, 111, self.sound & 0xFFFF, self.sound * 960, AUDIO_SSRC)
        self.site.send(head + level + b"opus")


class Room:
    """A meeting `m` with publisher `a` on stage and receivers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sites: list[Site] = []
        self.events: list[dict[str, Any]] = []
        engine.emit = self.events.append

    async def publisher(self, name: str, **more: Any) -> Talker:
        codec = self.engine.meetings["m"].codec
        site = Site("publish", codec=codec)
        self.sites.append(site)
        await site.join(partial(self.engine.publish, "m", name))
        return Talker(site, codec, **more)

    async def receiver(self, name: str, **more: Any) -> Site:
        site = Site("receive", codec=self.engine.meetings["m"].codec, **more)
        self.sites.append(site)
        return await site.join(partial(self.engine.receive, "m", name))

    async def talk(self, talkers: list[Talker], pictures: int, pace: float = 0.01) -> None:
        for _ in range(pictures):
            for talker in talkers:
                talker.speak()
            await asyncio.sleep(pace)


@asynccontextmanager
async def room(codec: str = "vp8", **more: Any) -> AsyncIterator[Room]:
    engine = Engine(**more)
    engine.open()
    engine.open_meeting("m", codec)
    engine.set_stage("m", {"V0": "a"}, {"A0": "a"})
    made = Room(engine)
    try:
        yield made
    finally:
        for site in made.sites:
            site.leave()
        await engine.close()


async def check_whole(receiver: Site, talker: Talker, codec: str = "vp8", least: int = 20) -> None:
    """The receiver's slot V0 has no hole and every picture decodes."""
    await until(lambda: len(receiver.numbers("V0")) >= least, "pictures in V0")
    numbers = receiver.numbers("V0")
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    decoded = Judge(codec).decode(receiver.in_order("V0"))
    assert len(decoded) >= 5
    assert all(abs(shade - talker.publisher.shade) < 12 for shade in decoded), decoded
