"""More datagrams than anybody should send: bounded work and memory, and what happens without.

As in test_attacks.py each flood is tried twice, with its shield and without it.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from itertools import islice

from media import peer as peer_module
from media import rtcp
from media.bounds import Bounds
from media.intake import Datagram
from media.port import Shields

from .attacks import OFF, handshake_under_fire, meeting_goes_on, running, stranger
from .meeting import Room, Talker, room
from .site import Site, until


async def test_a_flood_of_dtls_is_bounded() -> None:
    """From a proven address, faster than the handshake task can take it."""
    most = await flood_dtls(Shields())
    assert most <= 32


async def test_a_flood_of_dtls_grows_without_the_queue_shield() -> None:
    assert await flood_dtls(OFF["queue"]) > 32


async def flood_dtls(shields: Shields) -> int:
    async with room(shields=shields) as made:
        talker, sites = await running(made, 1)
        receiver = next(iter(made.engine.receivers.values()))
        peer = receiver.peer
        assert peer is not None
        record = b"\x16\xfe\xfd" + bytes(8) + b"\x00\x10" + os.urandom(16)
        for _ in range(500):
            peer.datagram(Datagram(record), made.engine.clock.now())
        longest = len(peer.pipe)
        await until(lambda: len(peer.pipe) == 0, "queue drained")
        assert await meeting_goes_on(made, talker, sites)
        return longest


async def longest_stall(shields: Shields, attack: Callable[[tuple[str, int]], None]) -> int:
    """How many datagrams are read in one go while an attacker fills the socket."""
    async with room(shields=shields) as made:
        talker, sites = await running(made)
        port = made.engine.port
        runs: list[int] = []
        count = 0
        sort = port._sort

        def counted(datagram: Datagram, source: tuple[str, int], now: float) -> None:
            nonlocal count
            count += 1
            sort(datagram, source, now)

        port._sort = counted  # type: ignore[method-assign]

        flush = port.after_drain

        def after() -> None:
            nonlocal count
            if flush is not None:
                flush()
            runs.append(count)
            count = 0

        port.after_drain = after
        attack(sites[0].server)
        await until(lambda: sum(runs) >= 1000, "flood read")
        assert await meeting_goes_on(made, talker, sites)
        return max(runs)


def flood(target: tuple[str, int]) -> None:
    sock = stranger()
    for _ in range(1500):
        sock.sendto(b"\x80\x60" + os.urandom(60), target)
    sock.close()


async def test_a_flood_leaves_the_event_loop_its_turn() -> None:
    assert await longest_stall(Shields(), flood) <= 128


async def test_a_flood_holds_the_event_loop_without_the_drain_shield() -> None:
    assert await longest_stall(OFF["drain"], flood) > 128


def strangers(made: Room) -> Callable[[tuple[str, int]], None]:
    """10,000 sources that never proved themselves, 2,500 at a time: media and alerts."""
    alert = bytes.fromhex("15fefd000000000000000000020228")
    numbers = iter(range(10_000))

    def fire(target: tuple[str, int]) -> None:
        now = made.engine.clock.now()
        for number in islice(numbers, 2_500):
            source = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 5000)
            made.engine.port.datagram(b"\x80\x60" + bytes(30), source, now)
            made.engine.port.datagram(alert, source, now)

    return fire


async def test_ten_thousand_unknown_sources() -> None:
    """They reach no session: who joins among them joins, and nothing is kept of them."""
    async with room() as made:
        talker, sites = await running(made)
        fire = strangers(made)
        assert await handshake_under_fire(made, fire)
        for _ in range(4):
            fire(sites[0].server)
        port = made.engine.port
        assert port.refused["source"] == 20_000
        assert len(port._by_source) == len(made.engine.sessions.owners) == 4
        peers = [owner.peer for owner in made.engine.sessions.owners.values()]
        assert all(peer is not None and peer.unauthentic == 0 for peer in peers)
        assert await meeting_goes_on(made, talker, [*sites, made.sites[-1]])


async def test_unknown_sources_keep_a_site_out_without_the_source_shield() -> None:
    async with room(shields=OFF["source"]) as made:
        await running(made)
        assert not await handshake_under_fire(made, strangers(made), goes_on=False)


async def test_twenty_thousand_fuzzed_datagrams() -> None:
    async with room() as made:
        talker, sites = await running(made)
        port = made.engine.port
        chance = random.Random(3)
        ufrag = sites[0].ufrag.encode()
        now = made.engine.clock.now()
        for number in range(20_000):
            source = sites[0].socket.getsockname() if number % 3 else ("10.9.9.9", number)
            data = chance.randbytes(chance.randrange(0, 120))
            if number % 2:
                # STUN-shaped, with our user name
                head = b"\x00\x01" + chance.randbytes(2) + b"\x21\x12\xa4\x42" + bytes(12)
                name = b"\x00\x06" + len(ufrag).to_bytes(2, "big") + ufrag + chance.randbytes(8)
                data = head + name + data
            port.datagram(data, source, now)
            if number % 2000 == 0:
                talker.speak()
                await asyncio.sleep(0)
        assert len(port._by_source) == len(made.engine.sessions.owners) == 3
        assert await meeting_goes_on(made, talker, sites)


async def resent_between_pictures(made: Room, talker: Talker, sites: list[Site]) -> int:
    """The most packets a site that asks for everything again gets while all others wait."""
    await made.talk([talker], 60)
    numbers = sites[0].numbers("V0")[-60:]
    nack = rtcp.write_receiver_report(1, ()) + rtcp.write_nack(1, sites[0].ssrc("V0"), numbers)
    fanout = made.engine.fanout
    before, most = fanout.resent, 0
    for _ in range(10):
        for _ in range(100):
            sites[0].report(nack)
        heard = len(sites[1].numbers("V0"))
        talker.speak()
        await until(lambda h=heard: len(sites[1].numbers("V0")) > h, "the next picture")
        most = max(most, fanout.resent - before)
        before = fanout.resent
    return most


async def test_a_flood_of_nacks_costs_a_bounded_number_of_packets() -> None:
    async with room() as made:
        bounds = made.engine.bounds
        began = time.monotonic()
        talker, sites = await running(made)
        most = await resent_between_pictures(made, talker, sites)
        total = bounds.resend_burst + bounds.resend_per_s * (time.monotonic() - began)
        assert most <= total
        assert made.engine.fanout.resent <= total
        assert await meeting_goes_on(made, talker, sites)


async def test_a_flood_of_nacks_makes_the_others_wait_without_its_bounds() -> None:
    unbounded = Bounds(resend_burst=1 << 30, resend_per_s=1e9)
    async with room(bounds=unbounded) as made:
        talker, sites = await running(made)
        assert await resent_between_pictures(made, talker, sites) > 5 * Bounds().resend_burst


async def test_no_more_addresses_than_the_bound() -> None:
    async with room() as made:
        talker, sites = await running(made, 1)
        for _ in range(20):
            sites[0].move()
            await sites[0].check()
        port = made.engine.port
        assert len(port._by_source) <= 1 + port.bounds.addresses_per_session
        assert await meeting_goes_on(made, talker, sites)


def test_the_queue_bound_is_in_use() -> None:
    assert peer_module._Pipe(None, 2).put(b"a")  # type: ignore[arg-type]
    pipe = peer_module._Pipe(None, 1)  # type: ignore[arg-type]
    assert pipe.put(b"a")
    assert not pipe.put(b"b")
