"""The chain: what was edited, deleted, moved or cut is found by the check."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from server.database import Database, WriteSession
from server.identity import Actor
from server.ledger.entries import Break, canonical, chained, check, enter, root

ACTOR = Actor("person", "session", "device", "unit")


@pytest.fixture
def ledger(closed_database: Database) -> Database:
    def fill(session: WriteSession) -> None:
        for number in range(1, 11):
            enter(session, "meeting_opened", {"số": number})

    closed_database.write_now(ACTOR, fill)
    return closed_database


def alter(database: Database, *statements: str) -> None:
    def run(session: WriteSession) -> None:
        for one in statements:
            session.connection().execute(text(one))

    database.write_now(ACTOR, run)


def found(database: Database, known: str | None = None) -> list[Break]:
    return database.read_now(check, known)[1]


def test_an_untouched_chain_holds(ledger: Database) -> None:
    assert ledger.read_now(check) == (10, [])


def test_the_next_entry_goes_on_from_the_last(ledger: Database) -> None:
    ledger.write_now(ACTOR, enter, "meeting_closed", {})
    assert ledger.read_now(check) == (11, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = replace(body, '5', '6') WHERE seq = 5",
        "UPDATE ledger SET actor = 'somebody' WHERE seq = 5",
        "UPDATE ledger SET at = '2020-01-01' WHERE seq = 5",
        "UPDATE ledger SET kind = 'meeting_closed' WHERE seq = 5",
        "UPDATE ledger SET hash = previous WHERE seq = 5",
        "DELETE FROM ledger WHERE seq = 5",
        "DELETE FROM ledger WHERE seq BETWEEN 4 AND 7",
        "DELETE FROM ledger WHERE seq = 1",
        "INSERT INTO ledger SELECT seq + 100, at, actor, kind, body, previous, hash FROM ledger "
        "WHERE seq = 10",
    ],
)
def test_edits_and_deletions_are_found(ledger: Database, statement: str) -> None:
    alter(ledger, statement)
    assert found(ledger)


def test_a_new_order_is_found(ledger: Database) -> None:
    alter(
        ledger,
        "UPDATE ledger SET seq = 99 WHERE seq = 3",
        "UPDATE ledger SET seq = 3 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 99",
    )
    assert {one.seq for one in found(ledger)} >= {3, 4}


def test_a_cut_that_renumbers_the_rest_is_found(ledger: Database) -> None:
    alter(
        ledger,
        "DELETE FROM ledger WHERE seq = 5",
        "UPDATE ledger SET seq = -(seq - 1) WHERE seq > 5",
        "UPDATE ledger SET seq = -seq WHERE seq < 0",
    )
    assert found(ledger)


def forge(session: WriteSession) -> None:
    """Change a row and compute every hash after it anew, as an operator could."""
    connection = session.connection()
    rows = connection.execute(text("SELECT seq, at, actor, kind, body FROM ledger ORDER BY seq"))
    previous = "0" * 64
    for seq, at, actor, kind, body in rows.fetchall():
        words = canonical({"số": 99}) if seq == 5 else body
        fresh = chained(previous, seq, at, actor, kind, words)
        connection.execute(
            text("UPDATE ledger SET body = :b, previous = :p, hash = :h WHERE seq = :s"),
            {"b": words, "p": previous, "h": fresh, "s": seq},
        )
        previous = fresh


def test_what_the_chain_alone_cannot_show_a_root_kept_elsewhere_does(ledger: Database) -> None:
    """The tail cut off, and everything computed anew, leave a chain that holds: they are found
    against a root that was printed or exported before."""
    kept = ledger.read_now(root)
    assert kept.startswith("10:")
    assert found(ledger, kept) == []
    ledger.write_now(ACTOR, enter, "later", {})
    assert found(ledger, kept) == []
    alter(ledger, "DELETE FROM ledger WHERE seq >= 9")
    assert found(ledger) == []
    assert found(ledger, kept) == [Break(10, "root")]


def test_a_rewritten_chain_differs_from_the_kept_root(ledger: Database) -> None:
    kept = ledger.read_now(root)
    ledger.write_now(ACTOR, forge)
    assert found(ledger) == []
    assert found(ledger, kept) == [Break(10, "root")]


def test_bodies_have_one_form() -> None:
    assert canonical({"b": 1, "a": "Đường"}) == '{"a":"Đường","b":1}'
    assert json.loads(canonical({"x": None})) == {"x": None}
