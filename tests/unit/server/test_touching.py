"""When a session was last used: noted a moment later, for all that were used meanwhile at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from server import app
from server.app import Identity
from server.database import Database, WriteSession
from server.identity import SYSTEM, Actor
from server.meetings.queries import in_session
from server.people import actions as people
from server.people.routes import Sessions
from server.people.tables import SessionRow
from server.settings import Settings
from tests.harness.server import until

USED = ("one", "two", "three")


def _sign_in(session: WriteSession) -> None:
    unit = people.add_organisation(session, "Ủy ban nhân dân tỉnh", "province")
    for id_ in USED:
        person = people.add_person(session, username=id_, name=id_, organisation_id=unit, roles=())
        session.add(
            SessionRow(
                id=id_, token_hash=id_, person_id=person, device_id=id_, started_at=1, seen_at=1
            )
        )


def _seen(session: Session) -> dict[str, bool]:
    return {row.id: row.seen_at > 1 for row in session.exec(select(SessionRow))}


async def test_sessions_used_together_are_noted_in_one_write(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TOUCHED_TOGETHER_SECONDS", 1.0)
    await database.write(SYSTEM, _sign_in)
    identity = Identity(database, Sessions(Settings(data=tmp_path), in_session))
    commits: list[Any] = []
    event.listen(database.writer, "commit", commits.append)
    for id_ in ("one", "two", "one", "gone"):
        await identity.touch(Actor(id_, id_, id_, "unit"))
    assert (await database.read(_seen))["one"] is False

    async def noted(id_: str) -> None:
        await until(lambda: database.read_now(_seen)[id_])

    await noted("two")
    assert await database.read(_seen) == {"one": True, "two": True, "three": False}
    assert len(commits) == 1
    await identity.touch(Actor("three", "three", "three", "unit"))
    await noted("three")
    await identity.touch(Actor("one", "one", "one", "unit"))
    assert len(commits) == 2
