"""One port, two sockets: the kernel sorts, and who reads does so without being woken for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from media.bounds import CALLS_GAP_S
from media.port import Port
from media.sockets import open_sockets

FAMILIES = [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")]
MEDIA = [b"\x80\x60", b"\x90\xe0", b"\xbf\x7f", b"\x80\xbf", b"\x80\xe1"]
REST = [b"\x00\x01", b"\x16\xfe", b"\x80\xc8", b"\x80\xc0", b"\xa1\xdf", b"\xc0\x60", b"\x7f\x60"]


@pytest.fixture(params=FAMILIES, ids=["ipv4", "ipv6"])
def pair(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[socket.socket, socket.socket, socket.socket]]:
    """The two sockets, and a stranger's."""
    family, host = request.param
    media, rest = open_sockets(host, 0)
    assert rest is not None
    with media, rest, socket.socket(socket.AddressFamily[family], socket.SOCK_DGRAM) as other:
        other.connect(media.getsockname()[:2])
        yield media, rest, other


def taken(sock: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(sock.recv(2048))
        except BlockingIOError:
            return found


def test_media_and_the_rest_are_sorted(
    pair: tuple[socket.socket, socket.socket, socket.socket],
) -> None:
    media, rest, other = pair
    sent = [head + bytes([n]) * 30 for n, head in enumerate([*MEDIA, *REST, *MEDIA])]
    for data in sent:
        other.send(data)
    assert taken(media) == [data for data in sent if data[:2] in MEDIA]
    assert taken(rest) == [data for data in sent if data[:2] in REST]


def test_shorter_ones_reach_one_of_the_two(
    pair: tuple[socket.socket, socket.socket, socket.socket],
) -> None:
    media, rest, other = pair
    for data in (b"", b"\x80", b"\x00"):
        other.send(data)
    assert sorted(taken(media) + taken(rest)) == [b"", b"\x00", b"\x80"]


def test_a_port_that_is_taken_is_refused() -> None:
    """A second worker on the same port would silently take half of the first one's sites."""
    media, rest = open_sockets("127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="in use"):
            open_sockets("127.0.0.1", media.getsockname()[1])
    finally:
        media.close()
        if rest is not None:
            rest.close()


class Loop:
    """Which sockets would wake the loop."""

    def __init__(self) -> None:
        self.readers: set[int] = set()

    def add_reader(self, number: int, call: object, *more: object) -> None:
        self.readers.add(number)

    def remove_reader(self, number: int) -> None:
        self.readers.discard(number)


def test_the_rest_wakes_nobody_while_media_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from media.clock import Clock

    loop, time = Loop(), [100.0]
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    port = Port(clock=Clock(now=lambda: time[0]))
    assert port.calls is not None
    media, calls = port.socket.fileno(), port.calls.fileno()
    port.open()
    assert loop.readers == {media, calls}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.connect(("127.0.0.1", port.number))
        other.send(b"\x80\xc9" + bytes(20))
        other.send(b"\x80\x60" + bytes(20))
        port._media_readable()
    # both were read, though only media woke it
    assert port.refused["source"] == 2
    assert loop.readers == {media}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.connect(("127.0.0.1", port.number))
        for _ in range(2):
            # a picture right behind the voice leaves them alone, the next voice does not
            other.send(b"\x80\xc9" + bytes(20))
            other.send(b"\x80\x60" + bytes(20))
            time[0] += CALLS_GAP_S * 0.6
            port._media_readable()
    assert port.refused["source"] == 2 + 2 + 2
    time[0] += 0.02
    port.look_after_calls(time[0])
    assert loop.readers == {media}
    time[0] += 0.05
    port.look_after_calls(time[0])
    assert loop.readers == {media, calls}
    port.close()
    assert loop.readers == set()
