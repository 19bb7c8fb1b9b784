"""RTP forwarding, pure: packets in, bytes out.

A `Stream` is one SSRC of a publisher (one simulcast layer, or its microphone) with a short cache.
A `Feed` is one slot of one receiver. Feeds whose slot has the same numbering stand together in a
`Lane`: a packet is rewritten once per lane and protected once per receiver.

Numbering: within a lane every number is the source's plus a constant, so a lane's bytes are a
pure function of the cached packet. A packet asked again is therefore rendered again, bit for bit
the same, and protecting it twice under one index is safe with AES-GCM (same key, nonce and text).
At a switch the new lane goes on where the slot stood: sequence, timestamp, VP8 picture id and
TL0PICIDX stay continuous for the life of the slot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from .bounds import PLAIN_MAX, Bounds
from .lanes import FIRST_SEQUENCE, Lane, Numbering, Profile, Shift, Sink, SourcePacket
from .rtp import MalformedPacket, RtpPacket, read_vp8, starts_h264_key, unwrap, with_picture_id


class Feed:
    """One slot of one receiver. `leg` is the receiver's transport, opaque here."""

    __slots__ = ("epochs", "lane", "leg", "profile", "resent", "stood", "wanted")

    def __init__(self, profile: Profile, leg: Any, epochs: int = 8) -> None:
        self.profile = profile
        self.leg = leg
        self.lane: Lane | None = None
        self.wanted: Stream | None = None
        self.stood: Numbering | None = None
        self.epochs: deque[tuple[int, Lane]] = deque(maxlen=epochs)
        self.resent = 0

    @property
    def numbering(self) -> Numbering | None:
        last = self.lane.last if self.lane is not None else None
        return last or self.stood

    def want(self, stream: Stream | None) -> None:
        """Show `stream` from its next keyframe on; the old picture stays until then.

        `None` empties the slot at once.
        """
        if self.wanted is not None:
            self.wanted.waiting.pop(self, None)
            self.wanted = None
        if stream is None:
            self._leave()
        elif self.lane is None or self.lane.stream is not stream:
            self.wanted = stream
            stream.waiting[self] = None

    def find(self, sequence: int) -> bytes | None:
        """The plain packet that was sent as `sequence` (16 bits), rendered again, or None."""
        here = self.numbering
        if here is None:
            return None
        out = unwrap(here.sequence, sequence, 16)
        until = here.sequence + 1
        for since, lane in reversed(self.epochs):
            if since <= out < until:
                packet = lane.stream.cached(out - lane.shift[0])
                return lane.render(packet) if packet is not None else None
            until = since
        return None

    def _leave(self) -> None:
        lane = self.lane
        if lane is None:
            return
        self.stood = lane.last or self.stood
        del lane.feeds[self]
        lane.plan = None
        if not lane.feeds:
            lane.stream.lanes.pop((lane.profile, lane.shift, lane.first), None)
        self.lane = None

    def _join(self, lane: Lane, packet: SourcePacket) -> None:
        self._leave()
        lane.feeds[self] = None
        lane.plan = None
        lane.fresh = True
        self.lane = lane
        self.wanted = None
        self.epochs.append((packet.ext + lane.shift[0], lane))


