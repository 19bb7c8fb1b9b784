"""Sockets that ask at about the same time whether their session lives share a reading."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from server import clock
from server.database import Database, WriteSession
from server.errors import Busy
from server.identity import SYSTEM, Actor
from server.meetings.queries import in_session
from server.people import actions as people
from server.people import signed_in
from server.people.queries import living_sessions
from server.people.routes import Sessions
from server.people.signed_in import SignedIn
from server.people.tables import SessionRow
from server.settings import Settings

AWAKE, ASLEEP, GONE = "awake", "asleep", "gone"


def _sign_in(session: WriteSession) -> dict[str, Actor]:
    unit = people.add_organisation(session, "Ủy ban nhân dân tỉnh", "province")
    actors = {GONE: Actor("nobody", GONE, GONE, unit)}
    for id_, seen in ((AWAKE, clock.unix_ms()), (ASLEEP, 1)):
        person = people.add_person(
            session, username=id_, name=id_, organisation_id=unit, roles=("delegate",)
        )
        session.add(
            SessionRow(
                id=id_,
                token_hash=id_,
                person_id=person,
                device_id=id_,
                started_at=seen,
                seen_at=seen,
            )
        )
        actors[id_] = Actor(person, id_, id_, unit, frozenset({"delegate"}))
    return actors


@pytest.fixture
def asking(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SignedIn:
    monkeypatch.setattr(signed_in, "TOGETHER_SECONDS", 0)
    bounds = Sessions(Settings(data=tmp_path), in_session).bounds
    return SignedIn(database, bounds, in_session)


@pytest.fixture
def reads(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The sessions of each reading."""
    asked: list[list[str]] = []
    read = Database.read

    async def noted(database: Database, query: Any, *given: Any) -> Any:
        if query is living_sessions:
            asked.append(given[0])
        return await read(database, query, *given)

    monkeypatch.setattr(Database, "read", noted)
    return asked


async def test_those_who_ask_together_share_a_reading(
    database: Database, asking: SignedIn, reads: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = await database.write(SYSTEM, _sign_in)
    demoted = Actor(actors[AWAKE].person_id, AWAKE, AWAKE, "unit", frozenset({"secretariat"}))
    crowd = [actors[AWAKE], actors[ASLEEP], actors[GONE], demoted]
    assert await asyncio.gather(*map(asking.ask, crowd)) == [True, False, False, False]
    assert reads == [[AWAKE, ASLEEP, GONE]]
    monkeypatch.setattr(signed_in, "AT_ONCE", 2)
    assert await asyncio.gather(*map(asking.ask, crowd)) == [True, False, False, False]
    assert reads[1:] == [[AWAKE, ASLEEP], [GONE]]


async def test_a_reading_that_fails_is_told_to_all_and_the_next_one_answers(
    database: Database, asking: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = await database.write(SYSTEM, _sign_in)
    with monkeypatch.context() as busy:
        busy.setattr(database, "reads_waiting", -database.readers)
        asked = [asking.ask(actors[AWAKE]), asking.ask(actors[ASLEEP])]
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [Busy, Busy]
    assert await asking.ask(actors[AWAKE])


async def test_who_stops_waiting_takes_nobodys_answer_along(
    database: Database, asking: SignedIn
) -> None:
    actors = await database.write(SYSTEM, _sign_in)
    first = asyncio.create_task(asking.ask(actors[AWAKE]))
    second = asyncio.create_task(asking.ask(actors[AWAKE]))
    await asyncio.sleep(0)
    first.cancel()
    assert await second


def test_the_sessions_of_nobody_are_none(database: Database, asking: SignedIn) -> None:
    def none(session: Session) -> object:
        return living_sessions(session, [], asking.bounds, in_session)

    assert database.read_now(none) == {}
