"""The meetings of the demo: one in session now, two past, one to come, with their papers.

Everything is counted from the day and the moment that the caller gives; nothing reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from server.demo.agenda import RESTRICTED_READERS, SESSION, AgendaLine
from server.demo.calendar import (
    coming_meeting_day,
    period_of,
    previous_session_day,
    storm_meeting_day,
)
from server.demo.documents import DOCUMENTS, DocumentPlan
from server.demo.papers import paper_in_child
from server.demo.papers.figures import Hand
from server.demo.papers.setting import Setting
from server.demo.people import people
from server.demo.province import PROVINCE, Profile

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# The session has been going on for so long: the first item is over, the report is being read.
MINUTES_SINCE_OPENING = 20


@dataclass(frozen=True)
class DemoDocument:
    """One paper. `build` draws it in a child process; `restricted_to` None means all invited."""

    key: str
    kind: str
    title: str
    number_symbol: str
    file_name: str
    owner: str
    build: Callable[[], bytes]
    restricted_to: tuple[str, ...] | None = None


@dataclass(frozen=True)
class DemoItem:
    """One agenda item; `internal` items are closed to guests."""

    number: str
    title: str
    minutes: int
    presenter: str
    internal: bool = False
    documents: tuple[DemoDocument, ...] = ()


@dataclass(frozen=True)
class DemoParticipant:
    """A person in a meeting: role chair, secretary, delegate, guest, site or operator.

    `attendance` is present, online, excused or invited (not yet known).
    """

    username: str
    role: str
    attendance: str


@dataclass(frozen=True)
class DemoMeeting:
    """One meeting; `state` is issued, in_session or closed. Times carry Asia/Ho_Chi_Minh."""

    key: str
    kind: str
    title: str
    organisation_key: str
    location: str
    starts_at: datetime
    ends_at: datetime
    state: str
    items: tuple[DemoItem, ...]
    participants: tuple[DemoParticipant, ...]
    current_item: str | None = None

    @property
    def documents(self) -> tuple[DemoDocument, ...]:
        """All papers, in the order of the agenda."""
        return tuple(document for item in self.items for document in item.documents)


def session_start(now: datetime) -> datetime:
    """When the session in session began: a round five minutes, a while before now."""
    moment = now.astimezone(ZONE) - timedelta(minutes=MINUTES_SINCE_OPENING)
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)


def meetings(
    today: date, now: datetime, profile: Profile = Profile.TWO_TIER
) -> tuple[DemoMeeting, ...]:
    """The four meetings: in session, last regular session, storm meeting, the one to come."""
    starts = session_start(now)
    setting = Setting(today, profile, starts.time())
    hand = setting.hand("meetings")
    return (
        _in_session(setting, hand, starts),
        _previous(setting, hand),
        _storm(setting, hand),
        _coming(setting, hand),
    )


def _document(plan: DocumentPlan, setting: Setting, hand: Hand) -> DemoDocument:
    return DemoDocument(
        key=plan.key,
        kind=plan.kind,
        title=hand.fill(plan.title),
        number_symbol=hand.fill(plan.number_symbol),
        file_name=f"{plan.key}.pdf",
        owner=plan.owner,
        build=partial(paper_in_child, plan.key, setting.today, setting.profile, setting.starts),
        restricted_to=RESTRICTED_READERS if plan.restricted else None,
    )


def _items(lines: tuple[AgendaLine, ...], setting: Setting, hand: Hand) -> tuple[DemoItem, ...]:
    return tuple(
        DemoItem(
            number=line.number,
            title=hand.fill(line.title),
            minutes=line.minutes,
            presenter=line.presenter,
            internal=line.internal,
            documents=tuple(_document(DOCUMENTS[key], setting, hand) for key in line.papers),
        )
        for line in lines
    )


def _participants(
    setting: Setting, chair: str, attendance: str, only: Callable[[str], bool] = lambda _: True
) -> tuple[DemoParticipant, ...]:
    """Everybody with a seat; two are excused, people at the sites are online."""
    excused = {"gd.vanhoa", "khach.dbqh"}
    found = []
    for person in people(setting.profile):
        role = _role(person.roles, person.username == chair)
        if role is None or not only(person.username):
            continue
        local = person.organisation_key.removeprefix(f"{PROVINCE}/").split("/")[0] in _LOCAL
        state = attendance
        if attendance == "present" and person.username in excused:
            state = "excused"
        elif attendance == "present" and local:
            state = "online"
        found.append(DemoParticipant(person.username, role, state))
    return tuple(found)


_LOCAL = {
    "tan-loc", "phu-khe", "hai-giang", "an-thuong", "khe-sim", "muong-lan", "hon-nghe",
    "an-le", "dong-ma", "pa-tang", "huoi-tu", "thach-cau",
}  # fmt: skip


def _role(roles: tuple[str, ...], is_chair: bool) -> str | None:
    """The role in a meeting that an account's roles lead to."""
    if is_chair:
        return "chair"
    order = (
        ("delegate", "delegate"),
        ("secretariat", "secretary"),
        ("guest", "guest"),
        ("site", "site"),
        ("operator", "operator"),
    )
    return next((role for name, role in order if name in roles), None)


