"""The one writer: group commit, what falls alone, what falls together, and a full disk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pysqlite3
import pytest
import sqlalchemy
from sqlalchemy import event, text
from sqlmodel import Session

from server import database as database_module
from server import writer
from server.database import Database, WriteSession
from server.errors import Busy, DomainError, Invalid
from server.identity import SYSTEM
from server.jobs.queue import enqueue
from server.writer import Action, Announcement, Effects
from tests.harness.server import until
from tests.harness.writing import write_raw


def put(session: WriteSession, name: str, weight: int = 0) -> str:
    """One row and one announcement."""
    session.connection().execute(
        text("INSERT INTO topic(name, head_seq, min_seq) VALUES (:n, 0, 0)"),
        {"n": name + "x" * weight},
    )
    session.effects.announcements.append(Announcement(name, 1, "{}"))
    return name


def put_raw(name: str, weight: int = 0) -> Any:
    """The same by the hot path."""

    def push(connection: Any) -> tuple[str, Effects]:
        connection.execute("INSERT INTO topic VALUES (?, 0, 0)", (name + "x" * weight,))
        return name, Effects([Announcement(name, 1, "{}")])

    return push


def names(session: Session) -> set[str]:
    rows = session.connection().execute(text("SELECT name FROM topic"))
    return {str(row[0]).rstrip("x") for row in rows}


def announced(told: list[Effects]) -> list[str]:
    return [one.topic for effects in told for one in effects.announcements]


@pytest.fixture
def commits(database: Database) -> Iterator[list[str]]:
    """A line for each COMMIT of the writer."""
    seen: list[str] = []

    @event.listens_for(database.writer, "commit")
    def note(_connection: Any) -> None:
        seen.append("COMMIT")

    yield seen
    event.remove(database.writer, "commit", note)


class Gate:
    """Holds the writer inside an action until opened, so that others must wait together."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self.go = threading.Event()

    def hold(self, session: WriteSession) -> None:
        self.inside.set()
        assert self.go.wait(10)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self.inside.wait, 10)


async def together(database: Database, *work: Any) -> list[Any]:
    """Run all of `work` in one group: they queue up while the writer is held."""
    gate = Gate()
    held = asyncio.create_task(database.write(SYSTEM, gate.hold))
    await gate.entered()
    tasks = [asyncio.create_task(one) for one in work]
    await until(lambda: database.waiting_now >= len(work))
    gate.go.set()
    return (await asyncio.gather(held, *tasks, return_exceptions=True))[1:]


