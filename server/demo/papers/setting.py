"""What a paper must know about its world: the day, the month it reports on, names, places."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from server.demo.calendar import Period, period_of, working_day
from server.demo.localities import DISTRICTS
from server.demo.papers.figures import Hand, number
from server.demo.people import DemoPerson, person
from server.demo.province import PROVINCE_NAME, Profile

OLD_KINDS = ("Thành phố", "Thị xã", "Huyện", "Huyện đảo")
CAPITAL = "Tân Lộc"
COUNCIL = "ỦY BAN NHÂN DÂN\nTỈNH TRƯỜNG SƠN"


@dataclass(frozen=True)
class Locality:
    """A district, or in the two tiers the commune that took over its centre."""

    kind: str
    name: str
    communes: tuple[str, ...]

    @property
    def full(self) -> str:
        """As it stands in a sentence: "huyện An Thượng"."""
        return f"{self.kind.lower()} {self.name}"

    @property
    def area(self) -> str:
        """The area around it: the district, or the communes that followed it."""
        return self.full if self.kind in OLD_KINDS else f"khu vực {self.name}"


@dataclass(frozen=True)
class Setting:
    """Day and hour of the session in session now, and the profile."""

    today: date
    profile: Profile = Profile.TWO_TIER
    starts: time = time(8)
    period: Period = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "period", period_of(self.today))

    @property
    def localities(self) -> tuple[Locality, ...]:
        """Fifteen areas for tables and examples."""
        found = []
        for district in DISTRICTS:
            if self.profile is Profile.TWO_TIER:
                entry = next(
                    (e for e in district.after if e.endswith(f" {district.name}")),
                    district.after[0],
                )
                kind = {"P": "Phường", "X": "Xã", "D": "Đặc khu"}[entry[0]]
                found.append(Locality(kind, entry[2:], district.after))
            else:
                found.append(Locality(district.kind, district.name, district.before))
        return tuple(found)

    def before(self, days: int) -> date:
        """A working day about so many days before the session."""
        return working_day(self.today - timedelta(days=days))

    def names(self) -> dict[str, str]:
        """Words that the texts put in braces."""
        two = self.profile is Profile.TWO_TIER
        period, year = self.period, self.period.year
        return {
            "tỉnh": PROVINCE_NAME,
            "tháng": period.name,
            "tháng năm": period.full,
            "lũy kế": period.until_now,
            "tháng sau": period.next.full,
            "số tháng": str(period.month),
            "tháng trước": period.previous.name,
            "năm": str(year),
            "năm sau": str(year + 1),
            "năm trước": str(year - 1),
            "đơn vị cấp xã": "xã, phường, đặc khu" if two else "xã, phường, thị trấn",
            "cấp cơ sở": "các xã, phường, đặc khu" if two else "các huyện, thị xã, thành phố",
            "UBND cơ sở": (
                "Ủy ban nhân dân các xã, phường, đặc khu"
                if two
                else "Ủy ban nhân dân các huyện, thị xã, thành phố"
            ),
            "địa phương": "xã, phường" if two else "huyện, thị xã, thành phố",
            # One shortfall of land revenue for all papers that name it, in billions of đồng.
            "hụt đất": number(300 + self.today.toordinal() % 31),
            "số địa phương": number(sum(len(d.after) for d in DISTRICTS) if two else 15),
            "số xã": number(sum(len(d.after if two else d.before) for d in DISTRICTS)),
        }

    def hand(self, seed: str) -> Hand:
        """A hand for one paper: the same day and profile give the same words."""
        places = [locality.full for locality in self.localities]
        return Hand(f"{seed} {self.today.isoformat()} {self.profile}", self.names(), places)

    def person(self, username: str) -> DemoPerson:
        """A demo account."""
        return person(username, self.profile)

    def name(self, username: str) -> str:
        """The full name of a demo account."""
        return self.person(username).full_name