def _in_session(setting: Setting, hand: Hand, starts: datetime) -> DemoMeeting:
    length = sum(line.minutes for line in SESSION) + 15
    return DemoMeeting(
        key="phien-hop-thuong-ky",
        kind="Phiên họp UBND thường kỳ",
        title=hand.fill("Phiên họp Ủy ban nhân dân tỉnh thường kỳ {tháng năm}"),
        organisation_key=f"{PROVINCE}/ubnd",
        location="Phòng họp số 1, trụ sở Ủy ban nhân dân tỉnh và các điểm cầu",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=length),
        state="in_session",
        items=_items(SESSION, setting, hand),
        participants=_participants(setting, "chutich", "present"),
        current_item="2",
    )


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZONE)


def _previous(setting: Setting, hand: Hand) -> DemoMeeting:
    previous = period_of(setting.today).previous
    lines = (
        AgendaLine("1", "Khai mạc, thông qua chương trình", 10, "chutich"),
        AgendaLine("2", f"Tình hình kinh tế - xã hội {previous.full}", 60, "gd.taichinh"),
        AgendaLine(
            "3", "Phương án sắp xếp điểm trường, trạm y tế", 50, "gd.giaoduc", ("bien-ban",)
        ),
        AgendaLine(
            "4", "Kết luận của chủ tọa, phân công nhiệm vụ", 20, "chutich", ("thong-bao-ket-luan",)
        ),
    )
    starts = _at(previous_session_day(setting.today), 8)
    return DemoMeeting(
        key="phien-hop-thang-truoc",
        kind="Phiên họp UBND thường kỳ",
        title=f"Phiên họp Ủy ban nhân dân tỉnh thường kỳ {previous.full}",
        organisation_key=f"{PROVINCE}/ubnd",
        location="Phòng họp số 1, trụ sở Ủy ban nhân dân tỉnh",
        starts_at=starts,
        ends_at=starts + timedelta(hours=3, minutes=20),
        state="closed",
        items=_items(lines, setting, hand),
        participants=_participants(setting, "chutich", "present"),
    )


def _storm(setting: Setting, hand: Hand) -> DemoMeeting:
    lines = (
        AgendaLine(
            "1", "Khai mạc, nêu yêu cầu cuộc họp", 5, "pct.nongnghiep", ("giay-moi-giao-ban",)
        ),
        AgendaLine(
            "2", "Báo cáo tình hình mưa lũ, thiệt hại", 25, "gd.nongnghiep", ("bao-cao-mua-lu",)
        ),
        AgendaLine("3", "Ý kiến các điểm cầu cơ sở", 45, "ct.muonglan"),
        AgendaLine("4", "Kết luận, phân công nhiệm vụ 48 giờ tới", 15, "pct.nongnghiep"),
    )
    starts = _at(storm_meeting_day(setting.today), 14)
    return DemoMeeting(
        key="giao-ban-thien-tai",
        kind="Giao ban trực tuyến",
        title="Giao ban trực tuyến toàn tỉnh về phòng, chống thiên tai",
        organisation_key=f"{PROVINCE}/ubnd",
        location="Trực tuyến từ điểm cầu Ủy ban nhân dân tỉnh",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=95),
        state="closed",
        items=_items(lines, setting, hand),
        participants=_participants(
            setting, "pct.nongnghiep", "present", lambda name: not name.startswith("khach.")
        ),
    )


def _coming(setting: Setting, hand: Hand) -> DemoMeeting:
    lines = (
        AgendaLine("1", "Khai mạc, giới thiệu đại biểu", 10, "pct.vanxa", ("giay-moi-chuyen-de",)),
        AgendaLine(
            "2",
            "Dự thảo Kế hoạch chuyển đổi số năm {năm sau}",
            60,
            "gd.khoahoc",
            ("ke-hoach-chuyen-doi-so",),
        ),
        AgendaLine("3", "Chuẩn bị nội dung trình kỳ họp Hội đồng nhân dân tỉnh", 40, "cvp"),
    )
    starts = _at(coming_meeting_day(setting.today), 14)
    return DemoMeeting(
        key="phien-hop-chuyen-de",
        kind="Phiên họp UBND chuyên đề",
        title="Phiên họp chuyên đề Ủy ban nhân dân tỉnh về chuyển đổi số",
        organisation_key=f"{PROVINCE}/ubnd",
        location="Phòng họp số 2, trụ sở Ủy ban nhân dân tỉnh",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        state="issued",
        items=_items(lines, setting, hand),
        participants=_participants(setting, "pct.vanxa", "invited"),
    )
