"""A meeting over real sockets: publish, receive, loss, moves, silence, mutes, restarts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from media import rtcp
from media.bounds import Bounds
from media.bridge import Refused
from media.sdp import OfferRefused
from tests.unit.media.pictures import Judge

from .meeting import check_whole, room
from .site import Site, until


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_picture_and_a_voice_reach_all_receivers(codec: str) -> None:
    async with room(codec) as made:
        talker = await made.publisher("a")
        receivers = [await made.receiver(f"r{n}") for n in range(4)]
        await made.talk([talker], 40)
        for receiver in receivers:
            await check_whole(receiver, talker, codec)
            assert len(receiver.plain[receiver.ssrc("A0")]) > 20
        lanes = [
            len(i.stream.lanes) for p in made.engine.publishers.values() for i in p.layers("video")
        ]
        assert lanes == [1]


async def test_one_port_serves_both_address_families() -> None:
    """A worker on `::`: IPv4 sites come as mapped addresses and are told their plain one."""
    async with room(host="::", candidates=("127.0.0.1", "::1")) as made:
        talker = await made.publisher("a")
        receivers = [await made.receiver(f"r{n}") for n in range(2)]
        await made.talk([talker], 30)
        for receiver in receivers:
            assert "IP4 127.0.0.1" in receiver.answer
            assert f"::1 {made.engine.port.number} typ host" in receiver.answer
            await check_whole(receiver, talker)


async def test_single_sending_gives_the_same() -> None:
    async with room(batch=False) as made:
        talker = await made.publisher("a")
        receivers = [await made.receiver(f"r{n}") for n in range(3)]
        await made.talk([talker], 30)
        for receiver in receivers:
            await check_whole(receiver, talker)
        assert made.engine.fanout.sent > 60


async def test_lost_packets_are_brought_again() -> None:
    """5 % lost on the way down: the receiver asks, the cache answers, nothing is missing."""
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 5)
        await until(lambda: receiver.numbers("V0"), "first picture")
        count = 0

        def every_twentieth(data: bytes) -> bool:
            nonlocal count
            count += 1
            return count % 20 == 0

        receiver.loses = every_twentieth
        await made.talk([talker], 60)
        receiver.loses = lambda data: False
        ssrc = receiver.ssrc("V0")
        numbers = receiver.numbers("V0")
        holes = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
        assert holes
        receiver.report(rtcp.write_receiver_report(1, ()) + rtcp.write_nack(1, ssrc, holes))
        await until(lambda: not set(holes) - set(receiver.numbers("V0")), "resent packets")
        await check_whole(receiver, talker)


async def test_packets_lost_on_the_way_up_are_asked_again() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 5)
        send, count = talker.site.send, 0

        def losing(data: bytes) -> None:
            nonlocal count
            count += 1
            if count % 10 or data[1] & 0x7F != 96:
                send(data)
            else:
                talker.site.dtls._tx_srtp.protect(data)

        talker.site.send = losing  # type: ignore[method-assign]
        await made.talk([talker], 50)
        talker.site.send = send  # type: ignore[method-assign]
        await made.talk([talker], 20)
        await check_whole(receiver, talker)
        incoming = next(iter(made.engine.publishers.values())).layers("video")[0]
        assert incoming.missing.requests > 0
        assert len(incoming.missing) == 0


async def test_the_stage_switches_at_a_keyframe() -> None:
    async with room() as made:
        one = await made.publisher("a")
        two = await made.publisher("b", shade=110, ssrc=2000)
        receiver = await made.receiver("r")
        await made.talk([one, two], 20)
        made.engine.set_stage("m", {"V0": "b"}, {"A0": "b"})
        await made.talk([one, two], 30)
        assert two.asked == 1
        numbers = receiver.numbers("V0")
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        shades = Judge("vp8").decode(receiver.in_order("V0"))
        assert set(shades) == {40, 110}
        assert shades == sorted(shades)


async def test_keyframe_requests_of_many_become_one_a_second() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receivers = [await made.receiver(f"r{n}") for n in range(3)]
        await made.talk([talker], 10)
        before = talker.asked
        for _ in range(20):
            for receiver in receivers:
                receiver.report(
                    rtcp.write_receiver_report(1, ()) + rtcp.write_pli(1, receiver.ssrc("V0"))
                )
            talker.speak()
            await asyncio.sleep(0.01)
        assert talker.asked - before <= 1


async def test_a_late_joiner_gets_a_picture_at_once_or_asks_for_one() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        first = await made.receiver("r1")
        await made.talk([talker], 30)
        late = await made.receiver("r2")
        await made.talk([talker], 150)
        await check_whole(first, talker)
        await check_whole(late, talker)


async def test_a_thin_link_gets_sound_only_is_told_and_recovers() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 20)
        assert receiver.numbers("V0")

        def told(rate: int, only: bool) -> bool:
            remb = rtcp.write_remb(1, rate, [receiver.ssrc("V0")])
            receiver.report(rtcp.write_receiver_report(1, ()) + remb)
            talker.speak()
            events = [e for e in made.events if e["event"] == "layers"]
            return bool(events) and events[-1]["audio_only"] is only

        await until(lambda: told(20_000, True), "audio only")
        seen, heard = len(receiver.plain[receiver.ssrc("V0")]), len(receiver.numbers("A0"))
        await made.talk([talker], 20)
        assert len(receiver.plain[receiver.ssrc("V0")]) == seen
        assert len(receiver.numbers("A0")) > heard
        await until(lambda: told(2_000_000, False), "a picture again")
        await made.talk([talker], 20)
        await check_whole(receiver, talker)


async def test_reports_are_counted_per_site() -> None:
    from media.stats import engine_stats

    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        for _ in range(120):
            talker.speak()
            await asyncio.sleep(0.01)
        await until(lambda: any(_clocks(receiver)), "a sender report")
        seen = _clocks(receiver)[0] or _clocks(receiver)[1]
        assert seen is not None
        middle = seen.ntp >> 16 & 0xFFFFFFFF
        block = rtcp.ReportBlock(receiver.ssrc("V0"), 0.25, 5, 1, 900, middle, 0)
        receiver.report(rtcp.write_receiver_report(1, [block]))

        def site() -> dict[str, Any]:
            meeting = engine_stats(made.engine)["meetings"]["m"]
            found: dict[str, Any] = meeting["receivers"]["r"][0]
            return found

        await until(lambda: site()["round_trip_ms"] is not None, "a round trip")
        slot = site()["slots"]["V0"]
        assert (slot["source"], slot["lost_fraction"], slot["jitter_ms"]) == ("a", 0.25, 10.0)
        streams = engine_stats(made.engine)["meetings"]["m"]["publishers"]["a"]["streams"]
        assert {s["kind"] for s in streams} == {"audio", "video"}
        assert all(s["packets"] > 100 and s["lost"] == 0 for s in streams)


async def test_server_side_mute_stops_a_kind() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 20)
        made.engine.mute("m", "a", audio=True, video=None)
        # all comes in order (and a slot that had one source has its numbers): with the last
        # packet of a picture sent now, every voice that was forwarded before is here
        talker.speak()
        last = max(talker.sent)
        await until(lambda: receiver.numbers("V0")[-1] == last + 0x10000, "the next picture")
        heard = len(receiver.plain[receiver.ssrc("A0")])
        seen = len(receiver.plain[receiver.ssrc("V0")])
        await made.talk([talker], 20)
        assert len(receiver.plain[receiver.ssrc("A0")]) == heard
        assert len(receiver.plain[receiver.ssrc("V0")]) > seen
        made.engine.mute("m", "a", audio=False, video=None)
        await made.talk([talker], 10)
        await until(lambda: len(receiver.plain[receiver.ssrc("A0")]) > heard, "sound again")
        numbers = receiver.numbers("A0")
        assert numbers == list(range(numbers[0], numbers[-1] + 1))


async def test_sender_reports_put_picture_and_voice_on_one_clock() -> None:
    """What the site captured at one moment has one moment in the receiver's reports too."""
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        # the site's clock is 100 s off, and its picture is stamped half a second behind its sound
        ntp = int((made.engine.clock.wall() + 2208988800 + 100) * 4294967296)
        pictured = spoken = 0
        for step in range(120):
            talker.speak()
            if step == 20:
                pictured, spoken = talker.publisher.timestamp - 45000, talker.sound * 960
                for ssrc, moment in ((1000, pictured), (77, spoken)):
                    report = rtcp.SenderReport(ssrc, ntp, moment, 1, 1)
                    talker.site.report(rtcp.write_sender_report(report))
            await asyncio.sleep(0.01)
        await until(lambda: all(_clocks(receiver)), "both reports")
        seen, heard = _clocks(receiver)
        assert seen is not None
        assert heard is not None
        picture_at = seen.ntp / 4294967296 + (pictured - seen.timestamp) / 90000
        voice_at = heard.ntp / 4294967296 + (spoken - heard.timestamp) / 48000
        assert abs(picture_at - voice_at) < 0.002


