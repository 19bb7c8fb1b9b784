"""The hot loop against a plain one: the same bytes at the same receivers."""

from __future__ import annotations

import os
import socket

import pylibsrtp
import pytest

from media.bounds import Bounds
from media.fanout import Fanout, pack_address, unpack_address
from media.forwarder import Feed, Stream
from media.lanes import Profile
from media.port import Address
from media.rtp import RtpPacket, parse_rtp

GCM = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
CM = pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80


class Receiver:
    """A leg with the other end of its keys."""

    def __init__(self, family: int = socket.AF_INET, profile: int = GCM) -> None:
        key = os.urandom(30 if profile == CM else 28)
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.socket.setblocking(False)
        sending = pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND, 0, profile)
        sending.allow_repeat_tx = True
        sending.window_size = 1024
        self.tx: pylibsrtp.Session | None = pylibsrtp.Session(sending)
        receiving = pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_INBOUND, 0, profile)
        self.rx = pylibsrtp.Session(receiving)
        self.address: Address | None = self.socket.getsockname()[:2]

    def received(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self.rx.unprotect(self.socket.recv(2048)))
            except BlockingIOError:
                return found


def sender(family: int = socket.AF_INET) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    return sock


def run(fanout: Fanout, receivers: list[Receiver], overhead: int = 16, count: int = 5) -> Stream:
    stream = Stream("opus", 48000)
    profile = Profile("A0", 111, 5, 48000, 0, overhead)
    for receiver in receivers:
        Feed(profile, receiver).want(stream)
    for index in range(count):
        packet = RtpPacket(111, False, index, index * 960, 1, {}, b"sound %d" % index)
        kept = stream.accept(packet, 0.0, 0)
        assert kept is not None
        stream.forward(kept, 0.0, fanout)
    return stream


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize(("profile", "overhead"), [(GCM, 16), (CM, 10)])
def test_every_receiver_can_read_every_packet(
    batch: bool, family: int, profile: int, overhead: int
) -> None:
    fanout = Fanout(sender(family), batch=batch)
    receivers = [Receiver(family, profile) for _ in range(9)]
    run(fanout, receivers, overhead)
    for receiver in receivers:
        packets = [parse_rtp(raw) for raw in receiver.received()]
        assert [p.payload for p in packets] == [b"sound %d" % i for i in range(5)]
    assert (fanout.sent, fanout.dropped, fanout.unprotected) == (45, 0, 0)


def test_more_receivers_than_one_batch_holds() -> None:
    fanout = Fanout(sender(), bounds=Bounds(fanout=4))
    receivers = [Receiver() for _ in range(11)]
    run(fanout, receivers)
    assert [len(r.received()) for r in receivers] == [5] * 11


def test_a_receiver_that_cannot_be_protected_costs_only_itself() -> None:
    fanout = Fanout(sender())
    receivers = [Receiver() for _ in range(5)]
    bad = pylibsrtp.Policy(os.urandom(28), pylibsrtp.Policy.SSRC_SPECIFIC, 99, GCM)
    receivers[2].tx = pylibsrtp.Session(bad)
    run(fanout, receivers)
    assert [len(r.received()) for r in receivers] == [5, 5, 0, 5, 5]
    assert fanout.unprotected == 5


def test_receivers_in_the_handshake_are_left_out_until_the_plan_is_made_anew() -> None:
    fanout = Fanout(sender())
    ready, waiting = Receiver(), Receiver()
    keys, waiting.tx = waiting.tx, None
    stream = run(fanout, [ready, waiting])
    assert (len(ready.received()), len(waiting.received())) == (5, 0)
    waiting.tx = keys
    for lane in stream.lanes.values():
        lane.plan = None
    kept = stream.accept(RtpPacket(111, False, 9, 9, 1, {}, b"x"), 0.0, 0)
    assert kept is not None
    stream.forward(kept, 0.0, fanout)
    assert (len(ready.received()), len(waiting.received())) == (1, 1)


def test_an_unreachable_address_is_skipped_and_counted() -> None:
    fanout = Fanout(sender())
    receivers = [Receiver() for _ in range(4)]
    receivers[1].address = ("255.255.255.255", 9)
    run(fanout, receivers)
    assert [len(r.received()) for r in receivers] == [5, 0, 5, 5]
    assert fanout.dropped == 5
    assert fanout.sent == 15


def test_one_packet_again() -> None:
    fanout = Fanout(sender())
    receiver = Receiver()
    stream = run(fanout, [receiver], count=3)
    receiver.received()
    feed = next(stream.feeds())
    plain = feed.find(1)
    assert plain is not None
    assert fanout.send_one(feed, plain)
    # the receiver has it: its replay check refuses the same bytes
    with pytest.raises(pylibsrtp.Error, match="replay"):
        receiver.received()
    receiver.tx = None
    assert not fanout.send_one(feed, plain)


@pytest.mark.parametrize("address", [("127.0.0.1", 4000), ("::1", 65535), ("2001:db8::5", 1)])
def test_addresses_round_trip(address: Address) -> None:
    assert unpack_address(pack_address(address, ":" in address[0])) == address
