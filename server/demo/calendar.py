"""Days and months of the demo, counted from the day it is filled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# The papers close their figures on the 15th: a session before the 18th speaks of last month.
FIRST_DAY_OF_OWN_MONTH = 18


@dataclass(frozen=True)
class Period:
    """The month that a session reports on, in the words of the papers."""

    month: int
    year: int

    @property
    def name(self) -> str:
        """ "tháng 11"."""
        return f"tháng {self.month}" if self.month > 2 else f"tháng {self.month:02d}"

    @property
    def until_now(self) -> str:
        """The year so far: "11 tháng đầu năm 2026", "6 tháng đầu năm", "cả năm"."""
        if self.month == 12:
            return f"cả năm {self.year}"
        if self.month == 1:
            return f"tháng đầu năm {self.year}"
        return f"{self.month:02d} tháng đầu năm {self.year}"

    @property
    def full(self) -> str:
        """ "tháng 11 năm 2026"."""
        return f"{self.name} năm {self.year}"

    @property
    def next(self) -> Period:
        return Period(self.month % 12 + 1, self.year + self.month // 12)

    @property
    def previous(self) -> Period:
        return Period((self.month - 2) % 12 + 1, self.year - (1 if self.month == 1 else 0))


def period_of(day: date) -> Period:
    """The month that a session on a day reports on."""
    own = Period(day.month, day.year)
    return own if day.day >= FIRST_DAY_OF_OWN_MONTH else own.previous


def working_day(day: date) -> date:
    """The day itself, or the Friday before when it falls on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def in_words(day: date) -> str:
    """ "ngày 05 tháng 02 năm 2026": NĐ 30/2020, two digits below 10 (months: below 3)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def previous_session_day(today: date) -> date:
    """The day of the last regular session: about a month ago."""
    return working_day(today - timedelta(days=30))


def storm_meeting_day(today: date) -> date:
    """The day of the past online meeting about the storm."""
    return working_day(today - timedelta(days=12))


def coming_meeting_day(today: date) -> date:
    """The day of the meeting to come: about a week ahead, on a working day."""
    day = today + timedelta(days=6)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
