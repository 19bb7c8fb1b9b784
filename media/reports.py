"""Sender reports to receivers, so that their lips are in step (RFC 3550 §6.4.1).

All receivers of a lane have the same numbers, so a report is written once per lane and leaves
like a packet of media does: one protection per receiver, one batch.
"""

from __future__ import annotations

from typing import Protocol

from . import rtcp
from .bounds import REPORT_FRESH_S, REPORT_INTERVAL_S
from .clock import to_ntp
from .lanes import Lane
from .publisher import Publisher


class Reporter(Protocol):
    """Where reports go."""

    def report(self, lane: Lane, plain: bytes) -> None: ...


def report_lanes(
    publisher: Publisher, reporter: Reporter, cname: str, now: float, wall: float
) -> None:
    """Once a second per lane, sooner for one that somebody joined. `cname`: of all slots."""
    for incoming in publisher.incoming.values():
        stream = incoming.stream
        for lane in stream.lanes.values():
            gap = now - lane.reported
            if gap < (REPORT_FRESH_S if lane.fresh else REPORT_INTERVAL_S):
                continue
            timestamp = publisher.timestamp_at(stream, wall, now)
            if timestamp is None:
                break
            lane.reported = now
            lane.fresh = False
            ssrc = lane.profile.ssrc
            clock = timestamp + lane.shift[1]
            report = rtcp.SenderReport(ssrc, to_ntp(wall), clock, lane.packets, lane.octets)
            reporter.report(
                lane, rtcp.write_sender_report(report) + rtcp.write_cname((ssrc,), cname)
            )
