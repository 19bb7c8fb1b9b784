"""A site that watches: checks every slot's continuity, decrypts a sample, reports, asks again."""

from __future__ import annotations

import math
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.media import rtcp, vp8
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.link import Link, State

# Every how many packets a receiver that is no witness decrypts one.
SAMPLE_EVERY = 50
# A browser sends RR with REMB about once a second when nothing changes.
REPORT_PERIOD_S = 1.0
REMB_BITS_PER_SECOND = 4_000_000
# A browser asks again after about one round trip; the retry stops at the buffer's deadline.
NACK_RETRY_S = 0.1
JITTER_BUFFER_S = 0.4
SO_TIMESTAMPNS = 35
_HEADER = struct.Struct("!BBHII")
_TIMESPEC = struct.Struct("=qq")


@dataclass
class Slot:
    """One received stream (one SSRC) and what is known of its continuity."""

    ssrc: int
    payload_type: int
    expected: int
    received: int = 0
    duplicates: int = 0
    late: int = 0
    highest: int = 0
    timestamp: int = 0
    time_steps_back: int = 0
    missing: dict[int, list[float]] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Sequence numbers that never came."""
        return len(self.missing)


@dataclass
class Watch:
    """What a receiver that looks at every packet has seen, for joins and switches."""

    first_packet_at: float = 0.0
    whole_keyframes: dict[int, float] = field(default_factory=dict)


class Receiver(Link):
    """Counts and checks; with `witness` decrypts all packets and notes their delay.

    `delays_ns` is one-way: the kernel's receive time less the publisher's time of sending.
    With `ask_again` it answers gaps with NACK until its jitter buffer's deadline, then with PLI.
    """

    def __init__(self, crowd: Crowd, *, witness: bool = False, ask_again: bool = False) -> None:
        super().__init__(crowd)
        self.ssrc = secrets.randbits(31) | 1
        self.slots: dict[int, Slot] = {}
        self.packets = 0
        self.unique = 0
        self.undecryptable = 0
        self.sampled = 0
        self.delays_ns: list[int] = []
        self.watch: Watch | None = None
        self.on_frame_packet: Callable[[vp8.Tag, float], None] | None = None
        self.video_types: frozenset[int] = frozenset({96})
        self.nacks_sent = 0
        self.plis_sent = 0
        self._ask_again = ask_again
        self._last_reports: dict[int, tuple[int, float]] = {}
        self._countdown = secrets.randbelow(SAMPLE_EVERY) + 1
        self._parts: dict[tuple[int, int], set[int]] = {}
        self._stamp_ns = 0
        self.witness = witness
        if witness:
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self.recv_into = self._receive_stamped  # type: ignore[assignment]

    def _receive_stamped(self, buffer: bytearray) -> int:
        size, ancillary, _, _ = self.sock.recvmsg_into([buffer], 64)
        if ancillary:
            seconds, rest = _TIMESPEC.unpack_from(ancillary[0][2])
            self._stamp_ns = seconds * 1_000_000_000 + rest
        return size

    def on_connected(self) -> None:
        # Reports of the crowd are spread over the second, as they are among real sites.
        self.crowd.call_later(secrets.randbelow(1000) / 1000, self._report)
        if self._ask_again:
            self._ask_missing()

    def forget_so_far(self) -> None:
        """Start a measuring window: counts and delays from here on."""
        self.packets = self.undecryptable = self.sampled = self.nacks_sent = 0
        self.delays_ns.clear()
        for slot in self.slots.values():
            slot.received = slot.duplicates = slot.late = slot.time_steps_back = 0
            slot.missing.clear()

    # Hot path -----------------------------------------------------------------------------

    def on_rtp(self, buffer: bytearray, size: int) -> None:
        _, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(buffer)
        self.packets += 1
        slot = self.slots.get(ssrc)
        if slot is None:
            slot = self.slots[ssrc] = Slot(ssrc, kind & 0x7F, sequence)
        if sequence == slot.expected:
            slot.expected = sequence + 1 & 0xFFFF
            slot.received += 1
            self.unique += 1
        else:
            self._on_gap(slot, sequence)
        self._countdown -= 1
        if self.witness or self.watch is not None or self._countdown <= 0:
            self._countdown = SAMPLE_EVERY
            self._look_inside(buffer, size, slot, timestamp)

    def _on_gap(self, slot: Slot, sequence: int) -> None:
        ahead = sequence - slot.expected & 0xFFFF
        if ahead < 0x8000:
            now = self.crowd.now()
            for step in range(ahead):
                slot.missing[slot.expected + step & 0xFFFF] = [now, 0.0]
            slot.expected = sequence + 1 & 0xFFFF
            slot.received += 1
            self.unique += 1
        elif slot.missing.pop(sequence, None) is not None:
            slot.received += 1
            slot.late += 1
            self.unique += 1
        else:
            slot.duplicates += 1

    def _look_inside(self, buffer: bytearray, size: int, slot: Slot, timestamp: int) -> None:
        if self.rx is None:
            return
        plain = self.unprotect(buffer, size)
        self.sampled += 1
        if plain < 0:
            self.undecryptable += 1
            return
        at = 12 + 4 * (buffer[0] & 0x0F)
        if buffer[0] & 0x10:
            at += 4 + 4 * (buffer[at + 2] << 8 | buffer[at + 3])
        payload = memoryview(buffer)[at:plain]
        video = slot.payload_type in self.video_types
        tag = vp8.read_video_tag(payload) if video else vp8.read_audio_tag(payload)
        if tag is None:
            self.crowd.problems.append("a decrypted packet has no tag of the publisher")
            return
        if self.witness:
            self.delays_ns.append(self._stamp_ns - tag.sent_ns)
            step = timestamp - slot.timestamp & 0xFFFFFFFF
            if slot.timestamp and step >= 0x80000000 and not slot.missing:
                slot.time_steps_back += 1
            slot.timestamp = timestamp
        if not video:
            return
        if self.on_frame_packet is not None:
            self.on_frame_packet(tag, time.time_ns() / 1e9)
        if self.watch is not None:
            self._watch_keyframe(self.watch, tag)

    def _watch_keyframe(self, watch: Watch, tag: vp8.Tag) -> None:
        now = self.crowd.now()
        watch.first_packet_at = watch.first_packet_at or now
        if not tag.keyframe or tag.source in watch.whole_keyframes:
            return
        parts = self._parts.setdefault((tag.source, tag.frame), set())
        parts.add(tag.index)
        if len(parts) == tag.count:
            watch.whole_keyframes[tag.source] = now

    def start_watching(self) -> Watch:
        """Look at every packet from now on, until `watch` is set to None."""
        self._parts.clear()
        self.watch = Watch()
        return self.watch

    # Feedback -----------------------------------------------------------------------------

    def on_rtcp(self, data: bytes) -> None:
        if self.rx is None:
            return
        for kind, _, body in rtcp.split_compound(self.rx.unprotect_rtcp(data)):
            if kind == rtcp.SR and len(body) >= 12:
                ssrc, middle = struct.unpack_from("!I2xI", body)
                self._last_reports[ssrc] = (middle, self.crowd.now())

    def _report(self) -> None:
        if self.state is not State.CONNECTED or self.tx is None:
            return
        now = self.crowd.now()
        blocks = []
        for slot in self.slots.values():
            middle, at = self._last_reports.get(slot.ssrc, (0, now))
            highest = slot.expected - 1 & 0xFFFF
            blocks.append((slot.ssrc, 0, slot.lost, highest, middle, int((now - at) * 65536)))
        report = rtcp.build_receiver_report(self.ssrc, blocks[:31])
        video = [s.ssrc for s in self.slots.values() if s.payload_type in self.video_types]
        if video:
            report += rtcp.build_remb(self.ssrc, REMB_BITS_PER_SECOND, video)
        self.send(self.tx.protect_rtcp(report))
        self.crowd.call_later(REPORT_PERIOD_S, self._report)

    def _ask_missing(self) -> None:
        if self.state is not State.CONNECTED or self.tx is None:
            return
        now = self.crowd.now()
        for slot in self.slots.values():
            if slot.payload_type not in self.video_types or not slot.missing:
                continue
            due = []
            for sequence, times in slot.missing.items():
                if now - times[0] < JITTER_BUFFER_S:
                    if now - times[1] >= NACK_RETRY_S:
                        times[1] = now
                        due.append(sequence)
                elif times[1] != math.inf:
                    times[1] = math.inf
                    self.plis_sent += 1
                    self.send(self.tx.protect_rtcp(rtcp.build_pli(self.ssrc, slot.ssrc)))
            if due:
                self.nacks_sent += 1
                nack = rtcp.build_nack(self.ssrc, slot.ssrc, due[:64])
                self.send(self.tx.protect_rtcp(nack))
        self.crowd.call_later(0.01, self._ask_missing)
