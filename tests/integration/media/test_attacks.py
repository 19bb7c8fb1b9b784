"""Hostile datagrams against a running meeting. Each attack is tried twice: with its shield the
meeting goes on untouched; without it the same attack does harm, or the test would prove nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from media import peer as peer_module
from media.intake import Datagram
from media.port import Shields

from .meeting import Room, Talker, check_whole, room
from .site import Site, until

OFF = {
    "length": Shields(length=False),
    "source": Shields(source=False),
    "integrity": Shields(integrity=False),
    "queue": Shields(queue=False),
    "drain": Shields(drain=False),
}


def stranger() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


async def meeting_goes_on(made: Room, talker: Talker, receivers: list[Site]) -> bool:
    """Do all sessions live, and does each receiver get all of the next pictures?"""
    before = {receiver: len(receiver.numbers("V0")) for receiver in receivers}
    await made.talk([talker], 30)
    try:
        for receiver in receivers:
            await until(
                lambda r=receiver: len(r.numbers("V0")) >= before[r] + 25, "pictures", deadline=2.0
            )
            await check_whole(receiver, talker)
    except AssertionError:
        return False
    return len(made.engine.receivers) == len(receivers)


async def running(made: Room, receivers: int = 2) -> tuple[Talker, list[Site]]:
    talker = await made.publisher("a")
    sites = [await made.receiver(f"r{n}") for n in range(receivers)]
    await made.talk([talker], 10)
    return talker, sites


def empty_and_oversized(made: Room, site: Site) -> None:
    """From the site's own address: aiortc 1.16 dies of each of these when they reach it."""
    for data in (b"", b"\x80" + os.urandom(1900), b"\x16" + os.urandom(1800)):
        site.socket.sendto(data, site.server)


async def test_empty_and_oversized_datagrams() -> None:
    async with room() as made:
        talker, sites = await running(made)
        empty_and_oversized(made, sites[0])
        assert await meeting_goes_on(made, talker, sites)
        assert made.engine.port.refused["length"] == 3


async def test_empty_datagrams_kill_without_the_length_shield() -> None:
    async with room(shields=OFF["length"]) as made:
        talker, sites = await running(made)
        empty_and_oversized(made, sites[0])
        assert not await meeting_goes_on(made, talker, sites)


def forged_dtls(target: tuple[str, int]) -> None:
    """A fatal alert and a ClientHello from an address that never proved itself."""
    sock = stranger()
    alert = bytes.fromhex("15fefd000000000000000000020228")
    hello = bytes.fromhex("16fefd0000000000000000002f0100002300000000000000") + os.urandom(36)
    for _ in range(20):
        sock.sendto(alert, target)
        sock.sendto(hello, target)
    sock.close()


async def handshake_under_fire(made: Room) -> bool:
    """A site joins while forged DTLS arrives between its flights."""
    site = Site("receive")
    made.sites.append(site)
    site.take(made.engine.receive("m", "r", site.offer()))
    send = site.socket

    class Firing:
        """The site's socket; before each of its datagrams the attacker is faster."""

        def sendto(self, data: bytes, address: tuple[str, int]) -> int:
            if data[0] >= 20:
                forged_dtls(address)
            return send.sendto(data, address)

        def __getattr__(self, name: str) -> Any:
            return getattr(send, name)

    site.socket = Firing()  # type: ignore[assignment]
    try:
        async with asyncio.timeout(3):
            await site.connect()
    except (AssertionError, TimeoutError, Exception):
        return False
    return True


async def test_forged_alerts_and_hellos_in_the_handshake() -> None:
    async with room() as made:
        assert await handshake_under_fire(made)
        assert made.engine.port.refused["source"] > 20


async def test_forged_dtls_kills_a_handshake_without_the_source_shield() -> None:
    async with room(shields=OFF["source"]) as made:
        assert not await handshake_under_fire(made)


def hijack(made: Room, site: Site) -> socket.socket:
    """A binding request for a known user name, signed with a guessed password."""
    sock = stranger()
    own, site.socket = site.socket, sock
    site.bind(password="a guess that is long enough")
    site.socket = own
    return sock


async def test_wrong_integrity_moves_nobody() -> None:
    async with room() as made:
        talker, sites = await running(made)
        hijack(made, sites[0])
        assert await meeting_goes_on(made, talker, sites)
        assert made.engine.port.refused["stun_integrity"] == 1


async def test_wrong_integrity_steals_a_session_without_the_shield() -> None:
    async with room(shields=OFF["integrity"]) as made:
        talker, sites = await running(made)
        hijack(made, sites[0])
        assert not await meeting_goes_on(made, talker, sites)


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


async def test_malformed_srtp_from_a_proven_address() -> None:
    """Right address, wrong key: counted, and nothing else."""
    async with room() as made:
        talker, sites = await running(made)
        for _ in range(300):
            data = bytes([0x80, random.choice((96, 111, 200, 201, 205, 206))])
            sites[0].socket.sendto(data + os.urandom(random.randint(0, 200)), sites[0].server)
            talker.site.socket.sendto(data + os.urandom(40), talker.site.server)
        assert await meeting_goes_on(made, talker, sites)
        receivers = made.engine.receivers.values()
        assert sum(r.peer.unauthentic for r in receivers if r.peer is not None) == 300