def _clocks(receiver: Site) -> tuple[rtcp.SenderReport | None, rtcp.SenderReport | None]:
    found: list[rtcp.SenderReport | None] = []
    for slot in ("V0", "A0"):
        reports = [
            r
            for r in receiver.reports
            if isinstance(r, rtcp.SenderReport) and r.ssrc == receiver.ssrc(slot)
        ]
        found.append(reports[-1] if reports else None)
    return found[0], found[1]


async def test_a_site_that_changes_its_address_goes_on() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 20)
        await check_whole(receiver, talker)
        receiver.move()
        await receiver.check()
        before = len(receiver.numbers("V0"))
        await made.talk([talker], 20)
        await until(
            lambda: len(receiver.numbers("V0")) > before + 10, "pictures at the new address"
        )


async def test_ice_restart_keeps_the_session_and_a_failed_one_too() -> None:
    async with room() as made:
        talker = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([talker], 10)
        fragment, etag = made.engine.restart(
            receiver.session, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        )
        assert f"a=ice-ufrag:{etag}" in fragment
        # the new credentials were never used: the old ones still work
        await receiver.check()
        password = fragment.split("a=ice-pwd:")[1].split("\r\n")[0]
        receiver.ufrag, receiver.password = etag, password
        await receiver.check()
        await made.talk([talker], 20)
        await check_whole(receiver, talker)


