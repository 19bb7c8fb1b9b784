"""Lanes: receivers of one stream whose slots have the same numbering, and how it is rendered."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .rtp import RtpPacket

if TYPE_CHECKING:
    from .forwarder import Feed, Stream

_PLAIN = Struct(">BBHII").pack
_STAMPED = Struct(">BBHIIII").pack
_ONE_BYTE_EXTENSION = 0xBEDE0001
Shift = tuple[int, int, int, int]
"""Constants of a lane: added to sequence, timestamp, picture id, TL0PICIDX."""
PAD_TO, PAD_FROM = 16, 400
"""Bytes: under one in a hundred more, and only for packets that are part of a larger picture."""
FIRST_SEQUENCE = 0x10000
"""Extended numbers start one cycle up, so that late packets before the first never go below 0."""


class SourcePacket:
    """A cached packet: extended sequence number, source timestamp, normalised payload.

    `stamp` is the 24-bit abs-send-time it is forwarded with, fixed when it came.
    """

    __slots__ = (
        "ext",
        "marker",
        "padded",
        "payload",
        "picture_id",
        "stamp",
        "starts_key",
        "timestamp",
        "tl0",
    )

    def __init__(self, ext: int, packet: RtpPacket, stamp: int) -> None:
        self.ext = ext
        self.marker = 0x80 if packet.marker else 0
        self.timestamp = packet.timestamp
        self.payload = packet.payload
        self.stamp = stamp
        self.picture_id = -1
        self.tl0 = -1
        self.starts_key = False
        self.padded = 0

    def pad(self) -> None:
        """Round the payload up with RTP padding (RFC 3550 §5.1), once, before it is ever sent.

        Encoders cut a picture into packets that differ by a byte; rounded, they are of one size,
        and the kernel takes them as one message (fanout.py).
        """
        missing = -len(self.payload) % PAD_TO
        if missing and len(self.payload) >= PAD_FROM:
            self.payload += bytes(missing - 1) + bytes((missing,))
            self.padded = 0x20


class Profile(NamedTuple):
    """How a receiver wants a slot: what may differ between receivers of the same numbering."""

    slot: str
    payload_type: int
    ssrc: int
    clock_rate: int
    abs_send_time: int
    overhead: int


class Numbering(NamedTuple):
    """Where a slot's numbering stands. `sequence` is extended, `time` monotonic seconds."""

    sequence: int
    timestamp: int
    time: float
    picture_id: int
    tl0: int


class Sink(Protocol):
    """Where rendered packets go."""

    def send(self, lane: Lane, plain: bytes) -> None: ...
    def send_one(self, feed: Feed, plain: bytes) -> bool: ...


class Lane:
    """Receivers of one stream whose slots have the same numbering."""

    __slots__ = (
        "_at",
        "_newest",
        "_pictured",
        "feeds",
        "first",
        "fresh",
        "octets",
        "packets",
        "plan",
        "profile",
        "reached",
        "reported",
        "shift",
        "stood",
        "stream",
    )

    def __init__(self, stream: Stream, profile: Profile, shift: Shift, first: int) -> None:
        self.stream = stream
        self.profile = profile
        self.shift = shift
        self.first = first
        self.stood: Numbering | None = None
        """Where its feeds' numbering stood before its first packet."""
        self.reached = -1
        """The highest extended number of the source that was sent."""
        self._newest: SourcePacket | None = None
        self._pictured: SourcePacket | None = None
        self._at = 0.0
        self.feeds: dict[Feed, None] = {}
        self.plan: Any = None
        self.packets = 0
        self.octets = 0
        self.reported = -1e9
        self.fresh = True

    def render(self, packet: SourcePacket) -> bytes:
        """The plain RTP packet for this lane's receivers."""
        profile = self.profile
        sequence, timestamp, picture, tl0 = self.shift
        payload = packet.payload
        if packet.picture_id >= 0 and (picture or tl0):
            number = packet.picture_id + picture
            fresh = bytes((0x80 | (number >> 8 & 0x7F), number & 0xFF))
            if packet.tl0 >= 0:
                fresh += bytes(((packet.tl0 + tl0) & 0xFF,))
                payload = payload[:2] + fresh + payload[5:]
            else:
                payload = payload[:2] + fresh + payload[4:]
        second = packet.marker | profile.payload_type
        number = (packet.ext + sequence) & 0xFFFF
        clock = (packet.timestamp + timestamp) & 0xFFFFFFFF
        if profile.abs_send_time:
            return (
                _STAMPED(
                    0x90 | packet.padded,
                    second,
                    number,
                    clock,
                    profile.ssrc,
                    _ONE_BYTE_EXTENSION,
                    (profile.abs_send_time << 4 | 2) << 24 | packet.stamp,
                )
                + payload
            )
        return _PLAIN(0x80 | packet.padded, second, number, clock, profile.ssrc) + payload

    def note(self, packet: SourcePacket, now: float) -> None:
        """Remember how far the numbering has come."""
        self.packets += 1
        self.octets += len(packet.payload)
        if packet.ext > self.reached:
            self.reached = packet.ext
            self._newest = packet
            self._at = now
            if packet.picture_id >= 0:
                self._pictured = packet

    @property
    def last(self) -> Numbering | None:
        """The numbering of the newest packet, as its receivers saw it."""
        newest, stood, pictured = self._newest, self.stood, self._pictured
        if newest is None:
            return stood
        sequence, timestamp, picture, tl0 = self.shift
        picture_id, level = (stood.picture_id, stood.tl0) if stood is not None else (-1, -1)
        if pictured is not None:
            picture_id = (pictured.picture_id + picture) & 0x7FFF
            level = (pictured.tl0 + tl0) & 0xFF if pictured.tl0 >= 0 else level
        return Numbering(
            newest.ext + sequence,
            (newest.timestamp + timestamp) & 0xFFFFFFFF,
            self._at,
            picture_id,
            level,
        )
