"""The demo's meetings: one in session now, two past, one to come."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest

from server.demo.calendar import coming_meeting_day, in_words, period_of, working_day
from server.demo.meetings import ZONE, DemoMeeting, meetings, session_start
from server.demo.papers import KEYS, PaperError, paper_in_child
from server.demo.people import people
from server.demo.province import Profile

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 37, tzinfo=ZONE)


@pytest.fixture(params=list(Profile))
def four(request: pytest.FixtureRequest) -> tuple[DemoMeeting, ...]:
    return meetings(TODAY, NOW, request.param)


def test_one_is_in_session_two_are_past_one_is_to_come(four: tuple[DemoMeeting, ...]) -> None:
    assert [meeting.state for meeting in four] == ["in_session", "closed", "closed", "issued"]
    session, previous, storm, coming = four
    assert session.starts_at <= NOW < session.ends_at
    assert previous.ends_at < storm.ends_at < NOW < coming.starts_at
    assert all(meeting.starts_at.tzinfo is ZONE for meeting in four)


def test_the_session_has_six_items_eight_papers_and_one_internal_item(
    four: tuple[DemoMeeting, ...],
) -> None:
    session = four[0]
    assert [item.number for item in session.items] == ["1", "2", "3", "4", "5", "6"]
    assert [item.number for item in session.items if item.internal] == ["6"]
    assert len(session.documents) == 8
    assert session.current_item == "2"
    assert "{" not in "".join(document.title for document in session.documents)


def test_one_paper_is_restricted_to_some_who_take_part(four: tuple[DemoMeeting, ...]) -> None:
    session = four[0]
    restricted = [paper for paper in session.documents if paper.restricted_to is not None]
    assert [paper.key for paper in restricted] == ["bao-cao-khieu-nai"]
    seats = {participant.username for participant in session.participants}
    readers = set(restricted[0].restricted_to or ())
    assert readers < seats
    assert restricted[0].owner in readers


def test_participants_presenters_and_owners_are_accounts(four: tuple[DemoMeeting, ...]) -> None:
    accounts = {account.username for account in people()}
    for meeting in four:
        seats = [participant.username for participant in meeting.participants]
        assert len(set(seats)) == len(seats)
        assert [p.role for p in meeting.participants].count("chair") == 1
        assert set(seats) <= accounts
        assert {item.presenter for item in meeting.items} <= set(seats)
        assert {paper.owner for paper in meeting.documents} <= accounts


def test_every_paper_hangs_in_exactly_one_meeting(four: tuple[DemoMeeting, ...]) -> None:
    keys = [paper.key for meeting in four for paper in meeting.documents]
    assert sorted(keys) == sorted(KEYS)
    assert all(meeting.documents for meeting in four)


def test_build_draws_the_paper_in_a_child_process(four: tuple[DemoMeeting, ...]) -> None:
    first = four[0].documents[0]
    assert first.build().startswith(b"%PDF-")


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(PaperError):
        paper_in_child("../x", TODAY)


def test_the_meetings_do_not_bring_pymupdf_into_the_process() -> None:
    code = "import sys, server.demo.meetings; print('pymupdf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_session_starts_at_a_round_time_shortly_before_now() -> None:
    start = session_start(NOW)
    assert start == datetime(2026, 11, 23, 9, 15, tzinfo=ZONE)
    assert NOW - start < timedelta(minutes=26)


def test_days_and_months_read_as_in_vietnamese_papers() -> None:
    assert in_words(date(2026, 2, 5)) == "ngày 05 tháng 02 năm 2026"
    assert in_words(date(2026, 11, 23)) == "ngày 23 tháng 11 năm 2026"
    assert period_of(date(2027, 1, 4)).full == "tháng 12 năm 2026"
    assert period_of(date(2026, 12, 20)).next.full == "tháng 01 năm 2027"
    assert period_of(date(2026, 1, 20)).previous.full == "tháng 12 năm 2025"


def test_meetings_fall_on_working_days() -> None:
    for offset in range(14):
        day = TODAY + timedelta(days=offset)
        assert working_day(day).weekday() < 5
        assert coming_meeting_day(day).weekday() < 5
        assert coming_meeting_day(day) > day
