"""How often a receiver's layers are chosen anew."""

from __future__ import annotations

import pytest

from media import rtcp
from media.answers import Slot
from media.bounds import CARE_CALM_S, CARE_GAP_S, CARE_S, Bounds
from media.clock import Clock
from media.fanout import Fanout
from media.forwarder import Stream
from media.receiver import Receiver

from .test_fanout import sender

RATES = {"V0": [100_000.0, 900_000.0]}


class Nobody:
    """A listener without sources."""

    def keyframe_wanted(self, receiver: Receiver, stream: Stream) -> None:
        raise AssertionError("nothing stands in a slot")


@pytest.fixture
def receiver() -> Receiver:
    clock = Clock(now=lambda: 0.0, wall=lambda: 1000.0)
    slot = Slot("V0", "video", 96, 5, 90000, 0)
    made = Receiver("m", "r", "s", [slot], Nobody(), Fanout(sender()), clock, Bounds())
    made.connected(16)
    return made


def report(receiver: Receiver, bitrate: int, now: float) -> None:
    receiver.heard_rtcp(rtcp.write_receiver_report(1, ()) + rtcp.write_remb(1, bitrate, [5]), now)


def care(receiver: Receiver, now: float) -> bool:
    """As the engine's tick does; true when it was the receiver's turn."""
    if not receiver.takes_care(now):
        return False
    receiver.downlink.decide(now, RATES)
    receiver.notes_layers()
    return True


def turns(receiver: Receiver, start: float, seconds: float) -> int:
    return sum(care(receiver, start + step * 0.02) for step in range(int(seconds / 0.02)))


def test_nobody_waits_longer_than_half_a_second_while_something_may_change(
    receiver: Receiver,
) -> None:
    report(receiver, 300_000, 100.0)
    assert turns(receiver, 100.0, 4) == pytest.approx(4 / CARE_S, abs=1)


def test_who_gets_all_there_is_is_left_alone(receiver: Receiver) -> None:
    for second in range(30):
        report(receiver, 5_000_000, 100.0 + second)
        turns(receiver, 100.0 + second, 1)
    assert receiver.downlink.settled
    count = 0
    for second in range(10):
        report(receiver, 5_000_000, 130.0 + second)
        count += turns(receiver, 130.0 + second, 1)
    assert count == pytest.approx(10 / CARE_CALM_S, abs=1)


@pytest.mark.parametrize("bad", ["estimate", "loss"])
def test_bad_news_end_the_calm_at_once(receiver: Receiver, bad: str) -> None:
    for second in range(30):
        report(receiver, 5_000_000, 100.0 + second)
        turns(receiver, 100.0 + second, 1)
    start = 131.0 + CARE_CALM_S
    assert care(receiver, start)
    if bad == "estimate":
        report(receiver, 200_000, start + 0.01)
    else:
        lossy = rtcp.ReportBlock(5, 0.3, 10, 1, 1, 0, 0)
        receiver.heard_rtcp(rtcp.write_receiver_report(1, [lossy]), start + 0.01)
    assert not care(receiver, start + CARE_GAP_S - 0.01)
    assert care(receiver, start + CARE_GAP_S + 0.001)


def test_who_waits_for_a_picture_is_not_calm(receiver: Receiver) -> None:
    for second in range(30):
        report(receiver, 5_000_000, 100.0 + second)
        turns(receiver, 100.0 + second, 1)
    receiver.feeds["V0"].want(Stream("vp8", 90000))
    receiver.notes_layers()
    report(receiver, 5_000_000, 131.0)
    assert turns(receiver, 131.0, 4) >= 4 / CARE_S - 1
