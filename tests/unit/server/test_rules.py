"""Pure decisions of people, meetings and documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from server.documents import rules as documents
from server.errors import DomainError
from server.http.wire import Line, Moment, Paragraph, ShortLine
from server.meetings import rules as meetings
from server.meetings.rules import MeetingState
from server.people import rules as people

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOUNDS = people.SessionBounds(timedelta(minutes=15), timedelta(hours=4), timedelta(hours=12))


@pytest.mark.parametrize(
    ("seen_after", "in_session", "expires_after"),
    [
        (timedelta(0), False, timedelta(minutes=15)),
        (timedelta(minutes=10), False, timedelta(minutes=25)),
        (timedelta(minutes=10), True, timedelta(hours=4, minutes=10)),
        (timedelta(hours=11, minutes=50), False, timedelta(hours=12)),
        (timedelta(hours=11), True, timedelta(hours=12)),
    ],
)
def test_a_session_ends_idle_or_after_a_working_day(
    seen_after: timedelta, in_session: bool, expires_after: timedelta
) -> None:
    expires = people.session_expires(START, START + seen_after, in_session, BOUNDS)
    assert expires == START + expires_after


@pytest.mark.parametrize(
    ("words", "folded"),
    [
        ("Đường Nguyễn Huệ", "duong nguyen hue"),
        ("NGUYỄN", "nguyen"),
        ("ệ", "e"),
        ("một\u00a0hai", "mot hai"),
        ("từ\u00adng", "tu-ng"),
        ("  nhiều   khoảng  ", "nhieu khoang"),
    ],
)
def test_search_folds_vietnamese(words: str, folded: str) -> None:
    assert people.folded(words) == folded


@given(st.text(max_size=60))
def test_folding_twice_folds_no_further(words: str) -> None:
    once = people.folded(words)
    assert people.folded(once) == once


def test_names_sort_by_given_name() -> None:
    names = ["Trần Văn Bình", "Nguyễn An", "Lê Đức", "Phạm Ân"]
    ordered = sorted(names, key=people.given_name_first)
    assert ordered == ["Nguyễn An", "Phạm Ân", "Trần Văn Bình", "Lê Đức"]


STEPS = {("draft", "issued"), ("issued", "in_session"), ("in_session", "closed")}


@pytest.mark.parametrize("now", MeetingState)
@pytest.mark.parametrize("wanted", MeetingState)
def test_a_meeting_takes_its_steps_in_order(now: MeetingState, wanted: MeetingState) -> None:
    if (now.value, wanted.value) in STEPS:
        meetings.require_next(now, wanted)
    else:
        with pytest.raises(DomainError, match="meeting_state"):
            meetings.require_next(now, wanted)


@pytest.mark.parametrize(
    ("hours", "code"),
    [(0, "ends_before_start"), (-1, "ends_before_start"), (31 * 24, "meeting_too_long")],
)
def test_times_that_no_meeting_has(hours: int, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        meetings.require_times(START, START + timedelta(hours=hours), 31)


def test_a_meeting_goes_out_with_an_agenda_and_people() -> None:
    meetings.require_issuable(MeetingState.DRAFT, 1, 1)
    with pytest.raises(DomainError, match="meeting_without_agenda"):
        meetings.require_issuable(MeetingState.DRAFT, 0, 1)
    with pytest.raises(DomainError, match="meeting_without_participants"):
        meetings.require_issuable(MeetingState.DRAFT, 1, 0)


def test_only_a_closed_meeting_refuses_changes_and_only_a_draft_is_hidden() -> None:
    for state in MeetingState:
        assert meetings.is_visible(state) is (state is not MeetingState.DRAFT)
    with pytest.raises(DomainError, match="meeting_closed"):
        meetings.require_open_for_changes(MeetingState.CLOSED)


@pytest.mark.parametrize(
    ("kinds", "whole"),
    [
        ([], "born"),
        (["born", "born"], "born"),
        (["scan", "born"], "mixed"),
        (["scan", "scan"], "scan"),
    ],
)
def test_a_document_is_what_its_pages_are(kinds: list[str], whole: str) -> None:
    assert documents.kind_of(kinds) == whole


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Báo cáo.pdf", "Báo cáo.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Temp\\a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
        ("\u202efdp.exe", "fdp.exe"),
        ("", "document.pdf"),
        ("///", "document.pdf"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_files_name_is_for_people_only(raw: str, clean: str) -> None:
    assert documents.file_name(raw) == clean


def test_the_manifest_hash_covers_every_part() -> None:
    version: dict[str, Any] = {"sha256": "a", "renderer": "1"}
    pages = [{"number": 0, "image": "b", "words": "c"}]
    whole = documents.manifest_hash(version, pages)
    assert whole == documents.manifest_hash(dict(reversed(version.items())), pages)
    assert whole != documents.manifest_hash({**version, "renderer": "2"}, pages)
    assert whole != documents.manifest_hash(version, [{**pages[0], "words": "d"}])
    assert whole != documents.manifest_hash(version, [])


@pytest.mark.parametrize("kind", [Line, ShortLine, Paragraph])
@pytest.mark.parametrize("bad", ["a\x00b", "a\u202eb", "a\x1bb", "a\u2066b", "a\x7fb"])
def test_words_that_hide_something_are_refused(kind: Any, bad: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(bad)


@pytest.mark.parametrize("empty", ["", " ", "\u00a0", "\t"])
def test_a_line_has_words(empty: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(empty)
    assert TypeAdapter(ShortLine).validate_python(empty) == ""


def test_words_have_one_form_and_a_line_is_one_line() -> None:
    assert TypeAdapter(Line).validate_python(" Hie\u0323\u0302u ") == "Hi\u1ec7u"
    assert TypeAdapter(Paragraph).validate_python("a\n\tb") == "a\n\tb"
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python("a\nb")


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T08:00:00", 1e300, "x"],
)
def test_moments_that_are_none(moment: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(moment)


def test_a_moment_is_kept_in_utc() -> None:
    moment = TypeAdapter(Moment).validate_python("2026-11-23T08:00:00+07:00")
    assert moment.isoformat() == "2026-11-23T01:00:00+00:00"


@pytest.mark.parametrize(
    ("position", "office"),
    [
        ("Chủ tịch Ủy ban nhân dân tỉnh", people.Office.HEAD),
        ("Phó Bí thư Tỉnh ủy, Chủ tịch Ủy ban nhân dân tỉnh", people.Office.HEAD),
        ("Q. Giám đốc Sở Y tế", people.Office.HEAD),
        ("Chánh Thanh tra tỉnh", people.Office.HEAD),
        ("Chỉ huy trưởng Bộ Chỉ huy Quân sự tỉnh", people.Office.HEAD),
        ("Trưởng Thuế tỉnh", people.Office.HEAD),
        ("Phó Chủ tịch Thường trực Ủy ban nhân dân tỉnh", people.Office.STANDING_DEPUTY),
        ("Ủy viên Ban Thường vụ, Phó Chủ tịch Ủy ban nhân dân tỉnh", people.Office.DEPUTY),
        ("Phó Chánh Văn phòng Ủy ban nhân dân tỉnh", people.Office.DEPUTY),
        ("Trưởng phòng Tổng hợp", people.Office.MEMBER),
        ("Phó Trưởng phòng Hành chính - Tổ chức", people.Office.MEMBER),
        ("Chuyên viên phòng Kinh tế", people.Office.MEMBER),
        ("", people.Office.MEMBER),
        ("Thư ký Chủ tịch Ủy ban nhân dân tỉnh", people.Office.CLERK),
    ],
)
def test_a_position_names_an_office(position: str, office: people.Office) -> None:
    assert people.office_of(position) is office


def test_the_leaders_of_the_body_that_meets_come_before_the_heads_of_its_units() -> None:
    deputy = meetings.rank(meetings.Circle.BODY, people.Office.DEPUTY)
    director = meetings.rank(meetings.Circle.UNDER, people.Office.HEAD)
    vice = meetings.rank(meetings.Circle.UNDER, people.Office.DEPUTY)
    commune = meetings.rank(meetings.Circle.BESIDE, people.Office.HEAD)
    assert 0 < deputy < director < vice < commune


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("Đồng chí", "đồng chí Lê Hà"),
        ("bà", "bà Lê Hà"),
        ("PGS.TS", "PGS.TS Lê Hà"),
        ("", "Lê Hà"),
    ],
)
def test_within_a_line_a_form_of_address_is_small_unless_it_is_an_abbreviation(
    form: str, words: str
) -> None:
    assert people.called(form, "Lê Hà") == words
