"""The bridge benchmark's own parts, judged by aiortc and aioice, which it does not use."""

import itertools
import random

import pytest
from aioice import stun as judge
from aiortc import rtp
from aiortc.codecs.vpx import VpxPayloadDescriptor

from tests.benchmarks.media import rtcp, sdp, stun, vp8


def test_a_request_is_what_aioice_accepts() -> None:
    data = stun.build_request("there:here", "secret", 42)
    message = judge.parse_message(data)
    assert message.message_class is judge.Class.REQUEST
    assert message.attributes["USERNAME"] == "there:here"
    assert message.attributes["ICE-CONTROLLING"] == 42
    assert "USE-CANDIDATE" in message.attributes
    assert message.check_message_integrity(b"secret")
    assert not message.check_message_integrity(b"other")


def test_a_response_tells_the_mapped_address() -> None:
    data = stun.build_response(b"123456789012", ("127.0.0.1", 4711), "secret")
    message = judge.parse_message(data)
    assert message.attributes["XOR-MAPPED-ADDRESS"] == ("127.0.0.1", 4711)
    assert message.check_message_integrity(b"secret")


def test_integrity_of_aioice_is_recognised_and_a_wrong_one_refused() -> None:
    message = judge.Message(judge.Method.BINDING, judge.Class.RESPONSE)
    message.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 9)
    message.add_message_integrity(b"secret")
    assert stun.check_integrity(bytes(message), "secret")
    assert not stun.check_integrity(bytes(message), "other")
    assert not stun.check_integrity(bytes(message)[:24], "secret")


def test_feedback_is_what_aiortc_reads() -> None:
    data = (
        rtcp.build_receiver_report(7, [(9, 3, 5, 70000, 1, 2)])
        + rtcp.build_remb(7, 1_500_000, [9])
        + rtcp.build_nack(7, 9, [65535, 0, 5, 40])
        + rtcp.build_pli(7, 9)
    )
    report, remb, nack, pli = rtp.RtcpPacket.parse(data)
    assert report.reports[0].ssrc == 9
    assert report.reports[0].highest_sequence == 70000
    assert rtp.unpack_remb_fci(remb.fci) == (pytest.approx(1_500_000, rel=0.001), [9])
    assert sorted(number & 0xFFFF for number in nack.lost) == [0, 5, 40, 65535]
    assert (pli.fmt, pli.media_ssrc) == (rtp.RTCP_PSFB_PLI, 9)


def test_a_nack_is_read_back() -> None:
    parts = list(rtcp.split_compound(rtcp.build_nack(7, 9, [65535, 0, 5, 40])))
    assert parts[0][:2] == (rtcp.RTPFB, rtcp.NACK_FMT)
    assert rtcp.read_nack(parts[0][2]) == (9, [65535, 0, 5, 40])


def test_a_sender_report_is_what_aiortc_reads() -> None:
    data = rtcp.build_sender_report(7, 1_700_000_000_500_000_000, 90, 10, 1000)
    report = rtp.RtcpPacket.parse(data)[0]
    assert report.sender_info.ntp_timestamp == (1_700_000_000 + 2_208_988_800 << 32) + (1 << 31)
    assert report.sender_info.packet_count == 10


def test_frames_have_valid_descriptors_and_carry_their_tag() -> None:
    camera = vp8.Camera(1_000_000, random.Random(1))
    for number in range(400):
        frame = camera.shoot()
        for index in range(len(frame.sizes)):
            payload = vp8.build_video_payload(frame, index, 3, 12345)
            descriptor, rest = VpxPayloadDescriptor.parse(payload)
            assert descriptor.partition_start == (1 if index == 0 else 0)
            assert descriptor.picture_id == number
            assert descriptor.tl0picidx == number & 0xFF
            if index == 0:
                assert (rest[0] & 1 == 0) == frame.keyframe
            tag = vp8.read_video_tag(memoryview(payload))
            assert tag == vp8.Tag(3, number, index, len(frame.sizes), frame.keyframe, 12345)
            assert len(payload) <= 1_200


def test_the_camera_keeps_its_rate_and_its_distance_between_keyframes() -> None:
    camera = vp8.Camera(1_000_000, random.Random(1))
    frames = []
    for _ in range(900):
        camera.ask_keyframe()
        frames.append(camera.shoot())
    keys = [frame.number for frame in frames if frame.keyframe]
    assert min(b - a for a, b in itertools.pairwise(keys)) >= vp8.KEYFRAME_GAP
    calm = vp8.Camera(1_000_000, random.Random(2))
    size = sum(sum(calm.shoot().sizes) for _ in range(900))
    assert 0.9 < size * 8 / 30 / 1_000_000 < 1.1


def test_audio_carries_its_tag() -> None:
    payload = vp8.build_audio_payload(8, 2, 99)
    assert vp8.read_audio_tag(memoryview(payload)) == vp8.Tag(2, 8, 0, 1, False, 99)
    assert vp8.read_audio_tag(memoryview(payload[:10])) is None
    assert vp8.read_audio_tag(memoryview(bytes(80))) is None


def test_a_description_is_read_back() -> None:
    text = sdp.build_description(
        [("video", "sendonly"), ("audio", "sendonly")],
        "ufrag",
        "password",
        "AA:BB",
        ssrcs={"video": 5, "audio": 6},
    )
    remote = sdp.read_description(text)
    assert (remote.ufrag, remote.password, remote.fingerprint) == ("ufrag", "password", "AA:BB")
    assert remote.address is None
    assert [(s.kind, s.mid, s.direction, s.ssrcs) for s in remote.sections] == [
        ("video", "0", "sendonly", [5]),
        ("audio", "1", "sendonly", [6]),
    ]
    with pytest.raises(ValueError, match="ice-ufrag"):
        sdp.read_description("v=0\r\n")


def test_header_extensions_are_those_accepted() -> None:
    assert sdp.Extensions().build("video") == b""
    extensions = sdp.Extensions({"audio": {sdp.AUDIO_LEVEL: 1, sdp.MID: 4}}, {"audio": "0"})
    block = extensions.build("audio")
    assert block[:4] == b"\xbe\xde\x00\x01"
    assert block[4:] == b"\x10\x9e\x400"