async def test_authentic_but_malformed_packets() -> None:
    """Sites with keys send nonsense: RTP and RTCP of any shape inside good SRTP, from another
    publisher, also while it stands in a slot, and from a receiver."""
    async with room() as made:
        talker, sites = await running(made)
        hostile = await made.publisher("b", ssrc=5000)
        made.engine.set_stage("m", {"V0": "a", "V1": "b"}, {"A0": "a", "A1": "b"})
        chance = random.Random(7)
        for site in (hostile.site, sites[0]):
            for _ in range(400):
                body = bytes([0x80 | chance.randrange(64), chance.choice((96, 97, 111, 5))])
                body += chance.randbytes(10 + chance.randrange(60))
                site.socket.sendto(_protected(site, body), site.server)
                kind = bytes([0x80 | chance.randrange(32), chance.randrange(200, 208)])
                words = chance.randrange(6)
                report = kind + words.to_bytes(2, "big") + chance.randbytes(4 * words + 4)
                site.report(report)
        assert await meeting_goes_on(made, talker, sites)


def _protected(site: Site, plain: bytes) -> bytes:
    import pylibsrtp

    try:
        return bytes(site.dtls._tx_srtp.protect(plain))
    except (pylibsrtp.Error, ValueError):
        return b"\x80"


async def test_ten_thousand_unknown_sources_and_fuzz() -> None:
    """10,000 sources that never proved themselves, and 20,000 datagrams of any content."""
    async with room() as made:
        talker, sites = await running(made)
        port = made.engine.port
        chance = random.Random(3)
        ufrag = sites[0].ufrag.encode()
        now = made.engine.clock.now()
        for number in range(10_000):
            source = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 5000)
            port.datagram(b"\x80\x60" + bytes(30), source, now)
        known = made.engine.sessions.owners
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
        assert len(port._by_source) == len(known)
        assert len(known) == 3
        assert await meeting_goes_on(made, talker, sites)


async def test_a_flood_of_nacks_costs_a_bounded_number_of_packets() -> None:
    from media import rtcp
    from media.receiver import RESEND_BURST

    async with room() as made:
        talker, sites = await running(made)
        await made.talk([talker], 60)
        numbers = sites[0].numbers("V0")[-60:]
        nack = rtcp.write_receiver_report(1, ()) + rtcp.write_nack(1, sites[0].ssrc("V0"), numbers)
        for _ in range(200):
            sites[0].report(nack)
        before = made.engine.fanout.resent
        began = time.monotonic()
        assert await meeting_goes_on(made, talker, sites)
        allowed = RESEND_BURST + 100 * (time.monotonic() - began + 1)
        assert made.engine.fanout.resent - before <= allowed


async def test_no_more_addresses_than_the_bound() -> None:
    async with room() as made:
        talker, sites = await running(made, 1)
        for _ in range(20):
            sites[0].move()
            await sites[0].check()
        port = made.engine.port
        assert len(port._by_source) <= 1 + port.bounds.addresses_per_session
        assert await meeting_goes_on(made, talker, sites)


async def test_duplicate_user_names_are_impossible() -> None:
    async with room() as made:
        sites = [Site("receive") for _ in range(2)]
        made.sites += sites
        first = made.engine.receive("m", "a", sites[0].offer())
        taken = made.engine.receivers[first.session].peer
        assert taken is not None
        other = made.engine.receive("m", "b", sites[1].offer())
        stranger_peer = made.engine.receivers[other.session].peer
        assert stranger_peer is not None
        with pytest.raises(ValueError, match="duplicate"):
            made.engine.port.expect(taken.ice_ufrag, stranger_peer)


async def test_a_wrong_certificate_never_connects() -> None:
    """The fingerprint of the offer binds the session: who answers STUN needs the key as well."""
    async with room() as made:
        site = Site("receive")
        made.sites.append(site)
        opener = partial(made.engine.receive, "m", "r")
        site.take(opener(_other_fingerprint(site.offer())))
        with contextlib.suppress(AssertionError, TimeoutError):
            async with asyncio.timeout(3):
                await site.connect()
        await until(lambda: made.events, "the refusal")
        assert [e["event"] for e in made.events] == ["ended"]
        assert made.events[0]["reason"] == "handshake_failed"


def _other_fingerprint(offer: str) -> str:
    import re

    return re.sub(r"(a=fingerprint:\S+ )\S\S", lambda m: m[1] + "00", offer)


def test_the_queue_bound_is_in_use() -> None:
    assert peer_module._Pipe(None, 2).put(b"a")  # type: ignore[arg-type]
    pipe = peer_module._Pipe(None, 1)  # type: ignore[arg-type]
    assert pipe.put(b"a")
    assert not pipe.put(b"b")
