"""Whatever the switches, losses and layer changes: each slot stays continuous and decodable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bounds import Bounds
from media.forwarder import Feed, Stream
from media.lanes import Lane, Profile, SourcePacket
from media.rtp import RtpPacket, parse_rtp, read_vp8, unwrap

from .pictures import Judge, Publisher

VIDEO = Profile("V0", 97, 0x50480000, 90000, 3, 16)
OTHER = Profile("V0", 120, 0x50480000, 90000, 0, 16)
SOUND = Profile("A0", 111, 0x50481000, 48000, 0, 16)
STEP = 1 / 30


@dataclass
class Wire:
    """A sink that keeps what each feed was sent."""

    sent: dict[Feed, list[bytes]] = field(default_factory=dict)

    def send(self, lane: Lane, plain: bytes) -> None:
        for feed in lane.feeds:
            self.sent.setdefault(feed, []).append(plain)

    def send_one(self, feed: Feed, plain: bytes) -> bool:
        self.sent.setdefault(feed, []).append(plain)
        return True


def numbered(packets: list[bytes]) -> dict[int, bytes]:
    """Extended sequence number → bytes; the same number never names different bytes."""
    found: dict[int, bytes] = {}
    last = None
    for raw in packets:
        sequence = parse_rtp(raw).sequence
        last = sequence + 0x10000 if last is None else unwrap(last, sequence, 16)
        assert found.setdefault(last, raw) == raw, "one index, two contents: GCM nonce reuse"
    return found


def put(stream: Stream, packets: list[RtpPacket], now: float, wire: Wire) -> None:
    for packet in packets:
        kept = stream.accept(packet, now, 7)
        if kept is not None:
            stream.forward(kept, now, wire)


def check_continuous(packets: list[bytes], codec: str) -> list[bytes]:
    """Sequence without a hole, time that grows, picture ids that count; returns them in order."""
    by_number = numbered(packets)
    numbers = sorted(by_number)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    ordered = [by_number[n] for n in numbers]
    time = picture = tl0 = None
    for raw in ordered:
        packet = parse_rtp(raw)
        if time is None or packet.timestamp != time:
            if time is not None:
                grown = (packet.timestamp - time) & 0xFFFFFFFF
                assert 0 < grown < 90000 * 60
            time = packet.timestamp
            if codec == "vp8":
                vp8 = read_vp8(packet.payload)
                if picture is not None and tl0 is not None:
                    assert vp8.picture_id == (picture + 1) & 0x7FFF
                    assert vp8.tl0 == (tl0 + 1) & 0xFF
                picture, tl0 = vp8.picture_id, vp8.tl0
    return ordered


sources = st.lists(
    st.builds(
        dict,
        sequence=st.integers(0, 0xFFFF) | st.integers(0xFFE0, 0xFFFF),
        timestamp=st.integers(0, 0xFFFFFFFF) | st.integers(0xFFFFF000, 0xFFFFFFFF),
        picture_id=st.integers(0, 0x7FFF) | st.integers(0x7FF0, 0x7FFF),
        tl0=st.integers(0, 255),
        short_id=st.booleans(),
        chunk=st.integers(12, 100),
    ),
    min_size=2,
    max_size=3,
)


class TestSwitching:
    @pytest.mark.parametrize("codec", ["vp8", "h264"])
    @given(starts=sources, plan=st.lists(st.integers(0, 3), min_size=20, max_size=60))
    @settings(max_examples=40, deadline=None)
    def test_any_switch_keeps_a_slot_continuous_and_decodable(
        self, codec: str, starts: list[dict[str, Any]], plan: list[int]
    ) -> None:
        """Two receivers with different wishes; `plan` names the source for each tick (3: none)."""
        wire = Wire()
        shades = (40, 110, 170)
        publishers = [
            Publisher(codec, shades[i], 1000 + i, **start) for i, start in enumerate(starts)
        ]
        streams = [Stream(codec, 90000, name=str(i)) for i in range(len(starts))]
        feeds = [Feed(VIDEO, "one"), Feed(OTHER, "two"), Feed(VIDEO, "late")]
        now = 100.0
        shown: list[int] = []
        for tick, choice in enumerate(plan):
            now += STEP
            for feed in feeds[: 2 if tick < 10 else 3]:
                feed.want(streams[choice] if choice < len(streams) else None)
                if choice < len(streams):
                    streams[choice].start_late(feed, now, wire)
            for publisher, stream in zip(publishers, streams, strict=True):
                asked = bool(stream.waiting) and tick % 3 == 0
                put(stream, publisher.picture(key=asked), now, wire)
            lane = feeds[0].lane
            if lane is not None:
                shown.append(shades[streams.index(lane.stream)])
        for feed in feeds:
            packets = wire.sent.get(feed, [])
            if not packets:
                continue
            ordered = check_continuous(packets, codec)
            decoded = Judge(codec).decode(ordered)
            assert len(decoded) == sum(parse_rtp(p).marker for p in ordered)
            assert all(min(abs(d - s) for s in shades) < 12 for d in decoded)
            for raw in ordered:
                packet = parse_rtp(raw)
                assert packet.payload_type == feed.profile.payload_type
                assert packet.ssrc == feed.profile.ssrc
                assert (3 in packet.extensions) == bool(feed.profile.abs_send_time)
        if wire.sent.get(feeds[0]):
            seen = Judge(codec).decode(check_continuous(wire.sent[feeds[0]], codec))
            expected = len({*shown})
            assert len({min(shades, key=lambda s: abs(s - d)) for d in seen}) == expected

    def test_the_old_picture_stays_until_the_keyframe(self) -> None:
        wire = Wire()
        old, new = Stream("vp8", 90000, name="old"), Stream("vp8", 90000, name="new")
        one = Publisher("vp8", 40, 1)
        two = Publisher("vp8", 110, 2, position=1)
        feed = Feed(VIDEO, "x")
        feed.want(old)
        put(old, one.picture(key=True), 1.0, wire)
        feed.want(new)
        put(new, two.picture(), 1.03, wire)
        put(old, one.picture(), 1.04, wire)
        assert feed.lane is not None
        assert feed.lane.stream is old
        put(new, two.picture(key=True), 1.07, wire)
        assert feed.lane.stream is new
        put(old, one.picture(), 1.08, wire)
        assert set(Judge("vp8").decode(check_continuous(wire.sent[feed], "vp8"))) == {40, 110}

    def test_an_emptied_slot_goes_on_later_where_it_stood(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1, sequence=65530)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        put(stream, publisher.picture(key=True), 1.0, wire)
        feed.want(None)
        put(stream, publisher.picture(), 5.0, wire)
        feed.want(stream)
        put(stream, publisher.picture(key=True), 9.0, wire)
        ordered = check_continuous(wire.sent[feed], "vp8")
        times = [parse_rtp(p).timestamp for p in ordered]
        assert times[-1] - times[0] == pytest.approx(8 * 90000, abs=90)

    def test_sound_switches_at_the_next_packet(self) -> None:
        wire = Wire()
        first, second = Stream("opus", 48000), Stream("opus", 48000)
        feed = Feed(SOUND, "x")
        feed.want(first)
        for index in range(3):
            put(first, [RtpPacket(111, False, index, index * 960, 1, {}, b"a")], index / 50, wire)
        feed.want(second)
        put(second, [RtpPacket(111, False, 60000, 5, 2, {}, b"b")], 0.06, wire)
        ordered = check_continuous(wire.sent[feed], "opus")
        assert [parse_rtp(p).payload for p in ordered] == [b"a", b"a", b"a", b"b"]
        times = [parse_rtp(p).timestamp for p in ordered]
        assert times[-1] - times[-2] == 960

    def test_receivers_with_one_history_share_one_lane(self) -> None:
        wire = Wire()
        streams = [Stream("vp8", 90000), Stream("vp8", 90000)]
        publishers = [Publisher("vp8", 40, 1), Publisher("vp8", 110, 2, sequence=500)]
        feeds = [Feed(VIDEO, n) for n in range(50)]
        for index, feed in enumerate(feeds):
            feed.want(streams[0])
            put(streams[0], publishers[0].picture(key=index % 4 == 0), 1 + index * STEP, wire)
        assert len(streams[0].lanes) == 1
        for feed in feeds:
            feed.want(streams[1])
        put(streams[1], publishers[1].picture(key=True), 5.0, wire)
        assert len(streams[1].lanes) == 1
        assert not streams[0].lanes


class TestLoss:
    @given(
        lost=st.sets(st.integers(0, 120), max_size=30),
        late=st.dictionaries(st.integers(0, 120), st.integers(1, 9), max_size=30),
        switch_at=st.lists(st.integers(2, 38), max_size=6),
        start=st.integers(0, 0xFFFF),
    )
    @settings(max_examples=60, deadline=None)
    def test_lost_and_late_packets_never_change_what_a_number_means(
        self, lost: set[int], late: dict[int, int], switch_at: list[int], start: int
    ) -> None:
        """Packets vanish or come late on the way in; receivers ask again for what is missing."""
        wire = Wire()
        streams = [Stream("vp8", 90000, name="a"), Stream("vp8", 90000, name="b")]
        publishers = [
            Publisher("vp8", 40, 1, sequence=start),
            Publisher("vp8", 110, 2, sequence=(start * 7) & 0xFFFF),
        ]
        feeds = [Feed(VIDEO, "x"), Feed(VIDEO, "y")]
        held: list[tuple[int, Stream, RtpPacket]] = []
        serial = 0
        showing = 0
        for tick in range(40):
            now = 10 + tick * STEP
            if tick in switch_at or tick == 0:
                showing = 1 - showing
                for feed in feeds:
                    feed.want(streams[showing])
            if tick in switch_at[:1]:
                feeds[1].want(None)
            for publisher, stream in zip(publishers, streams, strict=True):
                for packet in publisher.picture(key=bool(stream.waiting)):
                    serial += 1
                    if serial in lost:
                        continue
                    if serial in late:
                        held.append((tick + late[serial], stream, packet))
                        continue
                    put(stream, [packet], now, wire)
            for _, stream, packet in [h for h in held if h[0] <= tick]:
                put(stream, [packet], now, wire)
            held = [h for h in held if h[0] > tick]
        for feed in feeds:
            sent = wire.sent.get(feed, [])
            if not sent:
                continue
            known = numbered(sent)
            for number in range(max(known) - 300, max(known) + 1):
                again = feed.find(number & 0xFFFF)
                if again is not None and number in known:
                    assert again == known[number]
                elif again is not None:
                    sent.append(again)
            numbered(sorted(sent, key=lambda raw: unwrap(max(known), parse_rtp(raw).sequence, 16)))

    def test_a_repeated_packet_is_forwarded_once(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        packets = publisher.picture(key=True)
        put(stream, packets + packets, 1.0, wire)
        assert len(wire.sent[feed]) == len(packets)

    def test_a_second_content_under_a_used_number_is_refused(self) -> None:
        """A hostile publisher's retransmission stream must not make us reuse a nonce."""
        stream = Stream("vp8", 90000)
        packet = Publisher("vp8", 40, 1).picture(key=True)[0]
        assert stream.accept(packet, 1.0, 7) is not None
        assert stream.accept(packet._replace(payload=packet.payload + b"x"), 1.0, 7) is None
        far = packet._replace(sequence=(packet.sequence + 5000) & 0xFFFF)
        assert stream.accept(far, 1.0, 7) is not None
        assert stream.accept(packet._replace(payload=packet.payload + b"y"), 1.0, 7) is None

    def test_the_late_first_packet_of_a_keyframe_brings_the_rest(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1, chunk=15)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        packets = publisher.picture(key=True)
        assert len(packets) > 2
        put(stream, packets[1:], 1.0, wire)
        assert feed not in wire.sent
        put(stream, packets[:1], 1.1, wire)
        assert Judge("vp8").decode(check_continuous(wire.sent[feed], "vp8")) == [40]


