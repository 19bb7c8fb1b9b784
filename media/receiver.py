"""A receive session: the slots of one site, what it reports, and which layer it can carry."""

from __future__ import annotations

from typing import Any, Protocol

from . import rtcp
from .answers import Slot
from .bounds import CARE_CALM_S, CARE_GAP_S, CARE_S, Bounds
from .clock import Clock, to_ntp
from .fanout import Fanout
from .feedback import Downlink
from .forwarder import Feed, Stream
from .lanes import Profile
from .peer import Peer
from .rtp import MalformedPacket


class Listener(Protocol):
    """Who carries a receiver's wishes to the sources."""

    def keyframe_wanted(self, receiver: Receiver, stream: Stream) -> None: ...


class Receiver:
    """The receive session of `site` in `meeting`."""

    def __init__(
        self,
        meeting: str,
        site: str,
        session: str,
        slots: list[Slot],
        listener: Listener,
        fanout: Fanout,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        self.meeting = meeting
        self.site = site
        self.session = session
        self.slots = slots
        self.listener = listener
        self.fanout = fanout
        self.clock = clock
        self.bounds = bounds
        self.peer: Peer | None = None
        self.feeds: dict[str, Feed] = {}
        self.downlink = Downlink()
        self.round_trip: float | None = None
        self.loss: dict[str, float] = {}
        self.jitter: dict[str, float] = {}
        self.layers: dict[str, str] = {}
        self.audio_only = False
        self.unusable = 0
        self._by_ssrc: dict[int, Feed] = {}
        self._slot_of = {slot.ssrc: slot for slot in slots}
        self._cared_at = 0.0
        self.care_at = 0.0
        """`takes_care` says no before this moment."""
        self._news = False
        self._calm = False
        self._resend = float(bounds.resend_burst)
        self._resend_at = 0.0

    def connected(self, overhead: int) -> None:
        """The keys are there: slots can be fed."""
        for slot in self.slots:
            profile = Profile(
                slot.name,
                slot.payload_type,
                slot.ssrc,
                slot.clock_rate,
                slot.abs_send_time,
                overhead,
            )
            feed = Feed(profile, self.peer, self.bounds.epochs)
            self.feeds[slot.name] = feed
            self._by_ssrc[slot.ssrc] = feed

    def moved(self) -> None:
        """The site's address changed: prepared messages hold the old one."""
        for feed in self.feeds.values():
            if feed.lane is not None:
                feed.lane.plan = None

    def takes_care(self, now: float) -> bool:
        """Whether its layers are to be chosen anew; true starts a new wait."""
        if now < self.care_at or not self.feeds:
            return False
        if self._calm and self.downlink.settled:
            wait = CARE_CALM_S
        else:
            wait = CARE_GAP_S if self._news else CARE_S
        if now < self._cared_at + wait:
            self.care_at = self._cared_at + wait
            return False
        self.cared(now)
        return True

    def cared(self, now: float) -> None:
        """Its layers are being chosen."""
        self._cared_at = now
        self.care_at = now + CARE_GAP_S
        self._news = False

    def notes_layers(self) -> bool:
        """Whether the layers it gets are others than at the last call; `layers` has them."""
        only = self.downlink.audio_only
        self._calm = all(feed.wanted is None for feed in self.feeds.values())
        layers = {
            slot: feed.lane.stream.layer
            for slot, feed in self.feeds.items()
            if feed.lane is not None and feed.lane.stream.video
        }
        if layers == self.layers and only == self.audio_only:
            return False
        self.layers, self.audio_only = layers, only
        return True

    def heard_rtp(self, plain: memoryview, now: float) -> None:
        """A receiver has nothing to say in RTP."""
        self.unusable += 1

    def heard_rtcp(self, data: bytes, now: float) -> None:
        """A plain compound packet of the receiver."""
        self._news = True
        try:
            reports = rtcp.read_rtcp(data)
        except MalformedPacket:
            self.unusable += 1
            return
        worst: float | None = None
        answered: rtcp.ReportBlock | None = None
        for report in reports:
            if isinstance(report, rtcp.ReportBlock):
                slot = self._slot_of.get(report.ssrc)
                if slot is None:
                    continue
                self.loss[slot.name] = report.lost_fraction
                self.jitter[slot.name] = report.jitter / slot.clock_rate * 1000
                worst = max(worst or 0.0, report.lost_fraction)
                if report.lsr:
                    answered = report
            elif isinstance(report, rtcp.Nack):
                self._resend_packets(report, now)
            elif isinstance(report, rtcp.KeyframeRequest):
                feed = self._by_ssrc.get(report.ssrc)
                if feed is not None and feed.lane is not None:
                    self.listener.keyframe_wanted(self, feed.lane.stream)
            elif isinstance(report, rtcp.Remb):
                self.downlink.remb(report.bitrate, now)
        if answered is not None:
            self._measure_round_trip(answered)
        if worst is not None:
            self.downlink.loss(worst, now)
        if not (self._calm and self.downlink.settled):
            self.care_at = self._cared_at + CARE_GAP_S

    def _measure_round_trip(self, report: rtcp.ReportBlock) -> None:
        middle = to_ntp(self.clock.wall()) >> 16 & 0xFFFFFFFF
        spent = ((middle - report.lsr - report.dlsr) & 0xFFFFFFFF) / 65536
        if spent < 10:
            self.round_trip = spent

    def _resend_packets(self, report: rtcp.Nack, now: float) -> None:
        feed = self._by_ssrc.get(report.ssrc)
        if feed is None:
            return
        grown = self._resend + (now - self._resend_at) * self.bounds.resend_per_s
        self._resend, self._resend_at = min(self.bounds.resend_burst, grown), now
        for sequence in report.sequences[: self.bounds.nack_answer_per_report]:
            if self._resend < 1:
                return
            plain = feed.find(sequence)
            if plain is not None and self.fanout.send_one(feed, plain):
                feed.resent += 1
                self._resend -= 1

    def close(self) -> None:
        for feed in self.feeds.values():
            feed.want(None)

    def stats(self) -> dict[str, Any]:
        peer = self.peer
        slots: dict[str, Any] = {}
        for name, feed in self.feeds.items():
            stream = feed.lane.stream if feed.lane is not None else None
            slots[name] = {
                "ssrc": feed.profile.ssrc,
                "source": stream.name.split("/")[0] if stream is not None else None,
                "layer": stream.layer if stream is not None else None,
                "packets": feed.lane.packets if feed.lane is not None else 0,
                "lost_fraction": round(self.loss.get(name, 0.0), 4),
                "jitter_ms": round(self.jitter.get(name, 0.0), 2),
                "resent": feed.resent,
            }
        return {
            "session": self.session,
            "state": peer.state if peer is not None else "closed",
            "round_trip_ms": None if self.round_trip is None else round(self.round_trip * 1000, 2),
            "budget": round(self.downlink.budget),
            "audio_only": self.audio_only,
            "unauthentic": peer.unauthentic if peer is not None else 0,
            "slots": slots,
        }
