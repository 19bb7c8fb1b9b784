"""The one place time and randomness come from, so that tests can replace both.

`now()` is UTC and aware; `new_id()` a UUIDv7 (RFC 9562 §5.7), so that ids sort by creation;
`token(n)` n unguessable bytes.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_wall: Callable[[], float] = time.time
_entropy: Callable[[int], bytes] = os.urandom


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.fromtimestamp(_wall(), UTC)


def unix_ms() -> int:
    """The present moment in whole milliseconds since 1970."""
    return int(_wall() * 1000)


def monotonic() -> float:
    """Seconds that never run backwards; for waiting and measuring, never stored."""
    return time.monotonic()


def token(size: int = 32) -> bytes:
    """`size` unguessable bytes."""
    return _entropy(size)


def new_id() -> str:
    """A fresh UUIDv7 in its text form."""
    stamp = unix_ms().to_bytes(6, "big")
    rand = bytearray(_entropy(10))
    rand[0] = (rand[0] & 0x0F) | 0x70
    rand[2] = (rand[2] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=stamp + bytes(rand)))


@contextmanager
def replaced(
    wall: Callable[[], float] | None = None, entropy: Callable[[int], bytes] | None = None
) -> Iterator[None]:
    """For tests: time and randomness of the test's choosing while the block runs."""
    global _wall, _entropy
    before = (_wall, _entropy)
    _wall, _entropy = wall or _wall, entropy or _entropy
    try:
        yield
    finally:
        _wall, _entropy = before
