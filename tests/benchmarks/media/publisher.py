"""A site on stage: sends a synthetic camera and microphone, answers PLI, FIR and NACK."""

from __future__ import annotations

import random
import secrets
import struct
import time
from collections import deque

from tests.benchmarks.media import rtcp, vp8
from tests.benchmarks.media.crowd import Crowd
from tests.benchmarks.media.link import Link, State
from tests.benchmarks.media.sdp import AUDIO_PT, VIDEO_PT, Extensions

BITS_PER_SECOND = 1_000_000
# libwebrtc's pacer sends at 2.5 times the target rate.
PACING_FACTOR = 2.5
# Seconds that the pacer may send ahead of that rate. Chromium 156 sends each picture back to back
# (measured: docs/decisions/mediabench-0002-…); a plainer sender spaces each packet.
PATTERNS = {"chromium-like": 0.04, "paced": 0.0}
# How late a tick of the paced pattern may be and still be made up for.
LATE_S = 0.005
REPORT_PERIOD_S = 1.0
# Sent packets kept for NACK: 2 s of video.
HISTORY = 256


class Publisher(Link):
    """Sends from the moment the keys are there until `close()`.

    `pattern` may be changed while it sends: one of PATTERNS.
    """

    def __init__(self, crowd: Crowd, number: int, bits_per_second: int = BITS_PER_SECOND) -> None:
        super().__init__(crowd)
        self.pattern = "chromium-like"
        self.number = number
        self.video_ssrc = secrets.randbits(31) | 1
        self.audio_ssrc = secrets.randbits(31) | 1
        self.extensions = Extensions()
        self.camera = vp8.Camera(bits_per_second, random.Random(number))
        self.keyframes_asked = 0
        self.nacked = 0
        self.video_packets = 0
        self.audio_packets = 0
        self._pacing_rate = bits_per_second * PACING_FACTOR
        self._bytes = {self.video_ssrc: 0, self.audio_ssrc: 0}
        self._video_sequence = random.Random(number).randrange(1 << 15)
        self._audio_sequence = random.Random(number + 1).randrange(1 << 15)
        self._queue: deque[tuple[vp8.Frame, int]] = deque()
        self._history: dict[int, bytes] = {}
        self._next_frame = self._next_audio = self._pacer_free = 0.0
        self._audio_number = 0
        self._pacing = False

    def on_connected(self) -> None:
        self._next_frame = self._next_audio = self._pacer_free = self.crowd.now()
        self._shoot()
        self._speak()
        self._report()

    @property
    def packets(self) -> int:
        """RTP packets sent so far, without retransmissions."""
        return self.video_packets + self.audio_packets

    def _shoot(self) -> None:
        if self.state is not State.CONNECTED:
            return
        frame = self.camera.shoot()
        self._queue.extend((frame, index) for index in range(len(frame.sizes)))
        if not self._pacing:
            self._pace()
        self._next_frame += 1 / vp8.FRAME_RATE
        self.crowd.call_later(self._next_frame - self.crowd.now(), self._shoot)

    def _pace(self) -> None:
        now = self.crowd.now()
        ahead = PATTERNS[self.pattern]
        self._pacer_free = max(self._pacer_free, now if ahead else now - LATE_S)
        while self._queue and self._pacer_free <= now + ahead:
            frame, index = self._queue.popleft()
            size = self._send_video(frame, index)
            self._pacer_free += size * 8 / self._pacing_rate
        self._pacing = bool(self._queue) and self.state is State.CONNECTED
        if self._pacing:
            self.crowd.call_later(self._pacer_free - ahead - now, self._pace)

    def _send_video(self, frame: vp8.Frame, index: int) -> int:
        last = index == len(frame.sizes) - 1
        payload = vp8.build_video_payload(frame, index, self.number, time.time_ns())
        sequence = self._video_sequence
        head = struct.pack(
            "!BBHII",
            0x90 if self.extensions else 0x80,
            VIDEO_PT | (0x80 if last else 0),
            sequence,
            frame.number * (vp8.VIDEO_CLOCK // vp8.FRAME_RATE) & 0xFFFFFFFF,
            self.video_ssrc,
        )
        self._video_sequence = sequence + 1 & 0xFFFF
        self.video_packets += 1
        data = head + self.extensions.build("video") + payload
        self._send_rtp(data, self.video_ssrc, len(payload), sequence)
        return len(data)

    def _speak(self) -> None:
        if self.state is not State.CONNECTED:
            return
        payload = vp8.build_audio_payload(self._audio_number, self.number, time.time_ns())
        head = struct.pack(
            "!BBHII",
            0x90 if self.extensions else 0x80,
            AUDIO_PT,
            self._audio_sequence,
            self._audio_number * 960 & 0xFFFFFFFF,
            self.audio_ssrc,
        )
        self._audio_sequence = self._audio_sequence + 1 & 0xFFFF
        self._audio_number += 1
        self.audio_packets += 1
        data = head + self.extensions.build("audio") + payload
        self._send_rtp(data, self.audio_ssrc, len(payload), None)
        self._next_audio += vp8.OPUS_PERIOD_S
        self.crowd.call_later(self._next_audio - self.crowd.now(), self._speak)

    def _send_rtp(self, data: bytes, ssrc: int, payload: int, keep: int | None) -> None:
        assert self.tx is not None
        protected = self.tx.protect(data)
        self._bytes[ssrc] += payload
        if keep is not None:
            self._history[keep] = protected
            self._history.pop(keep - HISTORY & 0xFFFF, None)
        self.send(protected)

    def _report(self) -> None:
        if self.state is not State.CONNECTED or self.tx is None:
            return
        now = time.time_ns()
        streams = (
            (self.video_ssrc, self.camera_time(), self.video_packets),
            (self.audio_ssrc, self._audio_number * 960, self.audio_packets),
        )
        for ssrc, rtp_time, packets in streams:
            report = rtcp.build_sender_report(ssrc, now, rtp_time, packets, self._bytes[ssrc])
            self.send(self.tx.protect_rtcp(report))
        self.crowd.call_later(REPORT_PERIOD_S, self._report)

    def camera_time(self) -> int:
        """The RTP time of the video at this moment."""
        shot = self._next_frame - 1 / vp8.FRAME_RATE
        frames = self.crowd.now() - shot
        return int((self.camera.count - 1) * 3000 + frames * vp8.VIDEO_CLOCK)

    def on_rtcp(self, data: bytes) -> None:
        if self.rx is None:
            return
        for kind, count, body in rtcp.split_compound(self.rx.unprotect_rtcp(data)):
            if kind == rtcp.PSFB and count in (rtcp.PLI_FMT, rtcp.FIR_FMT):
                self.keyframes_asked += 1
                self.camera.ask_keyframe()
            elif kind == rtcp.RTPFB and count == rtcp.NACK_FMT:
                for sequence in rtcp.read_nack(body)[1]:
                    kept = self._history.get(sequence)
                    if kept is not None:
                        self.nacked += 1
                        self.send(kept)
