"""Peers and paths that take longer: GStreamer, and 5 % loss both ways (`make proof`)."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from media import rtcp
from media.engine import Engine
from media.rtp import parse_rtp, unwrap

from .front import front
from .meeting import Talker
from .site import Site

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]

SYSTEM_PYTHON = "/usr/bin/python3"


@cache
def has_gstreamer() -> bool:
    code = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import GstWebRTC"
    try:
        done = subprocess.run([SYSTEM_PYTHON, "-c", code], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


async def test_gstreamer_publishes_and_receives() -> None:
    """Debian's webrtcbin on both ends: VP8 and Opus decoded by its own decoders."""
    if not has_gstreamer():
        pytest.skip("needs gir1.2-gst-plugins-bad-1.0, gstreamer1.0-nice, python3-gi")
    script = str(Path(__file__).with_name("gstreamer_site.py"))
    with front() as made:
        made.ask("/meeting/gst", {"codec": "vp8"})
        made.stage("gst", {"V0": "g"}, {"A0": "g"})
        sites = []
        for kind, path, seconds in (
            ("publish", "/whip/gst/g", "30"),
            ("receive", "/whep/gst/r", "20"),
        ):
            sites.append(
                await asyncio.create_subprocess_exec(
                    SYSTEM_PYTHON,
                    script,
                    kind,
                    made.url + path,
                    seconds,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            )
        results = [json.loads((await site.communicate())[0]) for site in reversed(sites)]
        received, published = results
        assert published["state"] == "connected"
        assert received["state"] == "connected"
        assert received["video"] > 100
        assert received["audio"] > 200


class Proxy(asyncio.DatagramProtocol):
    """A path with loss and delay between one site and the bridge, the same both ways."""

    def __init__(self, server: tuple[str, int], loss: float, delay: float, seed: int) -> None:
        self.server = server
        self.loss = loss
        self.delay = delay
        self.chance = random.Random(seed)
        self.client: tuple[str, int] | None = None
        self.upward: asyncio.DatagramTransport | None = None
        self.lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.upward = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if source != self.server:
            self.client = source
        target = self.client if source == self.server else self.server
        assert self.upward is not None
        if target is None:
            return
        # the handshake retries by seconds: what is judged here is the media
        if 127 < data[0] < 192 and self.chance.random() < self.loss:
            self.lost += 1
            return
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self.upward.sendto, data, target)


async def through(proxy_loss: float, delay: float, site: Site, engine: Engine, seed: int) -> Proxy:
    loop = asyncio.get_running_loop()
    _, proxy = await loop.create_datagram_endpoint(
        lambda: Proxy(("127.0.0.1", engine.port.number), proxy_loss, delay, seed),
        local_addr=("127.0.0.1", 0),
    )
    assert proxy.upward is not None
    opener = engine.publish if site.kind == "publish" else engine.receive
    site.take(opener("m", "a" if site.kind == "publish" else f"r{seed}", site.offer()))
    site.server = proxy.upward.get_extra_info("sockname")
    await site.connect()
    return proxy


class Asking:
    """A receiver that asks for gaps as a browser does, and counts whole pictures by deadline."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.asked: dict[int, tuple[int, float]] = {}

    def ask(self, now: float) -> None:
        numbers = self.site.numbers("V0")
        if not numbers:
            return
        holes = set(range(numbers[0], numbers[-1])) - set(numbers)
        due = []
        for number in sorted(holes):
            tries, last = self.asked.get(number, (0, 0.0))
            if tries < 10 and now - last > 0.1:
                self.asked[number] = (tries + 1, now)
                due.append(number)
        if due:
            nack = rtcp.write_nack(1, self.site.ssrc("V0"), due)
            self.site.report(rtcp.write_receiver_report(1, ()) + nack)


async def test_five_percent_loss_and_80_ms_lose_almost_no_picture() -> None:
    """Loss on the publisher's path and on each receiver's; NACK repairs both."""
    engine = Engine()
    engine.open()
    engine.open_meeting("m")
    engine.set_stage("m", {"V0": "a"}, {"A0": "a"})
    sites = [Site("publish"), *(Site("receive") for _ in range(3))]
    proxies = [await through(0.05, 0.04, s, engine, n) for n, s in enumerate(sites)]
    talker = Talker(sites[0])
    asking = [Asking(site) for site in sites[1:]]
    loop = asyncio.get_running_loop()
    for _ in range(900):
        talker.speak()
        for one in asking:
            one.ask(loop.time())
        await asyncio.sleep(1 / 60)
    for _ in range(60):
        for one in asking:
            one.ask(loop.time())
        await asyncio.sleep(1 / 60)
    assert sum(proxy.lost for proxy in proxies) > 100
    for site in sites[1:]:
        first = parse_rtp(site.plain[site.ssrc("V0")][0]).sequence + 0x10000
        by_time: dict[int, set[int]] = {}
        ends: dict[int, int] = {}
        for raw in site.plain[site.ssrc("V0")]:
            packet = parse_rtp(raw)
            number = unwrap(first, packet.sequence, 16)
            by_time.setdefault(packet.timestamp, set()).add(number)
            if packet.marker:
                ends[packet.timestamp] = number
        times = sorted(by_time)
        # a picture is whole when it runs from the end of the one before to its marker
        whole = sum(
            time in ends and before in ends and len(by_time[time]) == ends[time] - ends[before]
            for before, time in pairwise(times)
        )
        assert whole / (len(times) - 1) >= 0.99
    for site in sites:
        site.leave()
    await engine.close()
