"""Offers of browsers and encoders are answered; everything else is refused with a code."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from media.answers import (
    Local,
    plan_publish,
    plan_receive,
    write_publish_answer,
    write_receive_answer,
)
from media.bounds import Bounds
from media.sdp import MID, RID, OfferRefused, read_fragment, read_offer

OFFERS = Path(__file__).parent / "offers"
LOCAL = Local(
    "ab" * 16,
    1,
    "ufra",
    "password" * 4,
    "sha-256 " + ":".join(["AB"] * 32),
    "passive",
    ("10.0.0.1", "2001:db8::1"),
    4000,
)


def offer_text(name: str) -> str:
    return (OFFERS / f"{name}.sdp").read_text()


def refusal(text: str) -> str:
    with pytest.raises(OfferRefused) as refused:
        plan_publish(read_offer(text), "vp8")
    return refused.value.code


class TestPublish:
    def test_a_browser_with_three_layers(self) -> None:
        offer = read_offer(offer_text("chromium_publish"))
        tracks = plan_publish(offer, "vp8")
        video, audio = tracks
        assert video is not None
        assert audio is not None
        assert (video.codec, video.layers, video.clock_rate) == ("vp8", ("q", "h", "f"), 90000)
        assert video.rtx_payload_type is not None
        assert {MID, RID} <= set(video.extensions.values())
        assert (audio.codec, len(audio.ssrcs)) == ("opus", 1)
        answer = write_publish_answer(offer, tracks, LOCAL)
        for line in (
            "a=ice-lite",
            "a=setup:passive",
            "a=rid:q recv",
            "a=simulcast:recv q;h;f",
            "a=rtcp-fb:96 goog-remb",
            "a=candidate:1 1 udp 2130706431 10.0.0.1 4000 typ host",
            "a=candidate:2 1 udp 2130706175 2001:db8::1 4000 typ host",
        ):
            assert line in answer.split("\r\n")
        assert "transport-wide-cc" not in answer
        assert "usedtx=1" in answer

    def test_a_browser_in_an_h264_meeting_gets_constrained_baseline(self) -> None:
        offer = read_offer(offer_text("chromium_publish"))
        video = plan_publish(offer, "h264")[0]
        assert video is not None
        chosen = offer.media[0].codecs[video.payload_type]
        assert chosen.parameters["packetization-mode"] == "1"
        assert chosen.parameters["profile-level-id"].startswith("42e0")

    def test_ffmpeg_has_no_layers_but_a_repair_stream(self) -> None:
        offer = read_offer(offer_text("ffmpeg_publish"))
        assert offer.setup == "passive"
        audio, video = plan_publish(offer, "h264")
        assert audio is not None
        assert video is not None
        assert video.layers == ()
        assert set(video.repairs.values()) == {video.ssrcs[0]}

    def test_a_codec_we_do_not_have_leaves_the_sound(self) -> None:
        offer = read_offer(offer_text("ffmpeg_publish"))
        audio, video = plan_publish(offer, "vp8")
        assert audio is not None
        assert video is None
        answer = write_publish_answer(offer, (audio, None), LOCAL)
        assert "m=video 0 " in answer
        assert "a=group:BUNDLE 0\r\n" in answer

    def test_aiortc_can_read_every_answer(self) -> None:
        for name, codec in (("chromium_publish", "vp8"), ("ffmpeg_publish", "h264")):
            offer = read_offer(offer_text(name))
            text = write_publish_answer(offer, plan_publish(offer, codec), LOCAL)
            assert len(SessionDescription.parse(text).media) == 2


class TestReceive:
    def test_slots_in_order_of_the_lines(self) -> None:
        offer = read_offer(offer_text("chromium_receive"))
        slots = plan_receive(offer, "vp8")
        names = [s.name for s in slots if s is not None]
        assert names == ["V0", "V1", "V2", "V3", "V4", "A0", "A1", "A2"]
        assert len({s.ssrc for s in slots if s is not None}) == 8
        answer = write_receive_answer(offer, slots, LOCAL, "bridge")
        parsed = SessionDescription.parse(answer)
        assert [len(m.ssrc) for m in parsed.media] == [1] * 8
        assert [m.direction for m in parsed.media] == ["sendonly"] * 8
        assert answer.count("a=msid:programme ") == 2

    def test_more_slots_than_there_are_is_refused(self) -> None:
        offer = read_offer(offer_text("chromium_receive"))
        with pytest.raises(OfferRefused) as refused:
            plan_receive(offer, "vp8", Bounds(video_slots=2))
        assert refused.value.code == "too_many_slots"

    def test_a_publisher_is_no_receiver(self) -> None:
        with pytest.raises(OfferRefused) as refused:
            plan_receive(read_offer(offer_text("chromium_publish")), "vp8")
        assert refused.value.code == "bad_direction"


class TestRefusals:
    text = offer_text("ffmpeg_publish")

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("a=group:BUNDLE 0 1\n", "", "no_bundle"),
            ("a=rtcp-mux\n", "", "no_rtcp_mux"),
            ("a=fingerprint:sha-256", "a=fingerprint:md5", "no_fingerprint"),
            ("a=fingerprint:sha-256 9D", "a=fingerprint:sha-256 XX", "sdp_malformed"),
            ("a=ice-pwd:f8fedba4baef963dbed0e5fd56897cb8\n", "", "no_ice"),
            ("a=setup:passive", "a=setup:holdconn", "bad_setup"),
            ("UDP/TLS/RTP/SAVPF", "RTP/AVP", "not_srtp"),
            ("a=sendonly", "a=recvonly", "bad_direction"),
            ("opus/48000", "speex/8000", "codec_unsupported"),
            ("a=mid:1", "a=mid:0", "sdp_malformed"),
            ("m=audio 9", "m=audio x", "sdp_malformed"),
            ("a=rtpmap:111", "a=rtpmap:311", "sdp_malformed"),
            ("v=0", "v=1", "sdp_malformed"),
        ],
    )
    def test_each_fault_has_its_code(self, old: str, new: str, code: str) -> None:
        assert refusal(self.text.replace("\r\n", "\n").replace(old, new)) == code

    def test_empty_and_endless_offers(self) -> None:
        assert refusal("") == "sdp_malformed"
        assert refusal("v=0\r\n") == "no_media"
        assert refusal("v=0\r\n" + "a=x\r\n" * 30000) == "sdp_too_large"
        assert refusal("v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 100) == "sdp_too_large"

    @given(st.data())
    @settings(max_examples=400, deadline=None)
    def test_any_change_is_answered_or_refused(self, data: st.DataObject) -> None:
        """Lines of real offers dropped, doubled, swapped, cut and overwritten."""
        name = data.draw(
            st.sampled_from(["chromium_publish", "ffmpeg_publish", "chromium_receive"])
        )
        lines = offer_text(name).replace("\r\n", "\n").split("\n")[:120]
        for _ in range(data.draw(st.integers(1, 6))):
            at = data.draw(st.integers(0, len(lines) - 1))
            change = data.draw(st.sampled_from(["drop", "double", "cut", "text", "number", "swap"]))
            if change == "drop":
                lines[at] = ""
            elif change == "double":
                lines.insert(at, lines[at])
            elif change == "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, 20))]
            elif change == "text":
                lines[at] = lines[at][:6] + data.draw(st.text(max_size=20))
            elif change == "number":
                lines[at] = lines[at].replace("1", str(data.draw(st.integers(-5, 1 << 70))))
            else:
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
        text = "\r\n".join(lines)
        for codec in ("vp8", "h264"):
            with suppress(OfferRefused):
                offer = read_offer(text)
                tracks = plan_publish(offer, codec)
                answer = write_publish_answer(offer, tracks, LOCAL)
                assert answer.count("\r\nm=") == len(offer.media)
            with suppress(OfferRefused):
                offer = read_offer(text)
                slots = plan_receive(offer, codec)
                answer = write_receive_answer(offer, slots, LOCAL, "c")
                assert answer.count("\r\nm=") == len(offer.media)

    @given(st.text(max_size=300))
    def test_any_text_is_refused(self, text: str) -> None:
        with pytest.raises(OfferRefused):
            read_offer("v=0\n" + text)


class TestFragment:
    def test_credentials_are_found(self) -> None:
        assert read_fragment("a=ice-ufrag:abcd\r\na=ice-pwd:" + "x" * 22 + "\r\n") == (
            "abcd",
            "x" * 22,
        )
        assert read_fragment("") == ("", "")

    @pytest.mark.parametrize("text", ["hello", "a=ice-ufrag:a b\r\n", "a=ice-ufrag:ab\r\n"])
    def test_nonsense_is_refused(self, text: str) -> None:
        with pytest.raises(OfferRefused):
            read_fragment(text)
