"""What happened to people and sessions."""

from __future__ import annotations

from dataclasses import dataclass

from server.database import Fact


@dataclass(frozen=True)
class SignedInFact(Fact):
    """A person signed in on a device."""

    person_id: str
    device_id: str


@dataclass(frozen=True)
class SignedOut(Fact):
    """A person signed out of a device."""

    person_id: str
    device_id: str


@dataclass(frozen=True)
class SignInRefused(Fact):
    """A sign-in failed; the name is as typed only when such an account exists."""

    person_id: str | None
    locked: bool


@dataclass(frozen=True)
class DeviceRevoked(Fact):
    """A person took the lease of one of their devices back."""

    person_id: str
    device_id: str


@dataclass(frozen=True)
class SignInUnlocked(Fact):
    """Bad sign-ins of an account were forgotten by hand."""

    person_id: str


@dataclass(frozen=True)
class PersonAdded(Fact):
    """An account was made."""

    person_id: str
    username: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class PasswordSet(Fact):
    """An account has a new password; its sessions ended."""

    person_id: str
