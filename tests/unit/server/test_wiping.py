"""Deleted words leave the file: what `secure_delete` misses goes when it is written anew."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from server import database as module
from server.database import Database
from server.errors import Busy
from server.writer import Effects
from tests.harness.writing import write_raw

SECRET, OTHER = "SECRET", "other."


def scatter(raw: Any, seed: int) -> None:
    """Rows of many sizes, replaced again and again, so that SQLite moves them between pages."""
    chance = random.Random(seed)
    raw.execute("CREATE TABLE mark (id TEXT PRIMARY KEY, layer INTEGER, body TEXT)")
    for _ in range(4000):
        layer = chance.randrange(6)
        body = (SECRET if layer % 2 else OTHER) * chance.randint(1, 500)
        row = (f"{chance.randrange(2000):08x}", layer, body)
        raw.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", row)


async def put(database: Database, work: Any) -> None:
    def run(raw: Any) -> tuple[None, Effects]:
        work(raw)
        return None, Effects()

    await write_raw(database, run)


def on_disk(database: Database) -> bytes:
    files = database.path.parent.glob(database.path.name + "*")
    return b"".join(one.read_bytes() for one in files)


async def test_only_a_database_written_anew_holds_nothing_deleted(tmp_path: Path) -> None:
    """Where the first half fails, SQLite leaves no slack any more and `write_anew` may go."""
    slack = 0
    for seed in range(6):
        database = Database(tmp_path / f"{seed}.sqlite3")
        database.start()
        await put(database, lambda raw, seed=seed: scatter(raw, seed))
        assert SECRET.encode() in on_disk(database)
        await put(database, lambda raw: raw.execute("DELETE FROM mark WHERE layer % 2"))
        await database.fold_wal()
        slack += on_disk(database).count(SECRET.encode())
        await database.write_anew()
        assert on_disk(database).count(SECRET.encode()) == 0
        assert OTHER.encode() in on_disk(database)
        database.stop()
    assert slack > 0


async def test_writers_wait_for_it_and_go_on(database: Database) -> None:
    await put(database, lambda raw: raw.execute("CREATE TABLE n (x)"))
    insert = [
        put(database, lambda raw, x=x: raw.execute("INSERT INTO n VALUES (?)", (x,)))
        for x in range(50)
    ]
    await asyncio.gather(*insert[:25], database.write_anew(), *insert[25:], database.fold_wal())
    count = await database.read(
        lambda session: session.connection().exec_driver_sql("SELECT count(*) FROM n").scalar()
    )
    assert count == 50


async def test_a_reader_that_stays_keeps_the_wal_and_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FOLD_MS", 1)
    monkeypatch.setattr(module, "FOLD_TRIES", 2)
    await put(database, lambda raw: raw.execute("CREATE TABLE n (x)"))
    with database.reader.connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT count(*) FROM n").scalar()
        await put(database, lambda raw: raw.execute("INSERT INTO n VALUES (1)"))
        with pytest.raises(Busy):
            await database.fold_wal()
    await database.fold_wal()


async def test_the_writer_waits_for_no_reader_when_it_empties_the_wal(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every push would wait with it, in the middle of a session."""
    monkeypatch.setattr(module, "FOLD_MS", 1)
    monkeypatch.setattr(module, "FOLD_TRIES", 2)
    await put(database, lambda raw: raw.execute("CREATE TABLE n (x)"))
    said: list[str] = []
    await put(database, lambda raw: raw.set_trace_callback(said.append))
    with database.reader.connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT count(*) FROM n").scalar()
        await put(database, lambda raw: raw.execute("INSERT INTO n VALUES (1)"))
        with pytest.raises(Busy):
            await database.fold_wal()
    await put(database, lambda raw: raw.set_trace_callback(None))
    fold = [at for at, one in enumerate(said) if "wal_checkpoint" in one]
    assert len(fold) == 2
    assert {said[at - 1] for at in fold} == {"PRAGMA busy_timeout=0"}
    assert {said[at + 1] for at in fold} == {f"PRAGMA busy_timeout={database.lock_ms}"}
