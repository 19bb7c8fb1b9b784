"""What a stage offers, and how soon a receiver follows when that changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from media import rtcp
from media.answers import Slot
from media.bounds import CALM_TICK_S, Bounds
from media.clock import Clock
from media.engine import Engine
from media.publisher import Publisher
from media.receiver import Receiver
from media.staging import STALE_S

from .test_publisher import DELTA, KEY, Wire, raw, video
from .test_publisher import publisher as make_publisher


class Keyless:
    """A transport that nothing can be sent to."""

    tx = address = None


class Hall:
    """An engine without network: a site with two layers on stage, another that watches."""

    def __init__(self) -> None:
        self.time = 100.0
        clock = Clock(now=lambda: self.time, wall=lambda: self.time)
        self.engine = Engine(clock=clock)
        self.engine.open_meeting("m")
        self.talker: Publisher = make_publisher(Wire(), video())
        self.engine.publishers["s"] = self.talker
        slot = Slot("V0", "video", 96, 5, 90000, 0)
        self.viewer = Receiver(
            "m", "r", "v", [slot], self.engine, self.engine.fanout, clock, Bounds()
        )
        self.viewer.peer = Keyless()  # type: ignore[assignment]
        self.viewer.connected(16)
        self.engine.receivers["v"] = self.viewer
        self.engine.set_stage("m", {"V0": "a"}, {})
        self.sequence = 10

    def pass_time(self, seconds: float, *ssrcs: int) -> None:
        """Pictures of `ssrcs` (1 is the layer q, 2 is h), a keyframe each second, and ticks."""
        for _ in range(round(seconds / CALM_TICK_S)):
            self.time += CALM_TICK_S
            self.sequence += 1
            for ssrc in ssrcs:
                payload = DELTA if self.sequence % 12 else KEY
                rid = (10, b"q" if ssrc == 1 else b"h")
                self.talker.heard_rtp(raw(ssrc, self.sequence, payload, rid=rid), self.time)
            if self.sequence % 12 == 0:
                remb = rtcp.write_remb(1, 5_000_000, [5])
                self.viewer.heard_rtcp(rtcp.write_receiver_report(1, ()) + remb, self.time)
            self.engine.tick(self.time)

    @property
    def shown(self) -> str:
        feed = self.viewer.feeds["V0"]
        stream = feed.wanted or (feed.lane.stream if feed.lane is not None else None)
        return stream.layer if stream is not None else ""


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall()
    yield made
    made.engine.port.close()


def test_a_site_that_has_everything_follows_at_once_when_a_layer_falls_silent(hall: Hall) -> None:
    """Encoders pause the top layer on thin links: nobody may look at its last picture for long."""
    hall.pass_time(30, 1, 2)
    assert hall.shown == "h"
    assert hall.viewer.downlink.settled
    cared = hall.viewer.care_at
    hall.pass_time(STALE_S + 2 * CALM_TICK_S, 1)
    assert hall.time < cared + STALE_S
    assert hall.shown == "q"


def test_a_site_that_has_everything_gets_a_layer_that_comes_back(hall: Hall) -> None:
    hall.pass_time(30, 1, 2)
    hall.pass_time(20, 1)
    assert hall.shown == "q"
    assert hall.viewer.downlink.settled
    hall.pass_time(3, 1, 2)
    assert hall.shown == "h"


def test_a_calm_tick_leaves_settled_sites_alone(hall: Hall) -> None:
    hall.pass_time(30, 1, 2)
    points: list[float] = []
    point = hall.engine._point

    def counted(*args: object) -> None:
        points.append(hall.time)
        point(*args)  # type: ignore[arg-type]

    hall.engine._point = counted  # type: ignore[method-assign]
    hall.pass_time(10, 1, 2)
    assert len(points) <= 3
