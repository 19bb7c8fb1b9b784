"""About sixty accounts of the demo province, over all roles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from server.demo.province import PROVINCE, Profile

ACCOUNTS = Path(__file__).parent / "accounts"

ROLES = (
    "system_admin",
    "unit_admin",
    "secretariat",
    "document_owner",
    "approver",
    "chair",
    "delegate",
    "guest",
    "site",
    "operator",
)


@dataclass(frozen=True)
class DemoPerson:
    """One account. A shared account of a room has no form of address."""

    username: str
    full_name: str
    address: str
    position: str
    organisation_key: str
    roles: tuple[str, ...]
    title: str = ""  # a degree or rank that stands before the name: "TS.", "Đại tá"

    @property
    def given_name(self) -> str:
        """The last word of the name, by which Vietnamese names are sorted."""
        return self.full_name.split()[-1]


def _people(file: str) -> tuple[DemoPerson, ...]:
    found = []
    for line in (ACCOUNTS / f"{file}.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        username, title, address, name, position, unit, roles = (
            part.strip() for part in line.split("|")
        )
        key = f"{PROVINCE}/{unit}"
        found.append(
            DemoPerson(username, name, address, position, key, tuple(roles.split(", ")), title)
        )
    return tuple(found)


# The tiles of the sign-in page ("enter as the chair"): key of the tile, account.
DEMO_TILES: tuple[tuple[str, str], ...] = (
    ("chair", "chutich"),
    ("secretary", "thuky"),
    ("delegate", "gd.taichinh"),
    ("second_delegate", "gd.nongnghiep"),
    ("approver", "cvp"),
    ("guest", "khach.matran"),
    ("admin", "quantri"),
    ("operator", "kythuat"),
)


@lru_cache
def people(profile: Profile = Profile.TWO_TIER) -> tuple[DemoPerson, ...]:
    """All accounts; the usernames are the same in both profiles."""
    return _people("province") + _people(profile.value)


def person(username: str, profile: Profile = Profile.TWO_TIER) -> DemoPerson:
    """One account by its name (KeyError without it)."""
    return {found.username: found for found in people(profile)}[username]
