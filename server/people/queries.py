"""Reads about people and sessions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import TextClause, bindparam, text
from sqlmodel import Session, col, select

from server import clock
from server.identity import Actor
from server.people.messages import DemoTile, Me, PeopleFound, PersonCard
from server.people.rules import Role, SessionBounds, folded, session_expires
from server.people.tables import (
    DemoTileRow,
    OrganisationRow,
    PersonRow,
    RoleRow,
    SessionRow,
)

InSession = Callable[[Session, str], bool]
"""Whether a person takes part in a running meeting; `meetings` answers, `app.py` joins."""


def token_hash(token: str) -> str:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def roles_of(session: Session, person_id: str) -> frozenset[str]:
    """The standing roles of a person."""
    rows = session.exec(select(RoleRow.role).where(RoleRow.person_id == person_id))
    return frozenset(rows.all())


def as_actor(session: Session, person_id: str) -> Actor | None:
    """The person as at no device: for what is asked about them while they are not asking."""
    person = session.get(PersonRow, person_id)
    if person is None:
        return None
    return Actor(person_id, "", "", person.organisation_id, roles_of(session, person_id))


@dataclass(frozen=True)
class Living:
    """A session that has not ended."""

    actor: Actor
    expires_at: datetime
    seen_ms: int


def from_ms(ms: int) -> datetime:
    """Unix ms as a moment, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


_LIVING = (
    "SELECT s.id, s.person_id, s.device_id, s.started_at, s.seen_at, p.organisation_id, "
    "(SELECT group_concat(role) FROM person_role r WHERE r.person_id = p.id) "
    "FROM session s JOIN person p ON p.id = s.person_id WHERE p.retired = 0 AND "
)
LIVING: dict[Literal["token_hash", "id"], TextClause] = {
    "token_hash": text(_LIVING + "s.token_hash = :value"),
    "id": text(_LIVING + "s.id = :value"),
}
_LIVING_OF_MANY = text(_LIVING + "s.id IN :ids").bindparams(bindparam("ids", expanding=True))


def living_session(
    session: Session,
    where: Literal["token_hash", "id"],
    value: str,
    bounds: SessionBounds,
    in_session: InSession,
) -> Living | None:
    """The session with this `token_hash` or `id`, unless it has ended."""
    row = session.connection().execute(LIVING[where], {"value": value}).first()
    return None if row is None else _unless_ended(session, row, bounds, in_session)


def living_sessions(
    session: Session, ids: Sequence[str], bounds: SessionBounds, in_session: InSession
) -> dict[str, Living]:
    """Those of these sessions that have not ended."""
    rows = session.connection().execute(_LIVING_OF_MANY, {"ids": list(ids)})
    found = (_unless_ended(session, row, bounds, in_session) for row in rows)
    return {living.actor.session_id: living for living in found if living is not None}


def _unless_ended(
    session: Session, row: Any, bounds: SessionBounds, in_session: InSession
) -> Living | None:
    started, seen = from_ms(row[3]), from_ms(row[4])
    now = clock.now()
    expires = session_expires(started, seen, False, bounds)
    if expires <= now or bounds.idle_in_session > bounds.idle:
        expires = session_expires(started, seen, in_session(session, row[1]), bounds)
    if expires <= now:
        return None
    roles = frozenset(row[6].split(",")) if row[6] else frozenset()
    return Living(Actor(row[1], row[0], row[2], row[5], roles), expires, int(row[4]))


def session_goes_on(session: Session, actor: Actor) -> bool:
    """Whether the actor is still signed in with the roles of then. Idling ends nothing here: who
    waits for a long download touches nothing."""
    row = session.connection().execute(LIVING["id"], {"value": actor.session_id}).first()
    return row is not None and frozenset(row[6].split(",") if row[6] else ()) == actor.roles


def card(person: PersonRow, organisation: str) -> PersonCard:
    """A person as others see them."""
    return PersonCard(
        id=person.id,
        name=person.name,
        form_of_address=person.form_of_address,
        position=person.position,
        organisation_id=person.organisation_id,
        organisation=organisation,
    )


def cards(session: Session, person_ids: Iterable[str]) -> dict[str, PersonCard]:
    """Cards of these people."""
    rows = session.exec(
        select(PersonRow, OrganisationRow.name)
        .join(OrganisationRow, col(OrganisationRow.id) == col(PersonRow.organisation_id))
        .where(col(PersonRow.id).in_(list(person_ids)))
    )
    return {person.id: card(person, name) for person, name in rows}


def find_people(session: Session, words: str, most: int) -> PeopleFound:
    """People whose name, position or unit has these words, with or without diacritics."""
    query = (
        select(PersonRow, OrganisationRow.name)
        .join(OrganisationRow, col(OrganisationRow.id) == col(PersonRow.organisation_id))
        .where(col(PersonRow.retired).is_(False))
        .order_by(PersonRow.name_sort)
    )
    for word in folded(words).split()[:8]:
        query = query.where(col(PersonRow.name_folded).contains(word, autoescape=True))
    rows: Sequence[tuple[PersonRow, str]] = session.exec(query.limit(most + 1)).all()
    return PeopleFound(
        people=[card(person, name) for person, name in rows[:most]], more=len(rows) > most
    )


def tiles(session: Session) -> list[DemoTile]:
    """The demo's roles to enter with; empty on a real server."""
    rows = session.exec(select(DemoTileRow).order_by(col(DemoTileRow.sort))).all()
    people = cards(session, [row.person_id for row in rows])
    return [DemoTile(key=row.key, person=people[row.person_id]) for row in rows]


def me(session: Session, actor: Actor, bounds: SessionBounds, in_session: InSession) -> Me:
    """The signed-in person."""
    living = living_session(session, "id", actor.session_id, bounds, in_session)
    person = session.get_one(PersonRow, actor.person_id)
    running = in_session(session, actor.person_id)
    idle = bounds.idle_in_session if running else bounds.idle
    return Me(
        person=cards(session, [actor.person_id])[actor.person_id],
        username=person.username,
        roles=sorted(actor.roles),
        session_expires_at=living.expires_at if living else clock.now(),
        idle_minutes=int(idle.total_seconds() // 60),
        server_time=clock.now(),
        may_create_meetings=Role.SECRETARIAT in actor.roles,
    )


def has_people(session: Session) -> bool:
    """Whether any account exists."""
    return session.exec(select(PersonRow.id).limit(1)).first() is not None


def sessions_of(session: Session, person_id: str) -> list[str]:
    """Ids of a person's sessions."""
    return list(session.exec(select(SessionRow.id).where(SessionRow.person_id == person_id)))
