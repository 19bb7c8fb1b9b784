"""The devices of a person: which there are, taking one's lease back, and what a device may ask.

A revocation ends the device's sessions at once and destroys the leased key here. The device itself
hears of it at its next contact, whoever holds it then: it asks by its own two ids, which nobody can
guess, and forgets everything. Until then, and if it never comes back, the end of its lease holds
(security.md, Offline copies).
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from server import clock
from server.database import WriteSession
from server.errors import DomainError, NotFound
from server.identity import Actor
from server.people.facts import DeviceRevoked, SignInUnlocked
from server.people.messages import DeviceAsk, DeviceStanding, DeviceView
from server.people.queries import from_ms
from server.people.tables import DeviceRow, PersonRow, SessionRow


def devices_of(session: Session, actor: Actor) -> list[DeviceView]:
    """The actor's devices, the one used last first."""
    rows = session.exec(
        select(DeviceRow)
        .where(DeviceRow.person_id == actor.person_id)
        .order_by(col(DeviceRow.seen_at).desc())
    ).all()
    open_on = set(
        session.exec(select(SessionRow.device_id).where(SessionRow.person_id == actor.person_id))
    )
    return [
        DeviceView(
            id=row.device_id,
            label=row.label,
            here=row.device_id == actor.device_id,
            signed_in=row.device_id in open_on,
            known_since=from_ms(row.known_since),
            seen_at=from_ms(row.seen_at),
            revoked_at=from_ms(row.revoked_at) if row.revoked_at else None,
        )
        for row in rows
    ]


def revoke_device(session: WriteSession, device_id: str) -> None:
    """Take a device's lease back. Raises `device_in_use` for the one in the actor's hands: signing
    out is what ends that."""
    actor = session.actor
    if device_id == actor.device_id:
        raise DomainError("device_in_use")
    row = session.get(DeviceRow, (actor.person_id, device_id))
    if row is None:
        raise NotFound()
    row.lease_key, row.revoked_at = "", clock.unix_ms()
    session.add(row)
    on_it = (
        col(SessionRow.person_id) == actor.person_id,
        col(SessionRow.device_id) == device_id,
    )
    session.effects.sessions_ended.extend(session.exec(select(SessionRow.id).where(*on_it)).all())
    session.exec(delete(SessionRow).where(*on_it))
    session.record(DeviceRevoked(actor.person_id, device_id))


def device_standing(session: Session, asked: DeviceAsk) -> DeviceStanding:
    """Whether what lies on the device still may; one that is not known may."""
    row = session.get(DeviceRow, (asked.person_id, asked.device_id))
    return DeviceStanding(revoked=row is not None and row.revoked_at is not None)


def unlock_sign_in(session: WriteSession, person_id: str) -> None:
    """Let a person try again at once, on every device: bad passwords are forgotten. An address that
    tried too much goes on waiting."""
    person = session.get(PersonRow, person_id)
    if person is None or person.retired:
        raise NotFound()
    prefix = f"account:{person.username}:"
    session.connection().execute(
        text("DELETE FROM sign_in_tries WHERE substr(who, 1, :length) = :prefix"),
        {"prefix": prefix, "length": len(prefix)},
    )
    session.record(SignInUnlocked(person_id))
