"""Sender reports: one per lane and second, sooner for who joined, on the publisher's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from media import rtcp
from media.bounds import REPORT_FRESH_S, REPORT_INTERVAL_S
from media.clock import NTP_EPOCH
from media.forwarder import Feed
from media.lanes import Lane, Profile
from media.publisher import Publisher
from media.reports import report_lanes

from .test_publisher import KEY, Wire, publisher, raw, video

PROFILE = Profile("V0", 96, 55, 90000, 0, 16)


@dataclass
class Told:
    """A reporter that keeps what it was told."""

    said: list[tuple[Lane, bytes]] = field(default_factory=list)

    def report(self, lane: Lane, plain: bytes) -> None:
        self.said.append((lane, plain))


def on_air(*receivers: str) -> tuple[Publisher, Wire]:
    wire = Wire()
    made = publisher(wire, video(()))
    made.heard_rtp(raw(7, 1, KEY), 10.0)
    stream = made.incoming[7].stream
    for name in receivers:
        Feed(PROFILE, name).want(stream)
    made.heard_rtp(raw(7, 2, KEY), 10.0)
    return made, wire


def test_one_report_for_all_receivers_of_a_lane() -> None:
    made, _ = on_air("r1", "r2", "r3")
    told = Told()
    report_lanes(made, told, "bridge", 10.0, 1000.0)
    assert len(told.said) == 1
    lane, plain = told.said[0]
    assert len(lane.feeds) == 3
    report = rtcp.read_rtcp(plain)[0]
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.packets) == (55, 1)
    assert report.ntp >> 32 == 1000 + NTP_EPOCH
    assert b"bridge" in plain


def test_once_a_second_and_sooner_when_somebody_joined() -> None:
    made, _ = on_air("r1")
    told = Told()

    def count_at(now: float) -> int:
        report_lanes(made, told, "bridge", now, 1000.0 + now)
        return len(told.said)

    assert count_at(10.0) == 1
    assert count_at(10.0 + REPORT_FRESH_S * 1.01) == 1
    Feed(PROFILE, "r2").want(made.incoming[7].stream)
    made.heard_rtp(raw(7, 3, KEY), 10.3)
    assert count_at(10.0 + REPORT_FRESH_S * 0.99) == 1
    assert count_at(10.0 + REPORT_FRESH_S * 1.01) == 2
    assert count_at(10.0 + REPORT_INTERVAL_S) == 2
    assert count_at(10.01 + REPORT_FRESH_S + REPORT_INTERVAL_S) == 3


def test_the_reports_clock_is_the_publishers_and_of_the_slot() -> None:
    """A report of the source at one moment, in the slot's numbers a second later."""
    made, _ = on_air("r1")
    incoming = made.incoming[7]
    incoming.report = rtcp.SenderReport(7, (1000 + NTP_EPOCH) << 32, 50_000, 1, 1)
    made.source_clock.heard(incoming.report, 1000.0)
    told = Told()
    report_lanes(made, told, "bridge", 11.0, 1001.0)
    lane, plain = told.said[0]
    report = rtcp.read_rtcp(plain)[0]
    assert isinstance(report, rtcp.SenderReport)
    assert report.timestamp == 50_000 + 90_000 + lane.shift[1]