class Stream:
    """One SSRC of a publisher: its cache, its lanes, and the feeds that wait for its keyframe."""

    def __init__(
        self,
        codec: str,
        clock_rate: int,
        *,
        layer: str = "",
        bounds: Bounds | None = None,
        name: str = "",
    ) -> None:
        bounds = bounds or Bounds()
        self.codec = codec
        self.video = codec != "opus"
        self.clock_rate = clock_rate
        self.layer = layer
        self.name = name
        self.bounds = bounds
        size = bounds.video_cache if self.video else bounds.audio_cache
        if size & (size - 1):
            raise ValueError("cache sizes are powers of two")
        self._mask = size - 1
        self._size = size
        self._ring: list[SourcePacket | None] = [None] * size
        self.highest = -1
        self.last_key: tuple[int, float] | None = None
        self.lanes: dict[tuple[Profile, Shift, int], Lane] = {}
        self.waiting: dict[Feed, None] = {}
        self.packets = 0
        self.octets = 0
        self.keyframes = 0
        self.refused = 0
        self._key_timestamp = -1
        self._picture = 0
        self.last_arrival = 0.0
        self.last_timestamp = 0

    def cached(self, ext: int) -> SourcePacket | None:
        packet = self._ring[ext & self._mask]
        return packet if packet is not None and packet.ext == ext else None

    def extend(self, sequence: int) -> int:
        """The extended number of a 16-bit `sequence`, near the highest seen."""
        if self.highest < 0:
            return FIRST_SEQUENCE + sequence
        return unwrap(self.highest, sequence, 16)

    def accept(self, packet: RtpPacket, now: float, stamp: int) -> SourcePacket | None:
        """Keep a packet, once: repeated, too old and unusable ones give None."""
        highest = self.highest
        if highest < 0:
            ext = self.extend(packet.sequence)
        else:
            # as `unwrap` says, without a call
            ahead = (packet.sequence - highest) & 0xFFFF
            ext = highest + (ahead if ahead < 0x8000 else ahead - 0x10000)
            if ext <= highest - self._size:
                return None
        held = self._ring[ext & self._mask]
        if held is not None and held.ext >= ext:
            return None
        if len(packet.payload) > PLAIN_MAX - 20:
            self.refused += 1
            return None
        kept = SourcePacket(ext, packet, stamp)
        if packet.payload:
            try:
                self._describe(kept)
            except MalformedPacket:
                self.refused += 1
                return None
        if self.video:
            kept.pad()
        self._ring[ext & self._mask] = kept
        self.packets += 1
        self.octets += len(packet.payload)
        if ext > highest:
            self.highest = ext
            self.last_arrival = now
            self.last_timestamp = packet.timestamp
        if kept.starts_key:
            self.keyframes += 1
            if self.last_key is None or ext > self.last_key[0]:
                self.last_key = (ext, now)
        return kept

    def _describe(self, kept: SourcePacket) -> None:
        if self.codec == "vp8":
            found = read_vp8(kept.payload)
            kept.payload = found.payload
            kept.picture_id = found.picture_id
            kept.tl0 = found.tl0
            kept.starts_key = found.starts_key
            if found.short:
                number = unwrap(self._picture, found.picture_id, 7)
                kept.picture_id = number & 0x7FFF
                kept.payload = with_picture_id(found.payload, kept.picture_id)
                self._picture = max(self._picture, number)
        elif self.codec == "h264":
            # SPS, PPS and IDR may come as packets of their own: the picture starts at the first
            if starts_h264_key(kept.payload) and kept.timestamp != self._key_timestamp:
                self._key_timestamp = kept.timestamp
                kept.starts_key = True
        else:
            kept.starts_key = True

    def forward(self, packet: SourcePacket, now: float, sink: Sink) -> None:
        """Send a packet just accepted to all lanes; feeds that waited for it join first."""
        joined: list[Feed] = []
        if self.waiting and packet.starts_key:
            joined = list(self.waiting)
            self.waiting.clear()
            for feed in joined:
                feed._join(self._lane_for(feed, packet, now), packet)
        ext = packet.ext
        for lane in self.lanes.values():
            if ext >= lane.first:
                sink.send(lane, lane.render(packet))
                lane.note(packet, now)
        if joined and ext < self.highest:
            # the keyframe's first packet came late: what followed it was not theirs yet
            for feed in joined:
                self._replay(feed, ext + 1, now, sink)

    def start_late(self, feed: Feed, now: float, sink: Sink) -> bool:
        """Give a receiver without a picture the last group of pictures, when it is short."""
        if not self.video or feed.wanted is not self or self.last_key is None:
            return False
        first, came = self.last_key
        bounds = self.bounds
        length = self.highest - first
        packet = self.cached(first)
        if packet is None or now - came > bounds.late_start_s or length > bounds.late_start_packets:
            return False
        if any(self.cached(ext) is None for ext in range(first, self.highest + 1)):
            return False
        stood = feed.numbering
        if stood is not None and now - stood.time < now - came + 0.1:
            return False
        del self.waiting[feed]
        feed._join(self._lane_for(feed, packet, now, late=now - came), packet)
        self._replay(feed, first, now, sink)
        return True

    def _replay(self, feed: Feed, first: int, now: float, sink: Sink) -> None:
        lane = feed.lane
        if lane is None:
            return
        for ext in range(first, self.highest + 1):
            packet = self.cached(ext)
            if packet is not None:
                sink.send_one(feed, lane.render(packet))
                if ext > lane.reached:
                    lane.note(packet, now)

    def _lane_for(self, feed: Feed, packet: SourcePacket, now: float, late: float = 0.0) -> Lane:
        profile = feed.profile
        stood = feed.numbering
        if stood is None:
            open_lanes = [
                lane
                for lane in self.lanes.values()
                if lane.profile == profile and lane.first <= packet.ext
            ]
            if open_lanes:
                return max(open_lanes, key=lambda lane: len(lane.feeds))
            shift = (0, 0, 0, 0)
        else:
            elapsed = max(now - late - stood.time, 0.0)
            step = max(round(elapsed * profile.clock_rate), profile.clock_rate // 100)
            moved = packet.picture_id >= 0 and stood.picture_id >= 0
            counted = packet.tl0 >= 0 and stood.tl0 >= 0
            shift = (
                stood.sequence + 1 - packet.ext,
                (stood.timestamp + step - packet.timestamp) & 0xFFFFFFFF,
                (stood.picture_id + 1 - packet.picture_id) & 0x7FFF if moved else 0,
                (stood.tl0 + 1 - packet.tl0) & 0xFF if counted else 0,
            )
        # `first` is part of the key: a slot with a past never joins a lane that has numbers below
        # its own, or a late packet would be protected under an index used for other bytes
        key = (profile, shift, packet.ext)
        lane_found = self.lanes.get(key)
        if lane_found is None:
            lane_found = self.lanes[key] = Lane(self, profile, shift, packet.ext)
            if stood is not None:
                lane_found.stood = stood
        return lane_found

    def close(self) -> None:
        """The source is gone: its feeds keep their numbering and their last picture."""
        for feed in [f for lane in self.lanes.values() for f in lane.feeds]:
            feed._leave()
        for feed in list(self.waiting):
            feed.want(None)

    def feeds(self) -> Iterator[Feed]:
        for lane in self.lanes.values():
            yield from lane.feeds
