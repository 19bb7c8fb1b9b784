"""The one place where the bridge takes time and randomness from, so that tests can replace both."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

NTP_EPOCH = 2208988800
"""Seconds from 1900 (NTP) to 1970 (RFC 5905)."""


@dataclass(frozen=True)
class Clock:
    """`now`: monotonic seconds. `wall`: seconds since 1970. `entropy(n)`: n random bytes."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    entropy: Callable[[int], bytes] = os.urandom

    def token(self, size: int = 16) -> str:
        """An unguessable name of `size` random bytes, as hexadecimal text."""
        return self.entropy(size).hex()


SYSTEM = Clock()


def abs_send_time(now: float) -> int:
    """24-bit 6.18 fixed point seconds (the abs-send-time header extension)."""
    return int(now * 262144) & 0xFFFFFF


def to_ntp(wall: float) -> int:
    """64-bit NTP timestamp of `wall` seconds since 1970."""
    return int((wall + NTP_EPOCH) * 4294967296) & 0xFFFFFFFFFFFFFFFF
