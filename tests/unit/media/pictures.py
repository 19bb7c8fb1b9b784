"""Real VP8 and H.264 pictures in RTP packets, and a decoder that judges what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av

from media.rtp import RtpPacket, parse_rtp

WIDTH, HEIGHT = 64, 48
KEY_EVERY = 8
TICKS = 3000
"""90 kHz units per picture: 30 pictures a second."""


@cache
def encoded(codec: str, shade: int, count: int = 40) -> list[tuple[bool, bytes]]:
    """`count` pictures of one shade with a moving bar: (keyframe, bytes)."""
    name = {"vp8": "libvpx", "h264": "libx264"}[codec]
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.gop_size = KEY_EVERY
    if codec == "vp8":
        context.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "keyint_min": str(KEY_EVERY),
            "lag-in-frames": "0",
            "auto-alt-ref": "0",
        }
    else:
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "keyint_min": str(KEY_EVERY),
        }
    pictures: list[tuple[bool, bytes]] = []
    for number in range(count):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        bar = number % (WIDTH - 8)
        row = bytes([shade]) * bar + b"\xeb" * 8 + bytes([shade]) * (WIDTH - 8 - bar)
        stride = frame.planes[0].line_size
        frame.planes[0].update((row + bytes(stride - WIDTH)) * HEIGHT)
        for plane in frame.planes[1:]:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = number
        pictures += [(p.is_keyframe, bytes(p)) for p in context.encode(frame)]
    pictures += [(p.is_keyframe, bytes(p)) for p in context.encode(None)]
    return pictures


@dataclass
class Publisher:
    """Sends the pictures of one clip as RTP, from given starting numbers."""

    codec: str
    shade: int
    ssrc: int
    sequence: int = 0
    timestamp: int = 0
    picture_id: int = 0
    tl0: int = 0
    short_id: bool = False
    chunk: int = 120
    position: int = 0

    def picture(self, key: bool = False) -> list[RtpPacket]:
        """The next picture; with `key` the clip jumps to its next keyframe, as after a PLI."""
        clip = encoded(self.codec, self.shade)
        if key:
            while not clip[self.position % len(clip)][0]:
                self.position += 1
        data = clip[self.position % len(clip)][1]
        self.position += 1
        payloads = self._vp8(data) if self.codec == "vp8" else h264_payloads(data, self.chunk)
        packets = []
        for index, payload in enumerate(payloads):
            marker = index == len(payloads) - 1
            packets.append(
                RtpPacket(
                    96, marker, self.sequence, self.timestamp & 0xFFFFFFFF, self.ssrc, {}, payload
                )
            )
            self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp += TICKS
        self.picture_id += 1
        self.tl0 += 1
        return packets

    def _vp8(self, data: bytes) -> list[bytes]:
        if self.short_id:
            identity = bytes((self.picture_id & 0x7F,))
        else:
            identity = bytes((0x80 | self.picture_id >> 8 & 0x7F, self.picture_id & 0xFF))
        payloads = []
        for start in range(0, len(data), self.chunk):
            first = 0x80 | (0x10 if start == 0 else 0)
            head = bytes((first, 0xC0)) + identity + bytes((self.tl0 & 0xFF,))
            payloads.append(head + data[start : start + self.chunk])
        return payloads


def h264_payloads(data: bytes, chunk: int) -> list[bytes]:
    """RFC 6184 packetization mode 1 of an Annex B picture."""
    units = [u for u in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if u]
    payloads: list[bytes] = []
    for unit in units:
        if len(unit) <= chunk:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F
        parts = [unit[i : i + chunk] for i in range(1, len(unit), chunk)]
        for index, part in enumerate(parts):
            flags = (0x80 if index == 0 else 0) | (0x40 if index == len(parts) - 1 else 0)
            payloads.append(bytes((indicator, flags | kind)) + part)
    return payloads


class Judge:
    """Puts the packets of one slot back into pictures and decodes them."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.context = av.CodecContext.create({"vp8": "vp8", "h264": "h264"}[codec], "r")
        self.shades: list[int] = []

    def decode(self, packets: list[bytes]) -> list[int]:
        """Packets in order of sequence; returns the shade of each picture. Raises on damage."""
        picture = b""
        for raw in packets:
            packet = parse_rtp(raw)
            picture += self._unpack(packet.payload)
            if packet.marker:
                for frame in self.context.decode(av.Packet(picture)):
                    plane = bytes(frame.planes[0])
                    # the bar is narrow: the median is the background
                    self.shades.append(sorted(plane[: frame.width])[frame.width // 2])
                picture = b""
        for frame in self.context.decode(None) if self.codec == "h264" else []:
            self.shades.append(sorted(bytes(frame.planes[0])[: frame.width])[frame.width // 2])
        return self.shades

    def _unpack(self, payload: bytes) -> bytes:
        if self.codec == "vp8":
            return payload[5:]
        kind = payload[0] & 0x1F
        if kind != 28:
            return b"\0\0\0\1" + payload
        if payload[1] & 0x80:
            return b"\0\0\0\1" + bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:]
        return payload[2:]
