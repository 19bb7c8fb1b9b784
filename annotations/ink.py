"""Ink on the wire and on disk: one stroke as bytes (format 1).

Layout, little-endian:

    0      uint8    format, 1
    1      uint8    flags: 1 = pressure follows, 2 = time follows; other bits 0
    2      uint16   n, number of points, 1 … MAX_POINTS
    4      float32  x of the first point       (points of page space, see model.py)
    8      float32  y of the first point
    12     float16  dx, dy                      × (n - 1), each against the decoded point before
    …      uint8    pressure                    × n, only with flag 1: 0 … 255 for 0.0 … 1.0
    …      uint16   milliseconds since the point before  × (n - 1), only with flag 2

Decoding adds in 64-bit floats, in order, x and y apart: Python and TypeScript get the same bits.
The encoder takes each delta against the *decoded* point before, so rounding never adds up:
a point is off by at most half a unit of its own delta (1/512 pt for steps below 4 pt).
A gap of more than 65,535 ms is stored as 65,535.
float16 and float32 are IEEE 754 binary16 and binary32.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from annotations.errors import AnnotationError
from annotations.limits import MAX_COORDINATE, MAX_INK_BYTES, MAX_POINTS

FORMAT = 1
HAS_PRESSURE = 1
HAS_TIME = 2
_HEADER = struct.Struct("<BBHff")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FINITE_HIGH_BYTES = bytes(b for b in range(256) if b & 0x7C != 0x7C)
_CLEAR_SIGN = bytes(b & 0x7F for b in range(256))


@dataclass(frozen=True, slots=True)
class Stroke:
    """A decoded stroke. `xs`, `ys` in points of page space; `pressure` 0…1 per point or None;
    `times` in ms since the first point, per point, or None."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    pressure: tuple[float, ...] | None = None
    times: tuple[int, ...] | None = None


def encode_ink(
    xs: Sequence[float],
    ys: Sequence[float],
    pressure: Sequence[float] | None = None,
    times: Sequence[int] | None = None,
) -> bytes:
    """Encode one stroke. Raises AnnotationError `bad_ink` when lengths differ, there is no
    point, or there are more than MAX_POINTS; `out_of_range` for a coordinate that is not
    finite or beyond ±MAX_COORDINATE."""
    n = len(xs)
    if not 1 <= n <= MAX_POINTS or len(ys) != n:
        raise AnnotationError("bad_ink", "ink")
    if (pressure is not None and len(pressure) != n) or (times is not None and len(times) != n):
        raise AnnotationError("bad_ink", "ink")
    for values in (xs, ys):
        for value in values:
            if not -MAX_COORDINATE <= value <= MAX_COORDINATE:
                raise AnnotationError("out_of_range", "ink")
    flags = (HAS_PRESSURE if pressure is not None else 0) | (HAS_TIME if times is not None else 0)
    head = _HEADER.pack(FORMAT, flags, n, xs[0], ys[0])
    x, y = _HEADER.unpack(head)[3:]
    half = struct.Struct("<e")
    deltas = bytearray()
    for i in range(1, n):
        dx = half.pack(xs[i] - x)
        dy = half.pack(ys[i] - y)
        x += half.unpack(dx)[0]
        y += half.unpack(dy)[0]
        # Rounding may carry a point at the very edge over it.
        if abs(x) > MAX_COORDINATE or abs(y) > MAX_COORDINATE:
            raise AnnotationError("out_of_range", "ink")
        deltas += dx + dy
    parts = [head, bytes(deltas)]
    if pressure is not None:
        parts.append(bytes(min(255, max(0, int(p * 255 + 0.5))) for p in pressure))
    if times is not None:
        gaps = (times[i] - times[i - 1] for i in range(1, n))
        parts.append(struct.pack(f"<{n - 1}H", *(min(65_535, max(0, gap)) for gap in gaps)))
    return b"".join(parts)


def decode_ink(data: bytes) -> Stroke:
    """Decode what `encode_ink` wrote. Raises AnnotationError as `check_ink` does."""
    n, flags = check_ink(data)
    x, y = _HEADER.unpack_from(data)[3:]
    deltas = struct.unpack_from(f"<{2 * (n - 1)}e", data, 12)
    at = 12 + 4 * (n - 1)
    pressure: tuple[float, ...] | None = None
    times: tuple[int, ...] | None = None
    if flags & HAS_PRESSURE:
        pressure = tuple(b / 255 for b in data[at : at + n])
        at += n
    if flags & HAS_TIME:
        times = tuple(accumulate(struct.unpack_from(f"<{n - 1}H", data, at), initial=0))
    return Stroke(
        tuple(accumulate(deltas[0::2], initial=x)),
        tuple(accumulate(deltas[1::2], initial=y)),
        pressure,
        times,
    )


def check_ink(data: bytes) -> tuple[int, int]:
    """Return (number of points, flags) of a well-formed stroke, without decoding it when the
    largest step shows that it cannot leave the page space (a 1 kB stroke: about 2 µs).
    Raises AnnotationError `too_large`, `bad_ink`, `not_finite` or `out_of_range`."""
    if len(data) > MAX_INK_BYTES:
        raise AnnotationError("too_large", "ink")
    if len(data) < 12:
        raise AnnotationError("bad_ink", "ink")
    form, flags, n, x, y = _HEADER.unpack_from(data)
    if form != FORMAT or flags > 3 or not 1 <= n <= MAX_POINTS:
        raise AnnotationError("bad_ink", "ink")
    end = 12 + 4 * (n - 1)
    tail = (n if flags & HAS_PRESSURE else 0) + (2 * (n - 1) if flags & HAS_TIME else 0)
    if len(data) != end + tail:
        raise AnnotationError("bad_ink", "ink")
    if not (abs(x) <= MAX_COORDINATE and abs(y) <= MAX_COORDINATE):
        raise AnnotationError("out_of_range", "ink")
    if n > 1:
        high = data[13:end:2]
        if high.translate(None, _FINITE_HIGH_BYTES):
            raise AnnotationError("not_finite", "ink")
        # The high byte without its sign holds the exponent: every step is below 2^(e - 14).
        exponent = max(high.translate(_CLEAR_SIGN)) >> 2
        reach = max(abs(x), abs(y)) + (n - 1) * 2.0 ** (exponent - 14)
        if reach > MAX_COORDINATE:
            _check_every_point(data, n, x, y)
    return n, flags


def _check_every_point(data: bytes, n: int, x: float, y: float) -> None:
    deltas = struct.unpack_from(f"<{2 * (n - 1)}e", data, 12)
    for steps, start in ((deltas[0::2], x), (deltas[1::2], y)):
        values = list(accumulate(steps, initial=start))
        if max(values) > MAX_COORDINATE or min(values) < -MAX_COORDINATE:
            raise AnnotationError("out_of_range", "ink")


def ink_to_text(data: bytes) -> str:
    """Base64url without padding (RFC 4648 §5)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def ink_from_text(text: str) -> bytes:
    """The reverse of `ink_to_text`. Raises AnnotationError `too_large` or `bad_ink`."""
    if len(text) > MAX_INK_BYTES * 4 // 3:
        raise AnnotationError("too_large", "ink")
    if "=" in text:
        raise AnnotationError("bad_ink", "ink")
    try:
        raw = text.encode("ascii").translate(_TO_STANDARD) + b"=" * (-len(text) % 4)
        return binascii.a2b_base64(raw, strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        raise AnnotationError("bad_ink", "ink") from None
