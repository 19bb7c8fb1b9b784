"""The hot loop against a plain one: the same bytes at the same receivers."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bounds import Bounds
from media.datagrams import Address, libc_types
from media.fanout import FULL_WAITS, Fanout
from media.forwarder import Feed, Stream
from media.lanes import Profile
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


def burst(
    fanout: Fanout, sizes: list[int], receivers: list[Receiver], profile: int = GCM
) -> Stream:
    """Packets of given sizes, held and sent in one go."""
    stream = Stream("opus", 48000)
    overhead = 10 if profile == CM else 16
    for receiver in receivers:
        Feed(Profile("A0", 111, 5, 48000, 0, overhead), receiver).want(stream)
    fanout.hold()
    for index, size in enumerate(sizes):
        packet = RtpPacket(111, False, index, index * 960, 1, {}, bytes([index]) * size)
        kept = stream.accept(packet, 0.0, 0)
        assert kept is not None
        stream.forward(kept, 0.0, fanout)
    assert all(not receiver.received() for receiver in receivers)
    fanout.flush()
    return stream


@given(st.lists(st.sampled_from([1, 2, 40, 700, 1100]), min_size=1, max_size=20))
@settings(max_examples=30)
def test_what_was_held_leaves_whole_and_in_order(sizes: list[int]) -> None:
    """Equal sizes go as one message, which the kernel cuts; any mixture arrives the same."""
    for family, profile in ((socket.AF_INET, GCM), (socket.AF_INET6, CM)):
        fanout = Fanout(sender(family), bounds=Bounds(fanout=2))
        receivers = [Receiver(family, profile) for _ in range(3)]
        burst(fanout, sizes, receivers, profile)
        for receiver in receivers:
            found = [parse_rtp(raw).payload for raw in receiver.received()]
            assert found == [bytes([i]) * size for i, size in enumerate(sizes)]
        assert fanout.sent == 3 * len(sizes)
        assert fanout.segments


def test_several_packets_are_one_message() -> None:
    fanout = Fanout(sender())
    runs = list(fanout._runs([b"a" * 9, b"b" * 9, b"c" * 5, b"d" * 9] + [b"e" * 7] * 10))
    assert [len(run) for run in runs] == [3, 2, 8, 1]
    alone = Fanout(sender(), segment=False)
    assert [len(run) for run in alone._runs([b"a", b"b"])] == [1, 1]


def test_a_kernel_that_cannot_segment_gets_packets_one_by_one() -> None:
    fanout = Fanout(sender())
    real = fanout._sendmmsg

    def refusing(fd: int, headers: Any, count: int, flags: int) -> int:
        if headers[0].msg_hdr.msg_controllen:
            libc_types.errno = errno.EIO
            return -1
        return int(real(fd, headers, count, flags))

    fanout._sendmmsg = refusing
    receivers = [Receiver() for _ in range(3)]
    burst(fanout, [500, 500, 500, 20], receivers)
    assert not fanout.segments
    assert [len(r.received()) for r in receivers] == [4] * 3
    assert (fanout.sent, fanout.dropped) == (12, 0)


def test_in_a_burst_too_a_bad_receiver_costs_only_itself() -> None:
    fanout = Fanout(sender())
    receivers = [Receiver() for _ in range(4)]
    bad = pylibsrtp.Policy(os.urandom(28), pylibsrtp.Policy.SSRC_SPECIFIC, 99, GCM)
    receivers[1].tx = pylibsrtp.Session(bad)
    burst(fanout, [300, 300, 300], receivers)
    assert [len(r.received()) for r in receivers] == [3, 0, 3, 3]


def test_who_joins_while_packets_are_held_gets_only_later_ones() -> None:
    fanout = Fanout(sender())
    first, second = Receiver(), Receiver()
    stream = Stream("opus", 48000)
    profile = Profile("A0", 111, 5, 48000, 0, 16)
    Feed(profile, first).want(stream)
    fanout.hold()
    for index in range(4):
        if index == 2:
            Feed(profile, second).want(stream)
        kept = stream.accept(RtpPacket(111, False, index, index, 1, {}, b"x"), 0.0, 0)
        assert kept is not None
        stream.forward(kept, 0.0, fanout)
    fanout.flush()
    assert [parse_rtp(raw).sequence for raw in first.received()] == [0, 1, 2, 3]
    assert [parse_rtp(raw).sequence for raw in second.received()] == [2, 3]


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


def test_a_full_socket_is_waited_for_once_a_flush() -> None:
    """However many lanes and batches there are: all sites wait with the one that is waited for."""
    fanout = Fanout(sender(), bounds=Bounds(fanout=2))
    waits: list[float] = []

    def full(fd: int, headers: Any, count: int, flags: int) -> int:
        libc_types.errno = errno.EAGAIN
        return -1

    def wait(*args: Any) -> None:
        waits.append(args[-1])

    real, fanout._sendmmsg, fanout._wait = fanout._sendmmsg, full, wait
    receivers = [Receiver() for _ in range(6)]
    stream = burst(fanout, [300, 20, 300], receivers)
    assert len(waits) == FULL_WAITS
    assert (fanout.sent, fanout.dropped) == (0, 18)
    lane = next(iter(stream.lanes.values()))
    fanout.report(lane, b"\x80\xc9\x00\x01\x00\x00\x00\x07")
    assert len(waits) == FULL_WAITS
    fanout._sendmmsg = real
    burst(fanout, [300], receivers)
    assert fanout.sent == 6


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
