"""Datagrams read many at once: the same as one by one."""

from __future__ import annotations

import hashlib
import os
import socket

import pylibsrtp
import pytest

from media.datagrams import Address, pack_address, unpack_address
from media.intake import AT_ONCE, ROOM, Datagram, Intake


@pytest.mark.parametrize("address", [("127.0.0.1", 4000), ("::1", 65535), ("2001:db8::5", 1)])
def test_addresses_round_trip(address: Address) -> None:
    assert unpack_address(pack_address(address, ":" in address[0])) == address


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize(("family", "host"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_all_that_waits_is_read_with_its_source(batch: bool, family: str, host: str) -> None:
    kind = socket.AddressFamily[family]
    with (
        socket.socket(kind, socket.SOCK_DGRAM) as ours,
        socket.socket(kind, socket.SOCK_DGRAM) as one,
        socket.socket(kind, socket.SOCK_DGRAM) as other,
    ):
        for sock in (ours, one, other):
            sock.bind((host, 0))
        ours.setblocking(False)
        intake = Intake(kind == socket.AF_INET6, batch)
        assert intake.read(ours, AT_ONCE) == []
        sent = []
        for number in range(AT_ONCE + 3):
            sender = one if number % 3 else other
            data = bytes([number]) * (number * 80)
            sender.sendto(data, ours.getsockname())
            sent.append((data, sender.getsockname()[:2]))
        found = [(bytes(d), source) for d, source in intake.read(ours, AT_ONCE)]
        assert len(found) == AT_ONCE
        found += [(bytes(d), source) for d, source in intake.read(ours, AT_ONCE)]
        assert found == sent
        one.sendto(b"x" * 4000, ours.getsockname())
        assert [d.size for d, _ in intake.read(ours, 1)] == [ROOM]


def test_a_closed_socket_is_an_error_and_no_crash() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.close()
    with pytest.raises(OSError, match="recvmmsg"):
        Intake(False).read(sock, 1)


def test_srtp_is_decrypted_where_it_lies() -> None:
    key = os.urandom(28)
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    sending = pylibsrtp.Session(pylibsrtp.Policy(key, 3, 0, profile))
    receiving = pylibsrtp.Session(pylibsrtp.Policy(key, 2, 0, profile))
    plain = b"\x80\x60\x00\x01" + bytes(8) + b"picture"
    datagram = Datagram(sending.protect(plain))
    room = datagram.room
    assert datagram.unprotect(receiving)
    assert bytes(datagram) == plain
    assert datagram.room is room
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x07"
    datagram.put(sending.protect_rtcp(report))
    assert datagram.unprotect_rtcp(receiving)
    assert bytes(datagram) == report


NOISE = hashlib.sha512(b"noise").digest()


@pytest.mark.parametrize("data", [b"\x80", b"\x80\x60", b"\x80\xc9\x00\x01", NOISE])
def test_what_is_not_authentic_is_refused(data: bytes) -> None:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    session = pylibsrtp.Session(pylibsrtp.Policy(bytes(28), 2, 0, profile))
    assert not Datagram(data).unprotect(session)
    assert not Datagram(data).unprotect_rtcp(session)
