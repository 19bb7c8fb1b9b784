"""Hostile datagrams against a running meeting. Each attack is tried twice: with its shield the
meeting goes on untouched; without it the same attack does harm, or the test would prove nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from functools import partial
from struct import pack

import pytest

from .attacks import OFF, handshake_under_fire, meeting_goes_on, running, stranger
from .meeting import Room, Talker, room
from .site import Site, until


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
        assert not await meeting_goes_on(made, talker, sites, goes_on=False)


def forged_dtls(target: tuple[str, int]) -> None:
    """A fatal alert and a ClientHello from an address that never proved itself."""
    sock = stranger()
    alert = bytes.fromhex("15fefd000000000000000000020228")
    hello = bytes.fromhex("16fefd0000000000000000002f0100002300000000000000") + os.urandom(36)
    for _ in range(20):
        sock.sendto(alert, target)
        sock.sendto(hello, target)
    sock.close()


async def test_forged_alerts_and_hellos_in_the_handshake() -> None:
    async with room() as made:
        assert await handshake_under_fire(made, forged_dtls)
        assert made.engine.port.refused["source"] > 20


async def test_forged_dtls_kills_a_handshake_without_the_source_shield() -> None:
    async with room(shields=OFF["source"]) as made:
        assert not await handshake_under_fire(made, forged_dtls, goes_on=False)


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
        assert not await meeting_goes_on(made, talker, sites, goes_on=False)


def forged_srtp(made: Room, talker: Talker, sites: list[Site]) -> None:
    """Right addresses, no key: noise, and packets that look like the publisher's next ones."""
    chance = random.Random(11)
    for _ in range(300):
        data = bytes([0x80, chance.choice((96, 111, 200, 201, 205, 206))])
        noise = chance.randbytes(chance.randint(0, 200))
        sites[0].socket.sendto(data + noise, sites[0].server)
        talker.site.socket.sendto(data + chance.randbytes(40), talker.site.server)
    last = max(talker.sent)
    for step in range(1, 40):
        head = pack(">BBHII", 0x80, 96, last + step & 0xFFFF, 1, 1000)
        talker.site.socket.sendto(head + chance.randbytes(60), talker.site.server)


async def test_forged_srtp_from_a_proven_address() -> None:
    """Counted, and nothing else."""
    async with room() as made:
        talker, sites = await running(made)
        forged_srtp(made, talker, sites)
        assert await meeting_goes_on(made, talker, sites)
        receivers = made.engine.receivers.values()
        assert sum(r.peer.unauthentic for r in receivers if r.peer is not None) == 300
        peers = [p.peer for p in made.engine.publishers.values()]
        assert sum(peer.unauthentic for peer in peers if peer is not None) == 339


async def test_forged_srtp_spoils_the_picture_without_the_authentic_shield() -> None:
    async with room(shields=OFF["authentic"]) as made:
        talker, sites = await running(made)
        for _ in range(5):  # a busy machine may drop a burst of forgeries before the bridge sees it
            forged_srtp(made, talker, sites)
            if not await meeting_goes_on(made, talker, sites, goes_on=False):
                return
        raise AssertionError("forged packets did no harm: the shield's test proves nothing")


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
        joining = asyncio.ensure_future(site.connect())
        await until(lambda: made.events, "the refusal")
        joining.cancel()
        # the site may have heard of it first: an alert, which aiortc takes for a lost connection
        with contextlib.suppress(asyncio.CancelledError, AssertionError, ConnectionError):
            await joining
        assert [e["event"] for e in made.events] == ["ended"]
        assert made.events[0]["reason"] == "handshake_failed"


def _other_fingerprint(offer: str) -> str:
    import re

    return re.sub(r"(a=fingerprint:\S+ )\S\S", lambda m: m[1] + "00", offer)
