"""RTP and RTCP on the wire: what is written is read, and no bytes make the readers fall."""

from __future__ import annotations

import pytest
from aiortc import rtp as aiortc_rtp
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.rtp import (
    MalformedPacket,
    parse_rtp,
    read_vp8,
    starts_h264_key,
    unwrap,
    with_picture_id,
)

ssrcs = st.integers(0, 0xFFFFFFFF)


class TestRtp:
    @given(
        st.integers(0, 127),
        st.booleans(),
        st.integers(0, 0xFFFF),
        ssrcs,
        ssrcs,
        st.binary(max_size=50),
        st.integers(0, 20),
        st.lists(ssrcs, max_size=3),
    )
    def test_reads_what_aiortc_writes(
        self,
        payload_type: int,
        marker: bool,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        padding: int,
        contributing: list[int],
    ) -> None:
        extensions = aiortc_rtp.HeaderExtensionsMap()
        packet = aiortc_rtp.RtpPacket(
            payload_type=payload_type,
            marker=int(marker),
            sequence_number=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=payload,
        )
        packet.csrc = contributing
        packet.padding_size = padding
        found = parse_rtp(packet.serialize(extensions))
        assert (found.payload_type, found.marker, found.sequence) == (
            payload_type,
            marker,
            sequence,
        )
        assert (found.timestamp, found.ssrc, found.payload) == (timestamp, ssrc, payload)

    def test_reads_extensions_of_both_forms(self) -> None:
        head = bytes.fromhex("90600001000000010000000a")
        one = head + bytes.fromhex("bede00021061002201020300") + b"pay"
        assert parse_rtp(one).extensions == {1: b"a", 2: b"\1\2\3"}
        two = head + bytes.fromhex("100000021001620020020102") + b"pay"
        found = parse_rtp(two)
        assert found.extensions == {16: b"b", 32: b"\1\2"}
        assert found.payload == b"pay"

    @given(st.binary(max_size=80))
    def test_any_bytes_are_a_packet_or_refused(self, data: bytes) -> None:
        try:
            packet = parse_rtp(b"\x90" + data)
        except MalformedPacket:
            return
        assert len(packet.payload) <= len(data)

    @given(st.integers(0, 1 << 40), st.integers(-30000, 30000))
    def test_unwrap_finds_the_nearest(self, reference: int, step: int) -> None:
        assert unwrap(reference, (reference + step) & 0xFFFF, 16) == reference + step


class TestPayloads:
    @given(st.integers(0, 0x7FFF), st.integers(0, 255), st.binary(min_size=1, max_size=20))
    def test_vp8_long_ids(self, picture: int, tl0: int, data: bytes) -> None:
        raw = bytes((0x90, 0xC0, 0x80 | picture >> 8, picture & 0xFF, tl0)) + data
        found = read_vp8(raw)
        assert (found.picture_id, found.tl0, found.payload) == (picture, tl0, raw)
        assert found.starts_key == (not data[0] & 1)
        again = read_vp8(with_picture_id(found.payload, (picture + 5) & 0x7FFF))
        assert again.picture_id == (picture + 5) & 0x7FFF
        assert again.payload[4:] == raw[4:]

    def test_vp8_short_ids_become_long(self) -> None:
        found = read_vp8(bytes((0x90, 0xE0, 0x45, 7, 0x20)) + b"\x01")
        assert (found.picture_id, found.tl0, found.short) == (0x45, 7, True)
        assert found.payload == bytes((0x90, 0xE0, 0x80, 0x45, 7, 0x20)) + b"\x01"

    def test_vp8_without_ids_is_left(self) -> None:
        found = read_vp8(b"\x10\x00frame")
        assert (found.picture_id, found.tl0, found.payload) == (-1, -1, b"\x10\x00frame")
        assert found.starts_key
        assert not read_vp8(b"\x00\x00rest").starts_key

    @given(st.binary(max_size=8))
    def test_vp8_never_falls(self, data: bytes) -> None:
        try:
            found = read_vp8(data)
        except MalformedPacket:
            return
        assert len(found.payload) in (len(data), len(data) + 1)

    @pytest.mark.parametrize(
        ("payload", "starts"),
        [
            (b"\x67sps", True),
            (b"\x65idr", True),
            (b"\x61slice", False),
            (b"\x06sei", False),
            (b"\x78\x00\x02\x67a\x00\x02\x68b", True),
            (b"\x78\x00\x02\x61a\x00\x02\x65b", True),
            (b"\x78\x00\x02\x61a", False),
            (b"\x7c\x85start", True),
            (b"\x7c\x05middle", False),
            (b"\x7c\x81slice", False),
            (b"\x7c", False),
        ],
    )
    def test_h264_starts(self, payload: bytes, starts: bool) -> None:
        assert starts_h264_key(payload) is starts

    def test_h264_empty_is_refused(self) -> None:
        with pytest.raises(MalformedPacket):
            starts_h264_key(b"")


