"""A publisher's packets become streams: layers by RID, retransmissions, bounds, reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import pack
from typing import Any

from media import rtcp
from media.answers import Track
from media.bounds import Bounds
from media.clock import Clock
from media.forwarder import Feed, Stream
from media.lanes import Lane, Profile, SourcePacket
from media.publisher import Publisher
from media.rtp import parse_rtp
from media.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID

KEY = bytes((0x90, 0x80, 0x80, 0x01)) + b"\x00key"
DELTA = bytes((0x90, 0x80, 0x80, 0x02)) + b"\x01delta"


@dataclass
class Wire:
    """Sink and listener in one."""

    sent: list[bytes] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    missed: int = 0

    def send(self, lane: Lane, plain: bytes) -> None:
        self.sent += [plain] * len(lane.feeds)

    def send_one(self, feed: Feed, plain: bytes) -> bool:
        self.sent.append(plain)
        return True

    def stream_started(self, publisher: Publisher, stream: Stream) -> None:
        self.started.append(stream.name)

    def level_heard(self, publisher: Publisher, level_db: float, now: float) -> None:
        self.levels.append(level_db)

    def packet_forwarded(self, publisher: Publisher, stream: Stream, packet: SourcePacket) -> None:
        pass

    def packet_missed(self) -> None:
        self.missed += 1


class FakePeer:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_rtcp(self, plain: bytes) -> None:
        self.sent.append(plain)


def video(layers: tuple[str, ...] = ("q", "h"), **more: Any) -> Track:
    extensions = {9: MID, 10: RID, 11: REPAIRED_RID}
    return Track("video", "vp8", 96, 97, 90000, "0", extensions, layers, (), **more)


def audio() -> Track:
    return Track("audio", "opus", 111, None, 48000, "1", {12: AUDIO_LEVEL}, (), ())


def publisher(wire: Wire, *tracks: Track, bounds: Bounds | None = None) -> Publisher:
    clock = Clock(now=lambda: 0.0, wall=lambda: 1000.0)
    made = Publisher("m", "a", "s", list(tracks), wire, wire, clock, bounds or Bounds())
    made.peer = FakePeer()  # type: ignore[assignment]
    return made


def raw(
    ssrc: int, sequence: int, payload: bytes, kind: int = 96, **extensions: tuple[int, bytes]
) -> bytes:
    body = b"".join(
        bytes((number << 4 | len(value) - 1,)) + value for number, value in extensions.values()
    )
    body += bytes(-len(body) % 4)
    first = 0x90 if body else 0x80
    head = pack(">BBHII", first, kind, sequence & 0xFFFF, sequence * 3000 & 0xFFFFFFFF, ssrc)
    block = pack(">HH", 0xBEDE, len(body) // 4) + body if body else b""
    return head + block + payload


class TestLayers:
    def test_rids_name_the_layers_and_may_stop_coming(self) -> None:
        wire = Wire()
        made = publisher(wire, video())
        made.heard_rtp(raw(2, 10, KEY, rid=(10, b"h")), 0.0)
        made.heard_rtp(raw(1, 10, KEY, rid=(10, b"q")), 0.0)
        made.heard_rtp(raw(1, 11, DELTA), 0.0)
        assert [i.stream.layer for i in made.layers("video")] == ["q", "h"]
        assert made.incoming[1].stream.packets == 2
        assert wire.started == ["a/video/h", "a/video/q"]

    def test_an_unnamed_layer_waits_for_its_name(self) -> None:
        made = publisher(Wire(), video())
        made.heard_rtp(raw(1, 10, KEY), 0.0)
        made.heard_rtp(raw(1, 11, KEY, rid=(10, b"nobody")), 0.0)
        assert not made.incoming
        made.heard_rtp(raw(1, 12, KEY, rid=(10, b"q")), 0.0)
        assert made.incoming

    def test_a_new_ssrc_of_a_layer_replaces_the_old(self) -> None:
        wire = Wire()
        made = publisher(wire, video())
        made.heard_rtp(raw(1, 10, KEY, rid=(10, b"q")), 0.0)
        feed = Feed(Profile("V0", 96, 5, 90000, 0, 16), "x")
        feed.want(made.incoming[1].stream)
        made.heard_rtp(raw(1, 11, KEY), 0.0)
        made.heard_rtp(raw(7, 500, KEY, rid=(10, b"q")), 0.0)
        assert list(made.incoming) == [7]
        assert feed.lane is None
        assert feed.numbering is not None

    def test_streams_are_bounded(self) -> None:
        made = publisher(Wire(), video(()), audio(), bounds=Bounds(streams_per_session=1))
        made.heard_rtp(raw(1, 10, KEY), 0.0)
        made.heard_rtp(raw(2, 10, b"x", kind=111), 0.0)
        assert list(made.incoming) == [1]
        assert made.unusable == 1

    def test_unknown_payload_types_are_refused_once(self) -> None:
        made = publisher(Wire(), audio())
        for number in range(200):
            made.heard_rtp(raw(number, 1, b"x", kind=5), 0.0)
        assert made.unusable == 200
        assert not made.incoming

    def test_goodbye_ends_a_stream(self) -> None:
        made = publisher(Wire(), audio())
        made.heard_rtp(raw(2, 10, b"x", kind=111), 0.0)
        made.heard_rtcp(bytes.fromhex("81cb000100000002"), 0.0)
        assert not made.incoming


class TestRepair:
    def test_a_repeated_packet_takes_its_old_place(self) -> None:
        wire = Wire()
        made = publisher(wire, video())
        made.heard_rtp(raw(1, 10, KEY, rid=(10, b"q")), 0.0)
        feed = Feed(Profile("V0", 96, 5, 90000, 0, 16), "x")
        feed.want(made.incoming[1].stream)
        made.heard_rtp(raw(1, 11, KEY), 0.1)
        made.heard_rtp(raw(1, 13, DELTA), 0.2)
        assert wire.missed == 1
        original = (12).to_bytes(2, "big") + DELTA
        made.heard_rtp(raw(50, 900, original, kind=97, rrid=(11, b"q")), 0.3)
        assert made.recovered == 1
        assert [parse_rtp(p).sequence for p in wire.sent] == [11, 13, 12]
        assert parse_rtp(wire.sent[2]).payload == parse_rtp(wire.sent[1]).payload
        assert len(made.incoming[1].missing) == 0

    def test_repair_streams_named_in_the_offer(self) -> None:
        track = Track("video", "vp8", 96, 97, 90000, "0", {}, (), (1, 50), {50: 1})
        made = publisher(Wire(), track)
        made.heard_rtp(raw(1, 10, KEY), 0.0)
        made.heard_rtp(raw(1, 12, DELTA), 0.0)
        made.heard_rtp(raw(50, 1, (11).to_bytes(2, "big") + DELTA, kind=97), 0.0)
        assert made.incoming[1].stream.packets == 3

    def test_probing_by_padding_is_no_picture(self) -> None:
        made = publisher(Wire(), video())
        made.heard_rtp(raw(1, 10, KEY, rid=(10, b"q")), 0.0)
        made.heard_rtp(raw(50, 1, b"", kind=97, rrid=(11, b"q")), 0.0)
        assert made.recovered == 0


class TestFeedbackToTheSite:
    def sent(self, made: Publisher) -> list[rtcp.Report]:
        peer = made.peer
        assert isinstance(peer, FakePeer)
        found = [report for data in peer.sent for report in rtcp.read_rtcp(data)]
        peer.sent.clear()
        return found

    def test_gaps_are_asked_for_and_reports_are_sent(self) -> None:
        made = publisher(Wire(), video(()), audio())
        made.heard_rtp(raw(1, 10, KEY), 10.0)
        made.heard_rtp(raw(1, 13, DELTA), 10.0)
        made.heard_rtp(raw(2, 1, b"x", kind=111), 10.0)
        made.tick(10.05)
        reports = self.sent(made)
        assert rtcp.Nack(1, (11, 12)) in reports
        blocks = {r.ssrc: r for r in reports if isinstance(r, rtcp.ReportBlock)}
        assert blocks[1].lost == 2
        assert blocks[1].lost_fraction == 0.5
        assert blocks[2].lost == 0
        rates = [r for r in reports if isinstance(r, rtcp.Remb)]
        assert rates[0].ssrcs == (1,)

    def test_a_waiting_receiver_asks_for_a_keyframe_once(self) -> None:
        made = publisher(Wire(), video(()))
        made.heard_rtp(raw(1, 10, DELTA), 10.0)
        Feed(Profile("V0", 96, 5, 90000, 0, 16), "x").want(made.incoming[1].stream)
        for step in range(10):
            made.tick(10.0 + step * 0.02)
        asked = [r for r in self.sent(made) if isinstance(r, rtcp.KeyframeRequest)]
        assert asked == [rtcp.KeyframeRequest(1)]
        made.heard_rtp(raw(1, 11, KEY), 10.3)
        made.tick(12.0)
        assert not [r for r in self.sent(made) if isinstance(r, rtcp.KeyframeRequest)]

    def test_levels_are_heard(self) -> None:
        wire = Wire()
        made = publisher(wire, audio())
        made.heard_rtp(raw(2, 1, b"x", kind=111, level=(12, bytes((0x80 | 25,)))), 0.0)
        assert wire.levels == [-25.0]

    def test_malformed_packets_are_counted(self) -> None:
        made = publisher(Wire(), audio())
        made.heard_rtp(b"\x80", 0.0)
        made.heard_rtcp(b"\x80\xc8\x00\x09", 0.0)
        assert made.unusable == 2
