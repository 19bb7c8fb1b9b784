"""RTP on the wire (RFC 3550, RFC 8285) and what the bridge must know of its payloads.

VP8 descriptors (RFC 7741) are normalised to a 15-bit picture id when they carry one, so that a
slot can continue its numbering whatever the next source sends. H.264 (RFC 6184) and Opus are
forwarded untouched; of H.264 only the start of a decodable picture is found.
"""

from __future__ import annotations

from collections.abc import Container
from struct import Struct
from typing import NamedTuple

_HEADER = Struct(">BBHII")
_unpack_header = _HEADER.unpack_from


class MalformedPacket(ValueError):
    """The datagram is not the RTP packet it claims to be."""


class RtpPacket(NamedTuple):
    """A parsed packet. `extensions` maps the one- or two-byte id to its bytes."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    extensions: dict[int, bytes]
    payload: bytes


_NO_EXTENSIONS: dict[int, bytes] = {}


def parse_rtp(data: bytes | memoryview, plain: Container[int] = ()) -> RtpPacket:
    """RFC 3550 §5.1 with RFC 8285 extensions; padding is taken off. Raises MalformedPacket.

    Extensions of the SSRCs in `plain` are passed over. Nothing of `data` is referred to later.
    """
    size = len(data)
    if size < 12:
        raise MalformedPacket("short header")
    first, second, sequence, timestamp, ssrc = _unpack_header(data)
    if first >> 6 != 2:
        raise MalformedPacket("version")
    start = 12 + 4 * (first & 0x0F)
    extensions = _NO_EXTENSIONS
    if first & 0x10:
        if size < start + 4:
            raise MalformedPacket("short extension")
        profile = (data[start] << 8) | data[start + 1]
        end = start + 4 + 4 * ((data[start + 2] << 8) | data[start + 3])
        if end > size:
            raise MalformedPacket("extension beyond packet")
        if ssrc in plain:
            pass
        elif profile == 0xBEDE:
            extensions = _one_byte(data, start + 4, end)
        elif profile & 0xFFF0 == 0x1000:
            extensions = _two_byte(data, start + 4, end)
        start = end
    end = size
    if first & 0x20:
        padding = data[-1]
        if padding == 0 or start + padding > size:
            raise MalformedPacket("padding")
        end = size - padding
    if start > end:
        raise MalformedPacket("contributing sources beyond packet")
    return RtpPacket(
        second & 0x7F,
        second >= 0x80,
        sequence,
        timestamp,
        ssrc,
        extensions,
        bytes(data[start:end]),
    )


def _one_byte(data: bytes | memoryview, pos: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while pos < end:
        head = data[pos]
        pos += 1
        if head == 0:
            continue
        identity = head >> 4
        if identity == 15:
            break
        size = (head & 0x0F) + 1
        if pos + size > end:
            break
        found[identity] = bytes(data[pos : pos + size])
        pos += size
    return found


def _two_byte(data: bytes | memoryview, pos: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while pos + 1 < end:
        identity = data[pos]
        if identity == 0:
            pos += 1
            continue
        size = data[pos + 1]
        pos += 2
        if pos + size > end:
            break
        found[identity] = bytes(data[pos : pos + size])
        pos += size
    return found


class Vp8(NamedTuple):
    """A VP8 payload as the bridge keeps it.

    `payload` has a 15-bit picture id at byte 2 when `picture_id` ≥ 0, and TL0PICIDX at byte 4 when
    `tl0` ≥ 0; otherwise it is as it came. `starts_key` marks the first packet of a keyframe.
    `short` says that the id came with 7 bits only: whoever knows the ones before must complete it.
    """

    payload: bytes
    picture_id: int
    tl0: int
    starts_key: bool
    short: bool = False


def with_picture_id(payload: bytes, picture_id: int) -> bytes:
    """A payload of `read_vp8` with another 15-bit picture id."""
    number = bytes((0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF))
    return payload[:2] + number + payload[4:]


def read_vp8(payload: bytes) -> Vp8:
    """RFC 7741 §4.2. Raises MalformedPacket when the descriptor is cut."""
    try:
        first = payload[0]
        pos = 1
        picture_id = tl0 = -1
        short = False
        out = payload
        if first & 0x80:
            flags = payload[1]
            pos = 2
            if flags & 0x80:
                high = payload[2]
                if high & 0x80:
                    picture_id = ((high & 0x7F) << 8) | payload[3]
                    pos = 4
                else:
                    picture_id = high
                    short = True
                    out = payload[:2] + bytes((0x80, high)) + payload[3:]
                    pos = 3
            if flags & 0x40:
                # without a picture id TL0PICIDX would stand elsewhere: left as it came
                tl0 = payload[pos] if picture_id >= 0 else -1
                pos += 1
            if flags & 0x30:
                pos += 1
        starts = first & 0x10 and not first & 0x07
        key = bool(starts and not payload[pos] & 0x01)
    except IndexError as exc:
        raise MalformedPacket("VP8 descriptor") from exc
    return Vp8(out, picture_id, tl0, key, short)


def starts_h264_key(payload: bytes) -> bool:
    """Does an H.264 picture that needs no other start here (an SPS, or an IDR slice)? RFC 6184."""
    if not payload:
        raise MalformedPacket("empty H.264 payload")
    kind = payload[0] & 0x1F
    if kind in (5, 7):
        return True
    if kind == 24:
        pos = 1
        while pos + 2 < len(payload):
            if payload[pos + 2] & 0x1F in (5, 7):
                return True
            pos += 2 + ((payload[pos] << 8) | payload[pos + 1])
        return False
    if kind == 28 and len(payload) > 1:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F in (5, 7)
    return False


def unwrap(reference: int, value: int, bits: int) -> int:
    """The number nearest to `reference` whose low `bits` bits are `value`."""
    size = 1 << bits
    half = size >> 1
    return reference + ((value - reference + half) % size) - half