class TestRtcp:
    @given(ssrcs, st.sets(st.integers(0x10000, 0x10000 + 900), min_size=1, max_size=100))
    def test_nack_round_trip(self, ssrc: int, numbers: set[int]) -> None:
        (found,) = rtcp.read_rtcp(rtcp.write_nack(1, ssrc, sorted(numbers)))
        assert isinstance(found, rtcp.Nack)
        assert found.ssrc == ssrc
        assert set(found.sequences) == {n & 0xFFFF for n in numbers}

    @given(st.integers(1000, 100_000_000), st.lists(ssrcs, max_size=5))
    def test_remb_round_trip_is_within_its_mantissa(self, rate: int, names: list[int]) -> None:
        (found,) = rtcp.read_rtcp(rtcp.write_remb(1, rate, names))
        assert isinstance(found, rtcp.Remb)
        assert found.ssrcs == tuple(names)
        assert rate * 0.999 <= found.bitrate <= rate

    @given(ssrcs, ssrcs, st.integers(-5, 1 << 20), st.integers(0, 0xFFFFFFFF))
    def test_aiortc_reads_our_compound(self, us: int, ssrc: int, lost: int, highest: int) -> None:
        block = rtcp.ReportBlock(ssrc, 0.25, max(0, lost), highest, 77, 5, 6)
        data = rtcp.write_receiver_report(us, [block]) + rtcp.write_pli(us, ssrc)
        data += rtcp.write_sender_report(rtcp.SenderReport(ssrc, 1 << 63, 9, 10, 11))
        data += rtcp.write_cname([ssrc], "bridge")
        receiver, pli, sender, names = aiortc_rtp.RtcpPacket.parse(data)
        assert isinstance(receiver, aiortc_rtp.RtcpRrPacket)
        assert receiver.reports[0].fraction_lost == 64
        assert receiver.reports[0].packets_lost == max(0, lost)
        assert isinstance(pli, aiortc_rtp.RtcpPsfbPacket)
        assert pli.media_ssrc == ssrc
        assert isinstance(sender, aiortc_rtp.RtcpSrPacket)
        assert sender.sender_info.ntp_timestamp == 1 << 63
        assert isinstance(names, aiortc_rtp.RtcpSdesPacket)
        assert names.chunks[0].items == [(1, b"bridge")]
        ours = rtcp.read_rtcp(data)
        assert ours[0] == block
        assert ours[1] == rtcp.KeyframeRequest(ssrc)

    def test_fir_and_bye_are_read(self) -> None:
        fir = bytes.fromhex("84ce000400000001000000000000002a05000000")
        assert rtcp.read_rtcp(fir) == [rtcp.KeyframeRequest(42)]
        assert rtcp.read_rtcp(bytes.fromhex("81cb00010000002a")) == [rtcp.Bye((42,))]

    @given(st.lists(st.tuples(st.sampled_from(range(198, 210)), st.binary(max_size=60))))
    def test_any_blocks_are_read_or_refused(self, blocks: list[tuple[int, bytes]]) -> None:
        data = b"".join(
            bytes((0x81, kind)) + (len(body) // 4).to_bytes(2, "big") + body
            for kind, body in blocks
        )
        try:
            found = rtcp.read_rtcp(data)
        except MalformedPacket:
            return
        assert len(found) <= 40 * len(blocks)

    def test_lengths_that_do_not_add_up_are_refused(self) -> None:
        with pytest.raises(MalformedPacket):
            rtcp.read_rtcp(b"\x80\xc9\x00\x05abcd")