async def test_waiting_actions_share_one_commit(
    database: Database, commits: list[str], told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    work = [database.write(SYSTEM, put, f"t{number}") for number in range(20)]
    results = await together(database, *work)
    assert results == [f"t{number}" for number in range(20)]
    assert commits == ["COMMIT"]
    assert len(announced(told)) == 20


async def test_a_group_has_a_bound(database: Database, commits: list[str]) -> None:
    database.writing.group, database.writing.group_ms = 4, 10_000
    await together(database, *(database.write(SYSTEM, put, f"t{n}") for n in range(7)))
    assert len(commits) == 2


async def test_a_failing_action_falls_alone(database: Database, told: list[Effects]) -> None:
    database.writing.group_ms = 10_000

    def refuse(session: WriteSession) -> None:
        put(session, "never")
        raise DomainError("no")

    def refuse_raw(connection: Any) -> Any:
        connection.execute("INSERT INTO topic VALUES ('never_raw', 0, 0)")
        raise DomainError("no_raw")

    results = await together(
        database,
        database.write(SYSTEM, put, "before"),
        database.write(SYSTEM, refuse),
        write_raw(database, refuse_raw),
        write_raw(database, put_raw("raw")),
        database.write(SYSTEM, put, "after"),
    )
    assert [getattr(one, "code", one) for one in results] == [
        "before",
        "no",
        "no_raw",
        "raw",
        "after",
    ]
    assert await database.read(names) == {"before", "raw", "after"}
    assert set(announced(told)) == {"before", "raw", "after"}


async def test_a_failed_commit_fails_all_and_nothing_is_announced(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000

    def fail(_connection: Any) -> None:
        raise pysqlite3.OperationalError("disk I/O error")

    event.listen(database.writer, "commit", fail)
    results: Any = await asyncio.gather(
        database.write(SYSTEM, put, "a"),
        write_raw(database, put_raw("b")),
        return_exceptions=True,
    )
    event.remove(database.writer, "commit", fail)
    assert [(one.code, one.status) for one in results] == [("storage_failed", 507)] * 2
    assert results[0] is not results[1], "each holds the frames of who raised it"
    assert {str(one.__cause__) for one in results} == {"disk I/O error"}
    assert told == []
    assert await database.read(names) == set()
    assert await database.write(SYSTEM, put, "later") == "later"
    assert await database.read(names) == {"later"}


@pytest.mark.parametrize(
    ("trouble", "kind", "told"),
    [
        (Busy(retry_after=7), Busy, {"code": "busy", "status": 503, "retry_after": 7}),
        (DomainError("full", 507, need=3), DomainError, {"code": "full", "params": {"need": 3}}),
        (Invalid("title", "long"), Invalid, {"code": "long", "params": {"field": "title"}}),
        (pysqlite3.OperationalError("database is locked"), Busy, {"code": "busy"}),
        (ValueError("odd"), RuntimeError, {"args": ("ValueError('odd')",)}),
    ],
)
def test_the_trouble_of_a_group_is_an_error_for_each(
    trouble: Exception, kind: type[Exception], told: dict[str, Any]
) -> None:
    group = [Action(lambda *_: None, cast(Any, None)) for _ in range(2)]
    writer._fail(group, trouble)
    errors = [one.error for one in group]
    assert errors[0] is not errors[1]
    for error in errors:
        assert type(error) is kind
        assert error.__cause__ is trouble
        assert {name: getattr(error, name) for name in told} == told


async def test_too_much_waiting_is_refused_at_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "small.sqlite3", waiting=2)
    database.start()
    gate = Gate()
    held = asyncio.create_task(database.write(SYSTEM, gate.hold))
    await gate.entered()
    two = [asyncio.create_task(database.write(SYSTEM, lambda session: 1)) for _ in range(2)]
    await until(lambda: database.waiting_now == 2)
    with pytest.raises(Busy):
        await database.write(SYSTEM, lambda session: 1)
    gate.go.set()
    assert await asyncio.gather(*two) == [1, 1]
    await held
    await asyncio.to_thread(database.stop)
    with pytest.raises(Busy):
        await database.write(SYSTEM, lambda session: 1)


async def test_readers_cannot_write(database: Database) -> None:
    def sneak(session: Session) -> None:
        session.connection().execute(text("INSERT INTO topic VALUES ('x', 0, 0)"))

    with pytest.raises(sqlalchemy.exc.OperationalError, match="readonly"):
        await database.read(sneak)


async def test_a_reader_sees_one_snapshot(database: Database) -> None:
    await database.write(SYSTEM, put, "first")
    read_once, go_on = threading.Event(), threading.Event()

    def twice(session: Session) -> tuple[set[str], set[str]]:
        before = names(session)
        read_once.set()
        assert go_on.wait(10)
        return before, names(session)

    reading = asyncio.create_task(database.read(twice))
    assert await asyncio.to_thread(read_once.wait, 10)
    await database.write(SYSTEM, put, "second")
    go_on.set()
    assert await reading == ({"first"}, {"first"})


def limit_pages(database: Database, more: int) -> None:
    """Let the file grow by `more` pages only, as a small disk would."""
    with database.writer.connect() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
        limit = pages + more if more >= 0 else 1_000_000
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")


@pytest.mark.parametrize("raw", [False, True])
async def test_a_full_disk_acknowledges_nothing_and_recovers(
    closed_database: Database, told: list[Effects], raw: bool
) -> None:
    database = closed_database
    limit_pages(database, 6)
    database.start()
    database.writing.group_ms = 10_000

    def one(name: str, weight: int = 0) -> Any:
        if raw:
            return write_raw(database, put_raw(name, weight))
        return database.write(SYSTEM, put, name, weight)

    results = await together(
        database, one("small1"), one("big", 10 * 4096), one("small2"), one("small3")
    )
    codes = [getattr(one, "code", one) for one in results]
    stored = await database.read(names)
    assert codes[1] == "disk_full"
    acknowledged = {one for one in codes if str(one).startswith("small")}
    assert acknowledged <= stored, "acknowledged and lost"
    assert stored <= acknowledged, "stored and not acknowledged"
    assert set(announced(told)) == acknowledged
    assert await one("after") == "after", "the writer did not recover"
    assert await database.read(names) == stored | {"after"}


def take_all_along(connection: Any) -> Any:
    """As SQLite does after some full disks: nothing of the transaction is left."""
    connection.execute("ROLLBACK")
    raise pysqlite3.OperationalError("database or disk is full")


async def test_an_action_that_takes_the_transaction_along_fails_alone(
    database: Database, told: list[Effects], commits: list[str]
) -> None:
    database.writing.group_ms = 10_000
    refused: list[int] = []

    def refuse(session: WriteSession) -> None:
        refused.append(1)
        put(session, "never")
        raise DomainError("no")

    results = await together(
        database,
        database.write(SYSTEM, put, "before"),
        write_raw(database, put_raw("raw")),
        database.write(SYSTEM, refuse),
        write_raw(database, take_all_along),
        database.write(SYSTEM, put, "after"),
    )
    codes = [getattr(one, "code", one) for one in results]
    assert codes == ["before", "raw", "no", "disk_full", "after"]
    assert len(refused) == 2
    assert await database.read(names) == {"before", "raw", "after"}
    assert sorted(announced(told)) == ["after", "before", "raw"]


async def test_where_nothing_fits_all_of_a_group_fail_and_the_writer_goes_on(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    tries: list[int] = []

    def second_time(connection: Any) -> Any:
        tries.append(1)
        if len(tries) == 2:
            take_all_along(connection)
        return put_raw("later")(connection)

    results = await together(
        database,
        database.write(SYSTEM, put, "before"),
        write_raw(database, second_time),
        write_raw(database, take_all_along),
    )
    assert [one.code for one in results] == ["disk_full"] * 3
    assert len(tries) == 2
    assert told == []
    assert await database.read(names) == set()
    assert await database.write(SYSTEM, put, "after") == "after"
    assert await database.read(names) == {"after"}


async def test_a_locked_database_is_busy(tmp_path: Path) -> None:
    database = Database(tmp_path / "locked.sqlite3", lock_ms=20)
    database.start()
    other = pysqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        await database.write(SYSTEM, lambda session: 1)
    other.execute("ROLLBACK")
    assert await database.write(SYSTEM, lambda session: 1) == 1
    other.close()
    await asyncio.to_thread(database.stop)


async def test_moving_rights_are_known_to_the_writer_at_once(database: Database) -> None:
    seen: list[bool] = []
    others: list[bool] = []

    def move(session: WriteSession) -> None:
        session.effects.rights_changed.append((None, "person"))

    def look(connection: Any) -> tuple[None, Effects]:
        seen.append(database.rights_settled(0, "layer:one", "person"))
        others.append(database.rights_settled(0, "layer:one", "other"))
        return None, Effects()

    database.writing.group_ms = 10_000
    await together(
        database,
        write_raw(database, look),
        database.write(SYSTEM, move),
        write_raw(database, look),
    )
    await write_raw(database, look)
    assert seen == [True, False, False]
    assert others == [True, True, True]
    assert database.rights_epoch == 1


async def test_rights_that_moved_are_told_apart_by_topic_and_person(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(session: WriteSession, topic: str | None, person: str | None) -> None:
        session.effects.rights_changed.append((topic, person))

    await database.write(SYSTEM, move, "layer:one", None)
    await database.write(SYSTEM, move, None, "binh")
    await database.write(SYSTEM, move, "layer:two", "an")
    held = database.rights_held
    assert [held(epoch, "layer:one", "an") for epoch in range(4)] == [False, True, True, True]
    assert [held(epoch, "layer:three", "binh") for epoch in range(4)] == [False, False, True, True]
    assert [held(epoch, "layer:two", "chi") for epoch in range(4)] == [False, False, False, True]
    assert held(0, "layer:three", "an")
    monkeypatch.setattr(database_module, "RIGHTS_NOTED", 2)
    await database.write(SYSTEM, move, "layer:four", None)
    assert not held(3, "layer:three", "an")
    assert held(4, "layer:one", "an")
    assert held(4, "layer:four", "an")


async def test_pages_in_memory_are_let_go_and_read_again(database: Database) -> None:
    await database.write(SYSTEM, put, "one")
    await database.forget_pages()
    await database.write(SYSTEM, put, "two")
    assert await database.read(names) == {"one", "two"}


async def test_a_listener_that_fails_keeps_nobody_waiting(database: Database) -> None:
    def fail(effects: Effects) -> None:
        raise RuntimeError("defect")

    database.wiring.on_committed = fail
    async with asyncio.timeout(10):
        assert await database.write(SYSTEM, put, "x") == "x"


async def test_jobs_of_an_action_wake_the_workers(database: Database, told: list[Effects]) -> None:
    await database.write(SYSTEM, enqueue, "kind", {})
    assert [one.jobs_waiting for one in told] == [True]


async def test_what_was_waiting_at_the_end_is_still_done(database: Database) -> None:
    writes = [asyncio.create_task(database.write(SYSTEM, put, f"t{n}")) for n in range(50)]
    await asyncio.sleep(0)  # each has put its action in the queue
    await asyncio.to_thread(database.stop)
    assert len(await asyncio.gather(*writes)) == 50


async def test_the_writer_runs_with_full_synchronous(database: Database) -> None:
    with database.reader.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1


async def test_reads_beyond_the_bound_are_refused_at_once(database: Database) -> None:
    go = threading.Event()

    def look(session: Session) -> bool:
        return go.wait(60)

    database.reads_waiting = 2
    held = [asyncio.ensure_future(database.read(look)) for _ in range(database.readers + 2)]
    await asyncio.sleep(0)
    try:
        for _ in range(3):
            with pytest.raises(Busy):
                await database.read(names)
        held[-1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await held.pop()
        waits = asyncio.ensure_future(database.read(names))
        await asyncio.sleep(0)
    finally:
        go.set()
    assert await asyncio.gather(*held) == [True] * len(held)
    assert await waits == set()