class TestLateJoiner:
    def test_a_fresh_keyframe_is_given_at_once(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        for index in range(5):
            put(stream, publisher.picture(key=index == 0), 1 + index * STEP, wire)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        assert stream.start_late(feed, 1.2, wire)
        put(stream, publisher.picture(), 1.21, wire)
        assert Judge("vp8").decode(check_continuous(wire.sent[feed], "vp8")) == [40] * 6

    def test_an_old_keyframe_is_not(self) -> None:
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        wire = Wire()
        put(stream, publisher.picture(key=True), 1.0, wire)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        assert not stream.start_late(feed, 1.0 + Bounds().late_start_s + 0.1, wire)
        assert feed in stream.waiting

    def test_a_group_with_a_hole_is_not(self) -> None:
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        wire = Wire()
        put(stream, publisher.picture(key=True), 1.0, wire)
        publisher.picture()
        put(stream, publisher.picture(), 1.1, wire)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        assert not stream.start_late(feed, 1.1, wire)


class TestStream:
    def test_too_large_and_malformed_payloads_are_counted(self) -> None:
        stream = Stream("vp8", 90000)
        base = RtpPacket(96, True, 1, 1, 1, {}, b"")
        assert stream.accept(base._replace(payload=bytes(1450)), 0.0, 0) is None
        assert stream.accept(base._replace(payload=b"\x80"), 0.0, 0) is None
        assert stream.refused == 2

    def test_padding_keeps_the_sequence_whole(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        feed = Feed(VIDEO, "x")
        feed.want(stream)
        packets = publisher.picture(key=True)
        put(stream, packets, 1.0, wire)
        empty = packets[-1]._replace(
            sequence=publisher.sequence, timestamp=publisher.timestamp, payload=b""
        )
        publisher.sequence += 1
        put(stream, [empty], 1.1, wire)
        put(stream, publisher.picture(), 1.2, wire)
        numbers = sorted(numbered(wire.sent[feed]))
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    @given(st.integers(1, 1380), st.integers(1, 1380))
    def test_padding_is_the_same_for_all_lanes_and_taken_off_by_the_receiver(
        self, first: int, second: int
    ) -> None:
        wire = Wire()
        stream = Stream("vp8", 90000)
        for profile in (VIDEO, OTHER):
            Feed(profile, profile.payload_type).want(stream)
        payloads = [b"\x10\x00" + bytes(first), b"\x00\x01" + bytes(second)]
        payloads = [payload[:1380] for payload in payloads]
        packets = [RtpPacket(96, True, i, i, 1, {}, p) for i, p in enumerate(payloads)]
        put(stream, packets, 1.0, wire)
        for feed, sent in wire.sent.items():
            assert [parse_rtp(raw).payload for raw in sent] == payloads
            for raw, payload in zip(sent, payloads, strict=True):
                head = 20 if feed.profile.abs_send_time else 12
                assert len(payload) < 400 or (len(raw) - head) % 16 == 0
                assert feed.find(parse_rtp(raw).sequence) == raw

    def test_cache_forgets_what_is_too_old(self) -> None:
        stream = Stream("opus", 48000, bounds=Bounds(audio_cache=16))
        for index in range(40):
            stream.accept(RtpPacket(111, False, index, index, 1, {}, b"x"), 0.0, 0)
        kept: list[SourcePacket | None] = [stream.cached(0x10000 + n) for n in range(40)]
        assert [k is not None for k in kept] == [False] * 24 + [True] * 16

    def test_closing_frees_all_feeds_and_keeps_their_numbering(self) -> None:
        wire = Wire()
        stream, publisher = Stream("vp8", 90000), Publisher("vp8", 40, 1)
        feed, waiting = Feed(VIDEO, "x"), Feed(VIDEO, "y")
        feed.want(stream)
        put(stream, publisher.picture(key=True), 1.0, wire)
        waiting.want(stream)
        stream.close()
        assert feed.lane is None
        assert feed.numbering is not None
        assert waiting.wanted is None
        assert not stream.lanes
        assert not stream.waiting
