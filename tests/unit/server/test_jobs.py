"""Durable work: lease, retry, takeover, unique, and what a stop in the middle leaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.database import Database, WriteSession
from server.identity import SYSTEM
from server.jobs import queue
from server.jobs.queue import Held, Jobs, Lane, enqueue, reclaim, take_up_again
from tests.harness.server import until

KINDS = ("work",)


def rows(session: Session) -> list[tuple[Any, ...]]:
    found = session.connection().execute(text("SELECT kind, state, attempts FROM job ORDER BY id"))
    return [tuple(row) for row in found]


def lease(database: Database, seconds: int = 60) -> Held | None:
    return database.write_now(SYSTEM, queue._lease, KINDS, clock.unix_ms() + seconds * 1000)


class Bench:
    """A handler that notes what it got and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.got: list[Mapping[str, Any]] = []
        self.aside: list[Mapping[str, Any]] = []

    async def work(self, payload: Mapping[str, Any]) -> None:
        self.got.append(payload)
        if self.failures:
            self.failures -= 1
            raise ValueError("not today")

    async def give_up(self, payload: Mapping[str, Any]) -> None:
        self.aside.append(payload)


@asynccontextmanager
async def working(database: Database, bench: Any, attempts: int = 3) -> AsyncIterator[Jobs]:
    jobs = Jobs(database, [Lane({"work": bench.work}, 1, {"work": bench.give_up})])
    jobs.attempts = attempts
    jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop()


async def test_a_job_is_done_once_and_then_gone(database: Database) -> None:
    bench = Bench()
    await database.write(SYSTEM, enqueue, "work", {"số": 1})
    async with working(database, bench) as jobs:
        await until(lambda: bench.got)
        await until(lambda: not database.read_now(rows))
        assert await jobs.counts() == {}
    assert bench.got == [{"số": 1}]


def test_a_job_exists_exactly_when_its_reason_does(closed_database: Database) -> None:
    def fail(session: WriteSession) -> None:
        enqueue(session, "work", {})
        raise ValueError("no")

    with suppress(ValueError):
        closed_database.write_now(SYSTEM, fail)
    assert closed_database.read_now(rows) == []


def test_two_workers_never_hold_the_same_job(closed_database: Database) -> None:
    closed_database.write_now(SYSTEM, enqueue, "work", {})
    assert lease(closed_database) is not None
    assert lease(closed_database) is None


def test_a_silent_worker_loses_its_job_and_can_no_longer_touch_it(
    closed_database: Database,
) -> None:
    database = closed_database
    database.write_now(SYSTEM, enqueue, "work", {})
    slow = lease(database, seconds=-1)
    quick = lease(database)
    assert slow is not None
    assert quick is not None
    assert slow.job == quick.job
    database.write_now(SYSTEM, queue._finish, slow)
    database.write_now(SYSTEM, queue._fail, slow, "late", None)
    database.write_now(SYSTEM, queue._give_back, slow)
    assert database.read_now(rows) == [("work", "running", 2)]
    database.write_now(SYSTEM, queue._finish, quick)
    assert database.read_now(rows) == []


async def test_a_failing_job_comes_again_later_and_is_laid_aside_in_the_end(
    database: Database,
) -> None:
    bench = Bench(failures=99)
    moment = [1_000_000.0]
    with clock.replaced(wall=lambda: moment[0]):
        await database.write(SYSTEM, enqueue, "work", {"a": 1})
        async with working(database, bench) as jobs:
            for tries in (1, 2, 3):
                await until(lambda tries=tries: len(bench.got) == tries)
                state = "waiting" if tries < 3 else "failed"
                wanted = [("work", state, tries)]
                await until(lambda wanted=wanted: database.read_now(rows) == wanted)
                moment[0] += 60
                jobs.wake()
            await until(lambda: bench.aside)
    assert bench.aside == [{"a": 1}]