async def test_silence_ends_a_session_and_a_new_one_comes_back() -> None:
    """Cut off: the site is dropped, its place is freed; back again, it goes on from a keyframe."""
    async with room(bounds=Bounds(silence_s=4.0)) as made:
        talker = await made.publisher("a")
        gone = await made.receiver("r")
        stays = await made.receiver("s")

        def alive() -> bool:
            talker.site.bind()
            stays.bind()
            talker.speak()
            return any(e["event"] == "ended" and e["session"] == gone.session for e in made.events)

        await until(alive, "the silent site is dropped")
        ended = next(e for e in made.events if e["event"] == "ended")
        assert (ended["site"], ended["reason"]) == ("r", "silent")
        back = await made.receiver("r")
        await made.talk([talker], 50)
        await check_whole(back, talker)
        assert stays.session in made.engine.receivers


async def test_a_new_publish_session_replaces_the_old_one() -> None:
    async with room() as made:
        old = await made.publisher("a")
        receiver = await made.receiver("r")
        await made.talk([old], 20)
        new = await made.publisher("a", ssrc=3000)
        assert len(made.engine.publishers) == 1
        await made.talk([new], 40)
        numbers = receiver.numbers("V0")
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert len(Judge("vp8").decode(receiver.in_order("V0"))) > 40


async def test_bounds_are_refusals_with_a_code() -> None:
    async with room(bounds=Bounds(sessions=2, meetings=1)) as made:
        site = Site("receive")
        made.sites.append(site)
        engine = made.engine
        with pytest.raises(Refused, match="no_meeting"):
            engine.receive("other", "a", site.offer())
        with pytest.raises(Refused, match="too_many_meetings"):
            engine.open_meeting("other")
        with pytest.raises(Refused, match="codec_differs"):
            engine.open_meeting("m", "h264")
        with pytest.raises(OfferRefused, match="bad_direction"):
            engine.publish("m", "a", site.offer())
        engine.receive("m", "a", site.offer())
        engine.receive("m", "a", site.offer())
        with pytest.raises(Refused, match="too_many_sessions"):
            engine.receive("m", "a", site.offer())
        with pytest.raises(Refused, match="no_session"):
            engine.end("nobody")


async def test_no_session_beyond_the_memory_bound() -> None:
    async with room(bounds=Bounds(memory_mb=1)) as made:
        site = Site("receive")
        made.sites.append(site)
        with pytest.raises(Refused, match="too_much_memory"):
            made.engine.receive("m", "a", site.offer())


async def test_an_unfinished_handshake_is_dropped() -> None:
    async with room(bounds=Bounds(handshake_s=0.3)) as made:
        site = Site("receive")
        made.sites.append(site)
        answered = made.engine.receive("m", "r", site.offer())
        await until(lambda: answered.session not in made.engine.receivers, "dropped")
        assert made.events[-1]["reason"] == "handshake_timeout"


async def test_the_voice_moves_the_stage_by_option() -> None:
    async with room() as made:
        made.engine.meetings["m"].voice_slots = ("V1",)
        talker = await made.publisher("a")
        receiver = await made.receiver("r", video=2)

        def moved() -> bool:
            talker.speak()
            return bool(receiver.plain.get(receiver.ssrc("V1")))

        await until(moved, "the picture of who speaks")
        assert any(e["event"] == "speaking" and e["site"] == "a" for e in made.events)
