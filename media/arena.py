"""Where copies of a burst stand side by side, one per receiver, for libsrtp and for the kernel.

A burst of k packets for n receivers takes n × k places: all packets of the first receiver, then
all of the second. So one receiver's SRTP context is used k times in a row while it is in the
processor's cache, and its packets are one message whose parts stand together.
"""

from __future__ import annotations

import mmap
from array import array
from typing import Any

from pylibsrtp._binding import ffi

from .bounds import DATAGRAM_MAX
from .datagrams import libc_types

BURST = 8
"""Packets sent to one receiver as one message: a picture of 720p at 1 Mbit/s is four or five."""
TRAILER = 144
"""Bytes that libsrtp may write behind a packet (SRTP_MAX_TRAILER_LEN)."""
SMALL, LARGE = 320, 1600
"""Bytes from one place to the next: a voice's packet, and a datagram. Odd multiples of a cache
line, so that places spread over all sets of the cache; a power of two would share a few."""


class Places:
    """The memory of one stride: places, pointers to them, and iovecs that describe them."""

    def __init__(self, stride: int, memory: Any, count: int) -> None:
        self.stride = stride
        self.pointers: list[Any] = []
        self._base = ffi.cast("unsigned char *", memory)
        start = int(ffi.cast("uintptr_t", self._base))
        self._iovecs = libc_types.new("struct iovec[]", count)
        self.iovecs = int(libc_types.cast("uintptr_t", self._iovecs))
        self._words = memoryview(libc_types.buffer(self._iovecs)).cast("B").cast("Q")
        self._words[0::2] = array("Q", range(start, start + count * stride, stride))

    def lay_out(self, burst: list[bytes], receivers: int) -> None:
        """Copy `burst` once per receiver, by doubling."""
        group = len(burst)
        pointers = self._pointers(group * receivers)
        move = ffi.memmove
        for pointer, plain in zip(pointers, burst, strict=False):
            move(pointer, plain, len(plain))
        first, bytes_each = pointers[0], group * self.stride
        filled = 1
        while filled < receivers:
            more = min(filled, receivers - filled)
            move(pointers[filled * group], first, more * bytes_each)
            filled += more

    def measure(self, sizes: list[int], receivers: int) -> None:
        """Say in the iovecs how long the protected packets of each receiver are."""
        self._words[1 : 2 * len(sizes) * receivers : 2] = array("Q", sizes) * receivers

    def read(self, place: int, size: int) -> bytes:
        """What stands in a place."""
        return bytes(ffi.buffer(self._base + place * self.stride, size))

    def _pointers(self, count: int) -> list[Any]:
        # made when first needed: most meetings are far below the bound
        pointers = self.pointers
        for place in range(len(pointers), count):
            pointers.append(self._base + place * self.stride)
        return pointers


class Arena:
    """Places of both strides over one memory (one burst stands at a time), and libsrtp's lengths.

    `capacity`: receivers of one burst.
    """

    def __init__(self, capacity: int) -> None:
        count = capacity * BURST
        # mapped, not allocated: pages that are never used cost nothing
        self._memory = ffi.from_buffer(mmap.mmap(-1, count * LARGE))
        self._small = Places(SMALL, self._memory, count)
        self._large = Places(LARGE, self._memory, count)
        self._lengths = ffi.new("int[]", count)
        self._view = memoryview(ffi.buffer(self._lengths)).cast("B").cast("i")
        self._pointers: list[Any] = []

    def places(self, burst: list[bytes]) -> Places:
        """Where `burst` fits."""
        return self._small if max(map(len, burst)) <= SMALL - TRAILER else self._large

    def lengths(self, burst: list[bytes], receivers: int) -> list[Any]:
        """Pointers to the lengths of the laid out packets; libsrtp makes them those of the
        protected ones."""
        count = len(burst) * receivers
        self._view[:count] = array("i", map(len, burst)) * receivers
        pointers = self._pointers
        for place in range(len(pointers), count):
            pointers.append(self._lengths + place)
        return pointers


if LARGE < DATAGRAM_MAX + 100:
    raise RuntimeError("a place is below a datagram")
