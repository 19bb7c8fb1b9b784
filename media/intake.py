"""Where datagrams are read into and unprotected in, for all sessions of a worker.

A few places, used again and again, so that they stay in the processor's cache: one call reads
what is there (most of a picture), libsrtp decrypts in place, and a payload is copied once, to the
cache of packets.
"""

from __future__ import annotations

import errno
import socket

import pylibsrtp
from pylibsrtp._binding import ffi, lib

from .datagrams import Address, find_in_libc, libc_types, unpack_address

ROOM = 2048
"""Bytes: more than any datagram that is taken, so that a longer one shows by its length."""
AT_ONCE = 16
"""Datagrams read with one call: a picture and what receivers say meanwhile; 32 kB in all."""
KNOWN_SOURCES = 4096
"""Addresses whose text is kept; beyond it (a flood) they are made anew."""
MSG_DONTWAIT = 0x40


class Datagram:
    """A place for one datagram: `room` holds it, `view` is for slices, `size` its length."""

    __slots__ = ("_length", "_pointer", "room", "size", "view")

    def __init__(self, data: bytes = b"") -> None:
        self.room = bytearray(ROOM)
        self.view = memoryview(self.room)
        self.size = 0
        self._pointer = ffi.from_buffer("unsigned char[]", self.room)
        self._length = ffi.new("int *")
        self.put(data)

    def put(self, data: bytes) -> None:
        """Lay a datagram in; what is longer than the room is cut, as the socket would."""
        self.size = min(len(data), ROOM)
        self.view[: self.size] = data[:ROOM]

    def __bytes__(self) -> bytes:
        return bytes(self.view[: self.size])

    def unprotect(self, session: pylibsrtp.Session) -> bool:
        """Check and decrypt SRTP in place; `size` is then the plain one."""
        length = self._length
        length[0] = self.size
        if lib.srtp_unprotect(session._srtp[0], self._pointer, length):
            return False
        self.size = length[0]
        return True

    def unprotect_rtcp(self, session: pylibsrtp.Session) -> bool:
        """The same for SRTCP."""
        length = self._length
        length[0] = self.size
        if lib.srtp_unprotect_rtcp(session._srtp[0], self._pointer, length):
            return False
        self.size = length[0]
        return True


class Intake:
    """Reads sockets of one address family by `recvmmsg`, or by `recvfrom` without it."""

    def __init__(self, ipv6: bool, batch: bool = True) -> None:
        self._receive = find_in_libc("recvmmsg") if batch else None
        self.places = [Datagram() for _ in range(AT_ONCE)]
        self._texts: dict[bytes, Address] = {}
        size = self._size = 28 if ipv6 else 16
        self._names = libc_types.new("unsigned char[]", AT_ONCE * size)
        self._sources = libc_types.buffer(self._names)
        self._iovecs = libc_types.new("struct iovec[]", AT_ONCE)
        self._headers = libc_types.new("struct mmsghdr[]", AT_ONCE)
        for index, place in enumerate(self.places):
            self._iovecs[index].iov_base = libc_types.cast(
                "void *", int(ffi.cast("uintptr_t", place._pointer))
            )
            self._iovecs[index].iov_len = ROOM
            header = self._headers[index].msg_hdr
            header.msg_name = self._names + index * size
            header.msg_namelen = size
            header.msg_iov = self._iovecs + index
            header.msg_iovlen = 1
        # of the eight words of a header the last holds the length in its lower half
        self._lengths = memoryview(libc_types.buffer(self._headers)).cast("B").cast("I")[14::16]

    def read(self, sock: socket.socket, limit: int) -> list[tuple[Datagram, Address]]:
        """Datagrams that wait, at most `limit` of AT_ONCE; fewer when there are no more.

        They are overwritten by the next reading. Raises OSError as the socket does, but not when
        nothing is there.
        """
        if self._receive is None:
            return self._read_singly(sock, limit)
        count = self._receive(sock.fileno(), self._headers, limit, MSG_DONTWAIT, libc_types.NULL)
        if count < 0:
            code = libc_types.errno
            if code in (errno.EAGAIN, errno.EINTR):
                return []
            raise OSError(code, "recvmmsg")
        found = []
        sources, size, texts = self._sources, self._size, self._texts
        name = 0
        for place, length in zip(self.places, self._lengths[:count].tolist(), strict=False):
            place.size = length
            raw = sources[name : name + size]
            found.append((place, texts.get(raw) or self._text(raw)))
            name += size
        return found

    def _text(self, raw: bytes) -> Address:
        if len(self._texts) >= KNOWN_SOURCES:
            self._texts.clear()
        found = self._texts[raw] = unpack_address(raw)
        return found

    def _read_singly(self, sock: socket.socket, limit: int) -> list[tuple[Datagram, Address]]:
        found: list[tuple[Datagram, Address]] = []
        for place in self.places[:limit]:
            try:
                place.size, source = sock.recvfrom_into(place.room)
            except (BlockingIOError, InterruptedError):
                break
            found.append((place, source[:2]))
        return found
