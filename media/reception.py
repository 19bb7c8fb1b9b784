"""How well a stream arrives: loss, jitter, rate, and the clocks of a publisher (RFC 3550 §6.4)."""

from __future__ import annotations

from .clock import NTP_EPOCH
from .rtcp import ReportBlock, SenderReport


class Reception:
    """Statistics of one incoming stream."""

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self.first = -1
        self.highest = -1
        self.received = 0
        self.octets = 0
        self.jitter = 0.0
        self._transit: float | None = None
        self._prior = (0, 0)
        self._rate_at = 0.0
        self._rate_octets = 0
        self.bitrate = 0.0
        self.lsr = 0
        self.lsr_at = 0.0
        self._anchor: tuple[float, int] | None = None

    def arrived(self, ext: int, timestamp: int, size: int, now: float) -> None:
        """A packet, first time seen; `size` in bytes of payload."""
        if self.first < 0:
            self.first = ext
            self._rate_at = now
        self.received += 1
        self.octets += size
        if ext <= self.highest:
            return
        self.highest = ext
        transit = now * self.clock_rate - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self.clock_rate:
                # a wrap of the timestamp, or a pause, is no jitter
                self.jitter += (change - self.jitter) / 16
        self._transit = transit

    def follow(self, ext: int, timestamp: int, now: float) -> None:
        """Keep the least delayed packet as the clock of a publisher without sender reports."""
        if ext < self.highest:
            return
        if self._anchor is None:
            self._anchor = (now, timestamp)
            return
        then, reference = self._anchor
        ahead = ((timestamp - reference + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        expected = then + ahead / self.clock_rate
        late = now - expected
        if late < 0 or late > 2:
            self._anchor = (now, timestamp)
        else:
            # a clock that runs slow would look ever later: follow by at most 0.1 ms a packet
            self._anchor = (expected + min(late, 0.0001), timestamp)

    def timestamp_at(self, now: float) -> int | None:
        """The stream's timestamp now, from arrivals alone."""
        if self._anchor is None:
            return None
        then, reference = self._anchor
        return int(reference + (now - then) * self.clock_rate) & 0xFFFFFFFF

    @property
    def lost(self) -> int:
        return max(0, self.highest - self.first + 1 - self.received) if self.first >= 0 else 0

    def measure(self, now: float) -> None:
        """Bit rate since the last call, smoothed."""
        spent = now - self._rate_at
        if spent < 0.2:
            return
        rate = (self.octets - self._rate_octets) * 8 / spent
        self.bitrate = rate if not self.bitrate else self.bitrate * 0.5 + rate * 0.5
        self._rate_at, self._rate_octets = now, self.octets

    def heard_report(self, ntp: int, now: float) -> None:
        self.lsr = ntp >> 16 & 0xFFFFFFFF
        self.lsr_at = now

    def block(self, ssrc: int, now: float) -> ReportBlock:
        """The report block for the publisher; the loss fraction is since the last one."""
        expected = self.highest - self.first + 1 if self.first >= 0 else 0
        expected_before, received_before = self._prior
        due = expected - expected_before
        missing = due - (self.received - received_before)
        self._prior = (expected, self.received)
        return ReportBlock(
            ssrc,
            max(0, missing) / due if due > 0 else 0.0,
            self.lost,
            max(self.highest, 0),
            int(self.jitter),
            self.lsr,
            int((now - self.lsr_at) * 65536) if self.lsr else 0,
        )


class SourceClock:
    """Maps a publisher's clock to ours, so that its picture and voice stay in step.

    Both streams of a publisher use the one offset; the smallest seen is the least delayed.
    """

    def __init__(self) -> None:
        self._offset: float | None = None

    def heard(self, report: SenderReport, wall: float) -> None:
        offset = wall - (report.ntp / 4294967296 - NTP_EPOCH)
        if self._offset is None or offset < self._offset or abs(offset - self._offset) > 5:
            self._offset = offset
        else:
            # clocks drift: follow slowly upwards
            self._offset += min(offset - self._offset, 0.0002)

    def timestamp_at(self, report: SenderReport, clock_rate: int, wall: float) -> int | None:
        """The RTP timestamp that the stream of `report` has at our time `wall`."""
        if self._offset is None:
            return None
        then = report.ntp / 4294967296 - NTP_EPOCH + self._offset
        return int(report.timestamp + (wall - then) * clock_rate) & 0xFFFFFFFF
