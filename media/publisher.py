"""A publish session: packets of one site in, its streams to the forwarder, feedback back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from . import rtcp
from .answers import REPORT_SSRC, Track
from .bounds import REMB_INTERVAL_S, REPORT_INTERVAL_S, Bounds
from .clock import Clock, abs_send_time
from .feedback import KeyframeRequests, Missing, Uplink
from .forwarder import Stream
from .lanes import Sink, SourcePacket
from .peer import Peer
from .reception import Reception, SourceClock
from .rtp import MalformedPacket, RtpPacket, parse_rtp
from .sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID


@dataclass(eq=False)
class Incoming:
    """One media SSRC of the publisher."""

    ssrc: int
    track: Track
    stream: Stream
    reception: Reception
    missing: Missing
    keyframes: KeyframeRequests
    report: rtcp.SenderReport | None = None
    level: int | None = None
    sequence: int = 0
    """Rank of a layer at a sibling worker, lowest first."""


class Listener(Protocol):
    """Who hears of a publisher."""

    def stream_started(self, publisher: Publisher, stream: Stream) -> None: ...
    def level_heard(self, publisher: Publisher, level_db: float, now: float) -> None: ...
    def packet_forwarded(
        self, publisher: Publisher, stream: Stream, packet: SourcePacket
    ) -> None: ...
    def packet_missed(self) -> None: ...


class Publisher:
    """The publish session of `site` in `meeting`."""

    def __init__(
        self,
        meeting: str,
        site: str,
        session: str,
        tracks: list[Track],
        listener: Listener,
        sink: Sink,
        clock: Clock,
        bounds: Bounds,
    ) -> None:
        self.meeting = meeting
        self.site = site
        self.session = session
        self.tracks = tracks
        self.peer: Peer | None = None
        self.listener = listener
        self.sink = sink
        self.clock = clock
        self.bounds = bounds
        self.source_clock = SourceClock()
        self.uplink = Uplink()
        self.incoming: dict[int, Incoming] = {}
        self._repairs: dict[int, Incoming] = {}
        self._refused: set[int] = set()
        self._by_type = {t.payload_type: t for t in tracks}
        self._by_rtx = {t.rtx_payload_type: t for t in tracks if t.rtx_payload_type is not None}
        self._by_mid = {t.mid: t for t in tracks if t.mid}
        self._extension = {
            (t.kind, uri): number for t in tracks for number, uri in t.extensions.items()
        }
        self._remb_at = 0.0
        self._report_at = 0.0
        self._plain: set[int] = set()
        """SSRCs of which no header extension is of use any more."""
        self.packets = 0
        self.unusable = 0
        self.recovered = 0

    def layers(self, kind: str) -> list[Incoming]:
        """The streams of a kind, lowest layer first."""
        track = next((t for t in self.tracks if t.kind == kind), None)
        found = [i for i in self.incoming.values() if i.track is track]
        if track is not None and track.layers:
            found.sort(key=lambda i: track.layers.index(i.stream.layer))
        return found

    def heard_rtp(self, data: bytes | memoryview, now: float) -> None:
        """A plain RTP packet of the publisher."""
        self.packets += 1
        try:
            packet = parse_rtp(data, self._plain)
        except MalformedPacket:
            self.unusable += 1
            return
        incoming = self.incoming.get(packet.ssrc)
        if incoming is not None and packet.payload_type == incoming.track.payload_type:
            self._media(incoming, packet, now)
            return
        repaired = self._repairs.get(packet.ssrc)
        if repaired is None and incoming is None:
            incoming, repaired = self._introduce(packet)
            if incoming is not None:
                self._media(incoming, packet, now)
                return
        if repaired is not None and len(packet.payload) > 2:
            original = packet.payload[0] << 8 | packet.payload[1]
            self.recovered += 1
            self._media(
                repaired,
                RtpPacket(
                    repaired.track.payload_type,
                    packet.marker,
                    original,
                    packet.timestamp,
                    repaired.ssrc,
                    {},
                    packet.payload[2:],
                ),
                now,
            )

    def _media(self, incoming: Incoming, packet: RtpPacket, now: float) -> None:
        stream = incoming.stream
        kept = stream.accept(packet, now, abs_send_time(now))
        if kept is None:
            return
        reception = incoming.reception
        reception.arrived(kept.ext, packet.timestamp, len(packet.payload), now)
        if incoming.report is None:
            reception.follow(kept.ext, packet.timestamp, now)
        if stream.video:
            if incoming.missing.arrived(kept.ext, now):
                self.listener.packet_missed()
            if kept.starts_key:
                incoming.keyframes.came()
                incoming.missing.reset()
        elif incoming.level is not None:
            level = packet.extensions.get(incoming.level)
            if level:
                self.listener.level_heard(self, -float(level[0] & 0x7F), now)
        stream.forward(kept, now, self.sink)
        self.listener.packet_forwarded(self, stream, kept)

    def _introduce(self, packet: RtpPacket) -> tuple[Incoming | None, Incoming | None]:
        """Find what an unknown SSRC is: a track, a layer, or a retransmission stream."""
        if packet.ssrc in self._refused:
            return None, None
        track = self._by_type.get(packet.payload_type) or self._by_rtx.get(packet.payload_type)
        if track is None:
            self._refuse(packet.ssrc)
            return None, None
        mid = packet.extensions.get(self._extension.get((track.kind, MID), -1))
        if mid is not None:
            # two m-lines may share a payload type only with distinct mids
            track = self._by_mid.get(mid.decode("ascii", "replace"), track)
        if packet.payload_type == track.rtx_payload_type:
            return None, self._introduce_repair(packet, track)
        layer = ""
        if track.layers:
            rid = packet.extensions.get(self._extension.get((track.kind, RID), -1), b"")
            layer = rid.decode("ascii", "replace")
            if layer not in track.layers:
                # the extension comes on the first packets only: wait for one
                return None, None
        elif track.ssrcs and packet.ssrc not in track.ssrcs and track.kind == "video":
            self._refuse(packet.ssrc)
            return None, None
        if len(self.incoming) + len(self._repairs) >= self.bounds.streams_per_session:
            self._refuse(packet.ssrc)
            return None, None
        for old in [i for i in self.layers(track.kind) if i.stream.layer == layer]:
            # a new SSRC for the same layer: the encoder started again
            self.drop(old)
        stream = Stream(
            track.codec,
            track.clock_rate,
            layer=layer,
            bounds=self.bounds,
            name=f"{self.site}/{track.kind}/{layer}",
        )
        incoming = Incoming(
            packet.ssrc,
            track,
            stream,
            Reception(track.clock_rate),
            Missing(self.bounds),
            KeyframeRequests(),
            level=self._extension.get(("audio", AUDIO_LEVEL)) if track.kind == "audio" else None,
        )
        self.incoming[packet.ssrc] = incoming
        if incoming.level is None:
            self._plain.add(packet.ssrc)
        for repair, media in track.repairs.items():
            if media == packet.ssrc:
                self._repairs[repair] = incoming
        self.listener.stream_started(self, stream)
        return incoming, None

    def _introduce_repair(self, packet: RtpPacket, track: Track) -> Incoming | None:
        found = None
        if track.layers:
            number = self._extension.get((track.kind, REPAIRED_RID), -1)
            rid = packet.extensions.get(number, b"").decode("ascii", "replace")
            found = next((i for i in self.layers(track.kind) if i.stream.layer == rid), None)
        elif packet.ssrc in track.repairs:
            found = self.incoming.get(track.repairs[packet.ssrc])
        else:
            found = next(iter(self.layers(track.kind)), None)
        if found is not None and len(self._repairs) < self.bounds.streams_per_session:
            self._repairs[packet.ssrc] = found
        return found

    def _refuse(self, ssrc: int) -> None:
        self.unusable += 1
        if len(self._refused) < 64:
            self._refused.add(ssrc)

    def drop(self, incoming: Incoming) -> None:
        """Forget a stream; its feeds keep their last picture."""
        incoming.stream.close()
        self.incoming.pop(incoming.ssrc, None)
        self._plain.discard(incoming.ssrc)
        for repair in [r for r, i in self._repairs.items() if i is incoming]:
            del self._repairs[repair]

    def heard_rtcp(self, data: bytes, now: float) -> None:
        """A plain compound packet of the publisher: its sender reports and goodbyes."""
        try:
            reports = rtcp.read_rtcp(data)
        except MalformedPacket:
            self.unusable += 1
            return
        for report in reports:
            if isinstance(report, rtcp.SenderReport):
                incoming = self.incoming.get(report.ssrc)
                if incoming is not None and report.ntp:
                    incoming.report = report
                    incoming.reception.heard_report(report.ntp, now)
                    self.source_clock.heard(report, self.clock.wall())
            elif isinstance(report, rtcp.Bye):
                for ssrc in report.ssrcs:
                    gone = self.incoming.get(ssrc)
                    if gone is not None:
                        self.drop(gone)

    @property
    def busy(self) -> bool:
        """Whether something is being asked for, so that the next tick must come soon."""
        return any(
            i.missing or i.keyframes.wanted for i in self.incoming.values() if i.stream.video
        )

    def tick(self, now: float) -> None:
        """Ask again, ask for keyframes, report."""
        if self.peer is None:
            return
        out: list[bytes] = []
        for incoming in self.incoming.values():
            if incoming.stream.video:
                out += self._ask(incoming, now)
        if now - self._report_at >= REPORT_INTERVAL_S:
            self._report_at = now
            out.insert(0, self._report(now))
        if now - self._remb_at >= REMB_INTERVAL_S and self.incoming:
            self._remb_at = now
            video = [i.ssrc for i in self.incoming.values() if i.stream.video]
            if video:
                out.append(rtcp.write_remb(REPORT_SSRC, self.uplink.rate, video))
        if out:
            if out[0][1] != rtcp.RR:
                out.insert(0, rtcp.write_receiver_report(REPORT_SSRC, ()))
            self.peer.send_rtcp(b"".join(out))

    def _ask(self, incoming: Incoming, now: float) -> list[bytes]:
        out: list[bytes] = []
        numbers = incoming.missing.due(now)
        if numbers:
            out.append(rtcp.write_nack(REPORT_SSRC, incoming.ssrc, numbers[:120]))
        stream = incoming.stream
        watched = bool(stream.lanes)
        if stream.waiting or (incoming.missing.hopeless and watched):
            incoming.keyframes.wanted = True
        if incoming.keyframes.due(now):
            out.append(rtcp.write_pli(REPORT_SSRC, incoming.ssrc))
        return out

    def want_keyframe(self, stream: Stream) -> None:
        for incoming in self.incoming.values():
            if incoming.stream is stream:
                incoming.keyframes.wanted = True

    def _report(self, now: float) -> bytes:
        blocks = []
        worst = 0.0
        received = 0.0
        for incoming in self.incoming.values():
            incoming.reception.measure(now)
            received += incoming.reception.bitrate
            block = incoming.reception.block(incoming.ssrc, now)
            worst = max(worst, block.lost_fraction)
            blocks.append(block)
        self.uplink.report(worst, received)
        return rtcp.write_receiver_report(REPORT_SSRC, blocks)

    def timestamp_at(self, stream: Stream, wall: float, now: float) -> int | None:
        """The RTP timestamp of `stream` now: by its sender reports, else by its arrivals."""
        for incoming in self.incoming.values():
            if incoming.stream is stream:
                if incoming.report is None:
                    return incoming.reception.timestamp_at(now)
                return self.source_clock.timestamp_at(incoming.report, stream.clock_rate, wall)
        return None

    def close(self) -> None:
        for incoming in list(self.incoming.values()):
            self.drop(incoming)

    def stats(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": i.track.kind,
                "layer": i.stream.layer,
                "ssrc": i.ssrc,
                "bitrate": round(i.reception.bitrate),
                "packets": i.reception.received,
                "lost": i.reception.lost,
                "jitter_ms": round(i.reception.jitter / i.stream.clock_rate * 1000, 2),
                "keyframes": i.stream.keyframes if i.stream.video else 0,
                "nacks": i.missing.requests,
                "plis": i.keyframes.sent,
            }
            for i in self.incoming.values()
        ]
