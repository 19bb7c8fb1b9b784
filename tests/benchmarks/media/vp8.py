"""The packets of a synthetic VP8 720p camera and its microphone (RFC 7741, RFC 7587).

The descriptors and frame headers are valid; the picture itself is noise. Each packet carries a
tag behind them, so that a receiver can tell source, frame, position and the time of sending.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

VIDEO_CLOCK = 90_000
AUDIO_CLOCK = 48_000
FRAME_RATE = 30
KEYFRAME_GAP = 9  # frames: 300 ms
# Payload of a video packet, as libwebrtc cuts them: 1,200 bytes less headers and descriptor.
PAYLOAD_BYTES = 1_100
OPUS_BYTES = 80  # 32 kbit/s at 20 ms
OPUS_PERIOD_S = 0.02
# Tag: magic, source, frame, index, count, keyframe, nanoseconds of CLOCK_REALTIME.
TAG = struct.Struct("!IHIHHBQ")
MAGIC = 0x70686F6E


@dataclass(frozen=True)
class Tag:
    """What a receiver learns from one decrypted packet."""

    source: int
    frame: int
    index: int
    count: int
    keyframe: bool
    sent_ns: int


@dataclass
class Frame:
    """One picture: its number, its packets' payload sizes and whether it stands alone."""

    number: int
    keyframe: bool
    sizes: list[int]


class Camera:
    """Sizes of consecutive frames of an encoder held at `bits_per_second`.

    A keyframe is six times a mean frame and is paid back by the frames after it, as a rate
    control does; asked for, it comes no sooner than 300 ms after the last one (libwebrtc's
    bound). `random_` makes the sequence repeatable.
    """

    def __init__(
        self, bits_per_second: int, random_: random.Random, keyframe_every: int = 300
    ) -> None:
        self._mean = bits_per_second / 8 / FRAME_RATE
        self._random = random_
        self._every = keyframe_every
        self._debt = 0.0
        self.count = 0
        self._wanted = True
        self._last_keyframe = -KEYFRAME_GAP

    def ask_keyframe(self) -> None:
        """The next frame will be a keyframe (PLI)."""
        self._wanted = True

    def shoot(self) -> Frame:
        """The next frame."""
        gap = self.count - self._last_keyframe
        keyframe = gap >= self._every or (self._wanted and gap >= KEYFRAME_GAP)
        if keyframe:
            self._wanted = False
            self._last_keyframe = self.count
            size = self._mean * 6
            # Never more than one keyframe is paid back, or a crowd of joins would starve the
            # measuring window after it.
            self._debt = self._mean * 5
        else:
            repay = min(self._debt, self._mean * 0.3)
            self._debt -= repay
            size = (self._mean - repay) * self._random.uniform(0.7, 1.3)
        count = max(1, -(-int(size) // PAYLOAD_BYTES))
        # libwebrtc cuts a picture into packets that differ by a byte, the larger ones last
        each, larger = divmod(int(size), count)
        sizes = [each] * (count - larger) + [each + 1] * larger
        frame = Frame(self.count, keyframe, sizes)
        self.count += 1
        return frame


def build_video_payload(frame: Frame, index: int, source: int, sent_ns: int) -> bytes:
    """RFC 7741 §4.2 descriptor with 15-bit picture id and TL0PICIDX, then the payload."""
    start = index == 0
    descriptor = struct.pack(
        "!BBHBB",
        0x80 | (0x10 if start else 0),
        0xE0,
        0x8000 | frame.number & 0x7FFF,
        frame.number & 0xFF,
        0,
    )
    header = b""
    if start:
        # RFC 6386 §9.1: frame tag (not-key bit, version 0, shown, size of the first partition).
        first = min(frame.sizes[0], 0x7FFFF) << 5 | 0x10 | (0 if frame.keyframe else 1)
        header = struct.pack("<I", first)[:3]
        if frame.keyframe:
            header += b"\x9d\x01\x2a" + struct.pack("<HH", 1280, 720)
    tag = TAG.pack(
        MAGIC, source, frame.number, index, len(frame.sizes), int(frame.keyframe), sent_ns
    )
    body = header + tag
    return descriptor + body + _NOISE[: max(0, frame.sizes[index] - len(body))]


def build_audio_payload(number: int, source: int, sent_ns: int) -> bytes:
    """One 20 ms Opus frame: the TOC byte of fullband CELT, mono, one frame; then noise."""
    tag = TAG.pack(MAGIC, source, number & 0xFFFFFFFF, 0, 1, 0, sent_ns)
    return b"\xf8" + tag + _NOISE[: OPUS_BYTES - 1 - len(tag)]


def read_video_tag(payload: memoryview) -> Tag | None:
    """The tag of a video payload of any valid descriptor; None where it is not ours."""
    at = 1
    if payload[0] & 0x80:
        bits = payload[1]
        at = 2
        if bits & 0x80:
            at += 2 if payload[at] & 0x80 else 1
        if bits & 0x40:
            at += 1
        if bits & 0x30:
            at += 1
    if payload[0] & 0x10 and payload[0] & 0x07 == 0:
        at += 3 if payload[at] & 1 else 10
    return _read_tag(payload, at)


def read_audio_tag(payload: memoryview) -> Tag | None:
    """The tag of an audio payload."""
    return _read_tag(payload, 1)


def _read_tag(payload: memoryview, at: int) -> Tag | None:
    if len(payload) < at + TAG.size:
        return None
    magic, source, frame, index, count, keyframe, sent = TAG.unpack_from(payload, at)
    if magic != MAGIC:
        return None
    return Tag(source, frame, index, count, bool(keyframe), sent)


_NOISE = random.Random(7).randbytes(PAYLOAD_BYTES + 64)
