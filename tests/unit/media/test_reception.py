"""Loss, jitter and rate of a stream, and a publisher's clock mapped to ours."""

from __future__ import annotations

import pytest

from media.clock import NTP_EPOCH, Clock, abs_send_time, to_ntp
from media.reception import Reception, SourceClock
from media.rtcp import SenderReport


def test_loss_is_counted_in_all_and_since_the_last_report() -> None:
    reception = Reception(90000)
    for number in (100, 101, 103, 104):
        reception.arrived(number, number * 3000, 1000, number / 30)
    first = reception.block(1, 4.0)
    assert (first.lost, first.lost_fraction, first.highest) == (1, 0.2, 104)
    reception.arrived(102, 102 * 3000, 1000, 4.1)
    assert reception.lost == 0
    assert reception.block(1, 5.0).lost_fraction == 0.0


def test_jitter_is_that_of_rfc_3550() -> None:
    steady, shaken = Reception(90000), Reception(90000)
    for number in range(200):
        steady.arrived(number, number * 3000, 1, number / 30)
        shaken.arrived(number, number * 3000, 1, number / 30 + (0.02 if number % 2 else 0.0))
    assert steady.jitter < 1
    assert shaken.jitter == pytest.approx(0.02 * 90000, rel=0.05)


def test_a_timestamp_that_wraps_is_no_jitter() -> None:
    reception = Reception(90000)
    for number in range(50):
        timestamp = (0xFFFFF000 + number * 3000) & 0xFFFFFFFF
        reception.arrived(number, timestamp, 1, number / 30)
    assert reception.jitter < 1


def test_bit_rate_is_smoothed() -> None:
    reception = Reception(90000)
    for number in range(90):
        reception.arrived(number, number * 3000, 1000, number / 30)
        reception.measure(number / 30)
    assert reception.bitrate == pytest.approx(240_000, rel=0.1)


def test_arrivals_alone_give_a_clock_of_the_least_delayed() -> None:
    reception = Reception(48000)
    assert reception.timestamp_at(0.0) is None
    for number in range(500):
        late = 0.03 if number % 5 else 0.0
        reception.follow(number, number * 960, 10 + number / 50 + late)
    found = reception.timestamp_at(20.0)
    assert found is not None
    assert abs(found - 500 * 960) < 48000 * 0.002


def test_both_streams_of_a_site_are_mapped_by_one_offset() -> None:
    """Sender reports with delays from 10 to 50 ms: the least counts, for picture and voice."""
    clock = SourceClock()
    theirs = 5000.0
    reports = []
    for number, delay in enumerate((0.03, 0.01, 0.05, 0.02)):
        then = theirs + number
        ntp = int((then + NTP_EPOCH) * 4294967296)
        reports.append(SenderReport(1, ntp, number * 90000, 0, 0))
        clock.heard(reports[-1], 100.0 + number + delay)
    for report in reports:
        found = clock.timestamp_at(report, 90000, 110.01)
        assert found is not None
        assert abs(found - 10 * 90000) < 90000 * 0.002


def test_a_clock_without_reports_says_so() -> None:
    assert SourceClock().timestamp_at(SenderReport(1, 1, 1, 1, 1), 90000, 1.0) is None


def test_times_on_the_wire() -> None:
    assert abs_send_time(1.5) == 3 << 17
    assert abs_send_time(64.0) == 0
    assert to_ntp(0.5) == (NTP_EPOCH << 32) + (1 << 31)
    assert len(Clock().token(8)) == 16
