"""What is done with people: organisations and accounts, signing in and out, leases."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text
from sqlmodel import col, delete, select

from server import clock
from server.database import WriteSession
from server.errors import DomainError
from server.identity import Actor
from server.people.facts import PasswordSet, PersonAdded, SignedInFact, SignedOut, SignInRefused
from server.people.messages import DeviceClaim, Lease
from server.people.queries import sessions_of, token_hash
from server.people.rules import folded, given_name_first
from server.people.tables import (
    DeviceRow,
    OrganisationRow,
    PersonRow,
    RoleRow,
    SessionRow,
    TriesRow,
)

HASHER = PasswordHasher()
"""Argon2id with the library's defaults, RFC 9106's second recommended set."""

NOBODYS_HASH = HASHER.hash("nobody")
"""Verified for names that do not exist, so that they take as long as those that do."""


@dataclass(frozen=True)
class Opened:
    """A fresh session; the token leaves the server once, in the cookie."""

    token: str
    actor: Actor
    lease_key: str


@dataclass(frozen=True)
class SignInBounds:
    """From the settings: bad tries and how long they count (ms), devices of one account and how
    long their leases run (ms)."""

    tries: int
    tries_per_address: int
    lock_ms: int
    devices: int
    lease_ms: int


def add_organisation(
    session: WriteSession, name: str, level: str, parent_id: str | None = None, sort: int = 0
) -> str:
    """Add a unit below another."""
    row = OrganisationRow(id=clock.new_id(), parent_id=parent_id, name=name, level=level, sort=sort)
    session.add(row)
    session.flush()
    return row.id


def add_person(
    session: WriteSession,
    *,
    username: str,
    name: str,
    organisation_id: str,
    form_of_address: str = "",
    position: str = "",
    roles: Sequence[str] = (),
    password_hash: str | None = None,
) -> str:
    """Make an account. Raises `username_taken`."""
    if session.exec(select(PersonRow.id).where(PersonRow.username == username)).first():
        raise DomainError("username_taken", username=username)
    unit = session.get_one(OrganisationRow, organisation_id)
    person = PersonRow(
        id=clock.new_id(),
        username=username,
        name=name,
        name_sort=given_name_first(name),
        name_folded=folded(f"{name} {position} {unit.name}"),
        form_of_address=form_of_address,
        position=position,
        organisation_id=organisation_id,
        password=password_hash,
    )
    session.add(person)
    session.flush()
    session.add_all(RoleRow(person_id=person.id, role=role) for role in roles)
    session.record(PersonAdded(person.id, username, tuple(roles)))
    return person.id


def set_password(session: WriteSession, username: str, password_hash: str) -> None:
    """Give an account a new password and end its sessions. Raises `not_found`."""
    person = session.exec(select(PersonRow).where(PersonRow.username == username)).first()
    if person is None:
        raise DomainError("not_found", 404)
    person.password = password_hash
    session.add(person)
    end_sessions(session, person.id)
    session.record(PasswordSet(person.id))


def password_matches(stored: str | None, password: str) -> bool:
    """Compare in about the same time whether the account exists or not. Costs some 50 ms: never
    on the writer thread."""
    try:
        return HASHER.verify(stored or NOBODYS_HASH, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _tries(session: WriteSession, who: str, lock_ms: int) -> TriesRow:
    row = session.get(TriesRow, who)
    if row is None:
        row = TriesRow(who=who)
    elif row.last_at + lock_ms < clock.unix_ms():
        row.bad = 0
    return row


def take_try(
    session: WriteSession, person: str, device: str, address: str, bounds: SignInBounds
) -> int:
    """Count a try before its password is compared, so that many at once are no way around.
    Returns the tries left on this device, or refuses.

    Counted per account and device and per address, so that a stranger cannot lock the chair out.
    A try counts for its address only once it was bad: a whole hall may sign in at once.
    """
    now = clock.unix_ms()
    account = _tries(session, f"account:{person}:{device}", bounds.lock_ms)
    shared = _tries(session, f"address:{address}", bounds.lock_ms)
    for row, most in ((account, bounds.tries), (shared, bounds.tries_per_address)):
        if row.bad >= most:
            wait = (row.last_at + bounds.lock_ms - now) // 1000 + 1
            raise DomainError("account_locked", 429, retry_after=int(wait))
    account.bad += 1
    account.last_at = now
    session.add(account)
    return bounds.tries - account.bad


def note_refused(
    session: WriteSession, person_id: str | None, address: str, left: int, bounds: SignInBounds
) -> None:
    """A bad sign-in: it counts for its address and goes into the ledger."""
    row = _tries(session, f"address:{address}", bounds.lock_ms)
    row.bad += 1
    row.last_at = clock.unix_ms()
    session.add(row)
    session.record(SignInRefused(person_id, left == 0))


def open_session(
    session: WriteSession,
    person_id: str,
    device: DeviceClaim,
    bounds: SignInBounds,
    compared: str | None = None,
) -> Opened:
    """Sign a person in on a device. One session per person and device. `compared` is the hash
    that the password matched: a new password set meanwhile makes it worthless."""
    person = session.get_one(PersonRow, person_id)
    if person.retired or (compared is not None and person.password != compared):
        raise DomainError("wrong_credentials", 401)
    old = session.exec(
        select(SessionRow)
        .where(SessionRow.person_id == person_id)
        .where(SessionRow.device_id == device.id)
    ).all()
    for row in old:
        session.effects.sessions_ended.append(row.id)
        session.delete(row)
    now = clock.unix_ms()
    token = base64.urlsafe_b64encode(clock.token(32)).decode().rstrip("=")
    fresh = SessionRow(
        id=clock.new_id(),
        token_hash=token_hash(token),
        person_id=person_id,
        device_id=device.id,
        started_at=now,
        seen_at=now,
    )
    session.add(fresh)
    key = keep_device(session, person_id, device, bounds)
    tries = session.get(TriesRow, f"account:{person.username}:{device.id}")
    if tries is not None:
        session.delete(tries)
    roles = frozenset(
        session.exec(select(RoleRow.role).where(RoleRow.person_id == person_id)).all()
    )
    session.record(SignedInFact(person_id, device.id))
    actor = Actor(person_id, fresh.id, device.id, person.organisation_id, roles)
    return Opened(token, actor, key)


def keep_device(
    session: WriteSession, person_id: str, device: DeviceClaim, bounds: SignInBounds
) -> str:
    """Remember the device of a person; returns the key leased to it (base64url of 32 bytes).

    Too many push the oldest out, but only those whose lease is over: with its row goes the key of
    a tablet that may hold unsent work, or the word that a lost one has to forget everything."""
    now = clock.unix_ms()
    row = session.get(DeviceRow, (person_id, device.id))
    if row is None:
        others = session.exec(
            select(DeviceRow)
            .where(DeviceRow.person_id == person_id)
            .order_by(col(DeviceRow.seen_at))
        ).all()
        for oldest in others[: max(0, len(others) - bounds.devices + 1)]:
            if oldest.seen_at + bounds.lease_ms < now:
                session.delete(oldest)
        key = base64.urlsafe_b64encode(clock.token(32)).decode().rstrip("=")
        row = DeviceRow(
            person_id=person_id,
            device_id=device.id,
            label=device.label,
            lease_key=key,
            known_since=now,
            seen_at=now,
        )
    if row.revoked_at is not None:
        row.lease_key = base64.urlsafe_b64encode(clock.token(32)).decode().rstrip("=")
        row.revoked_at = None
    row.seen_at = now
    row.label = device.label or row.label
    session.add(row)
    return row.lease_key


def renew_lease(session: WriteSession, lease_days: int) -> Lease:
    """The key for this device again, with a new end."""
    row = session.get(DeviceRow, (session.actor.person_id, session.actor.device_id))
    if row is None or row.revoked_at is not None:
        raise DomainError("device_unknown", 403)
    row.seen_at = clock.unix_ms()
    session.add(row)
    return lease(session.actor, row.lease_key, lease_days)


def lease(actor: Actor, key: str, days: int) -> Lease:
    """The lease as it goes to the device."""
    return Lease(
        person_id=actor.person_id,
        device_id=actor.device_id,
        key=key,
        expires_at=clock.now() + timedelta(days=days),
    )


def touch_sessions(session: WriteSession, session_ids: Iterable[str]) -> None:
    """The people of these sessions did something just now."""
    now = clock.unix_ms()
    session.connection().execute(
        text("UPDATE session SET seen_at = :now WHERE id = :id"),
        [{"now": now, "id": one} for one in session_ids],
    )


def forget_ended(session: WriteSession, started_before_ms: int, tried_before_ms: int) -> None:
    """Drop sessions that are over for good, and bad sign-ins that no longer count."""
    session.exec(delete(SessionRow).where(col(SessionRow.started_at) < started_before_ms))
    session.exec(delete(TriesRow).where(col(TriesRow.last_at) < tried_before_ms))


def sign_out(session: WriteSession) -> None:
    """End this session; its live connection closes at once."""
    actor = session.actor
    row = session.get(SessionRow, actor.session_id)
    if row is not None:
        session.delete(row)
    session.effects.sessions_ended.append(actor.session_id)
    session.record(SignedOut(actor.person_id, actor.device_id))


def end_sessions(session: WriteSession, person_id: str) -> None:
    """End every session of a person: demoted, locked, or a lost tablet."""
    session.effects.sessions_ended.extend(sessions_of(session, person_id))
    session.exec(delete(SessionRow).where(col(SessionRow.person_id) == person_id))