async def test_a_job_that_kills_its_workers_is_not_started_for_ever(database: Database) -> None:
    bench = Bench()
    await database.write(SYSTEM, enqueue, "work", {})
    for _ in range(3):
        await database.write(SYSTEM, queue._lease, KINDS, clock.unix_ms() + 60_000)
        await database.write(SYSTEM, reclaim)
    async with working(database, bench):
        await until(lambda: bench.aside)
    assert bench.got == []
    assert await database.read(rows) == [("work", "failed", 4)]


async def laid_aside(database: Database, deaths: int = 3) -> None:
    """Let workers die with the job until it is laid aside."""
    for _ in range(deaths):
        await database.write(SYSTEM, queue._lease, KINDS, clock.unix_ms() + 60_000)
        await database.write(SYSTEM, reclaim)
    bench = Bench()
    async with working(database, bench):
        await until(lambda: bench.aside)


async def test_a_job_that_goes_on_killing_its_workers_is_taken_up_once_a_day(
    database: Database,
) -> None:
    moment = [1_000_000.0]
    with clock.replaced(wall=lambda: moment[0]):
        await database.write(SYSTEM, enqueue, "work", {"a": 1})
        await laid_aside(database)
        await database.write(SYSTEM, take_up_again, KINDS)
        for _ in range(2):
            await laid_aside(database)
            await database.write(SYSTEM, take_up_again, KINDS)
            assert database.read_now(rows) == [("work", "waiting", 0)]
            moment[0] += 23 * 3600
            await database.write(SYSTEM, take_up_again, KINDS)
            assert await database.write(SYSTEM, queue._lease, KINDS, 0) is None
            moment[0] += 3600
        # One that fails without harm is taken up at once, as before.
        bench = Bench(failures=1)
        async with working(database, bench, attempts=1):
            await until(lambda: bench.aside)
        await database.write(SYSTEM, take_up_again, KINDS)
        assert await database.write(SYSTEM, queue._lease, KINDS, 0) is not None


async def test_a_worker_that_is_stopped_while_it_takes_a_job_gives_it_back(
    database: Database,
) -> None:
    database.write_now(SYSTEM, enqueue, "work", {})
    held, free = threading.Event(), threading.Event()

    def hold(_session: WriteSession) -> None:
        held.set()
        free.wait(30)

    holding = asyncio.create_task(database.write(SYSTEM, hold))
    await until(held.is_set)
    bench = Bench()
    jobs = Jobs(database, [Lane({"work": bench.work})])
    jobs.start()
    await until(lambda: database.writing.waiting_now > 0)
    stopping = asyncio.create_task(jobs.stop())
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(holding, stopping)
    await database.write(SYSTEM, lambda _session: None)  # behind all that waited
    assert database.read_now(rows) == [("work", "waiting", 0)]
    assert bench.got == []


async def test_a_planned_stop_gives_the_job_back_without_counting(database: Database) -> None:
    inside = asyncio.Event()

    class Long(Bench):
        async def work(self, payload: Mapping[str, Any]) -> None:
            inside.set()
            await asyncio.Event().wait()

    await database.write(SYSTEM, enqueue, "work", {})
    async with working(database, Long()):
        await inside.wait()
    assert await database.read(rows) == [("work", "waiting", 0)]


def test_an_equal_unique_job_is_enough_until_it_is_begun(closed_database: Database) -> None:
    database = closed_database
    for _ in range(2):
        database.write_now(SYSTEM, enqueue, "work", {}, unique="one")
    assert lease(database) is not None
    assert lease(database) is None
    database.write_now(SYSTEM, enqueue, "work", {}, unique="one")
    assert lease(database) is not None


def test_work_for_later_waits(closed_database: Database) -> None:
    with clock.replaced(wall=lambda: 1000.0):
        closed_database.write_now(SYSTEM, enqueue, "work", {}, after_ms=5000)
        assert lease(closed_database) is None
    with clock.replaced(wall=lambda: 1006.0):
        assert lease(closed_database) is not None
