"""The demo's discussion: on both profiles it finds its phrases and says what it should."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pymupdf
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from server.annotating import layers
from server.database import Database, Wiring
from server.demo.discussion import OWNER, PEOPLE, PRESENTER, TITLE, write_discussion
from server.demo.documents import DOCUMENTS
from server.demo.meetings import ZONE
from server.demo.papers import paper_in_child
from server.demo.province import Profile
from server.demo.seed import seed
from server.documents.tables import DocumentRow
from server.identity import SYSTEM, Actor
from server.migrations.migrate import migrate
from server.people.tables import PersonRow
from server.reactions import react

DAY = date(2026, 11, 22)
KEY = "bao-cao-tham-tra"
VERSION = "0196f3a0-2222-4aaa-8bbb-000000000002"


def words_of(profile: Profile, day: date) -> list[list[tuple[Any, ...]]]:
    with pymupdf.open(stream=paper_in_child(KEY, day, profile, time(8))) as pdf:
        return [page.get_text("words") for page in pdf]


@pytest.mark.parametrize("profile", list(Profile))
def test_a_newcomer_finds_a_discussion_and_a_presenters_layer(
    tmp_path: Any, profile: Profile
) -> None:
    database = Database(tmp_path / "demo.sqlite3", wiring=Wiring(react))
    migrate(database)
    now = datetime.combine(DAY, time(9), ZONE)
    database.write_now(SYSTEM, seed, profile, now, "no password")
    document = database.read_now(_paper)
    words = words_of(profile, DAY)
    for _ in range(2):  # a job may run twice
        database.write_now(SYSTEM, write_discussion, document, VERSION, words)

    def seen(session: Session, username: str) -> dict[str, Any]:
        person = session.exec(select(PersonRow).where(PersonRow.username == username)).one()
        actor = Actor(person.id, "", "", person.organisation_id)
        rows = layers.layer_rows(session, actor, document, VERSION)
        return {row.kind: (row, list(layers.marks_on(session, row.id))) for row in rows}

    for name in (OWNER, *PEOPLE):
        found = database.read_now(seen, name)
        assert set(found) == {"presenter", "shared"}
        row, marks = found["shared"]
        assert row.title == TITLE
        notes = [mark for mark in marks if mark.kind == "note"]
        assert len([note for note in notes if note.reply_to]) == 3
        assert [note.resolved for note in notes if not note.reply_to].count(True) == 1
        assert all(0 < note.geometry["point"][0] < 596 for note in notes)
        assert [mark.kind for mark in found["presenter"][1]] == ["ink", "ink", "arrow"]
    assert set(database.read_now(seen, "gd.yte")) == {"presenter"}
    assert PRESENTER in PEOPLE
    database.stop()


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2027, 7, 30)])
def test_the_phrases_are_there_on_other_days(tmp_path: Any, day: date) -> None:
    database = Database(tmp_path / "demo.sqlite3", wiring=Wiring(react))
    migrate(database)
    database.write_now(SYSTEM, seed, Profile.TWO_TIER, datetime.combine(day, time(9), ZONE), "x")
    document = database.read_now(_paper)
    words = words_of(Profile.TWO_TIER, day)
    database.write_now(SYSTEM, write_discussion, document, VERSION, words)
    count = text("SELECT count(*) FROM annotation")
    assert database.read_now(lambda session: session.connection().execute(count).scalar()) == 10
    database.stop()


def _paper(session: Session) -> str:
    number = DOCUMENTS[KEY].number_symbol
    return session.exec(select(DocumentRow).where(DocumentRow.number_symbol == number)).one().id
