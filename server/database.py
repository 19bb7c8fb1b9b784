"""One SQLite file, one writer thread, a few reader threads.

Database work is plain synchronous code: an action takes a `WriteSession` and never commits.
`Database.write` runs actions on the writer thread; those that wait share one transaction with a
savepoint each and one COMMIT (group commit), and only after that COMMIT are they answered and
their changes announced. A failed COMMIT fails them all. An action has no effect outside its
session and may run twice.

The WAL is written with `synchronous=FULL`: what is answered is on the disk
(https://sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pysqlite3
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session

from server import clock
from server.errors import Busy, DomainError
from server.identity import SYSTEM, Actor

P = ParamSpec("P")
R = TypeVar("R")

OLDEST_SQLITE = (3, 51, 3)
"""3.7.0 to 3.51.2 have a WAL-reset bug that can lose acknowledged commits."""

CHECKPOINT_PAGES = 4000
"""About 16 MB of WAL before the writer folds it back; a smaller one stalls pushes more often."""


@dataclass(frozen=True)
class Fact:
    """Something that happened. Features subclass it; `reactions.py` says who reacts."""


@dataclass(frozen=True)
class Announcement:
    """A committed change on its way to a topic's followers; `frame` is encoded once for all."""

    topic: str
    seq: int
    frame: str


@dataclass
class Effects:
    """What an action leaves behind besides rows, told on the event loop after the COMMIT.

    `rights_changed`: (topic, person) pairs whose subscriptions must be asked again; a person of
    None means everybody on the topic, a topic of None everything of the person.
    """

    announcements: list[Announcement] = field(default_factory=list)
    rights_changed: list[tuple[str | None, str | None]] = field(default_factory=list)
    sessions_ended: list[str] = field(default_factory=list)
    jobs_waiting: bool = False


class WriteSession(Session):
    """The session of one action, with what the action did besides rows."""

    actor: Actor = SYSTEM

    def __init__(self, bind: Connection, actor: Actor) -> None:
        super().__init__(bind=bind, join_transaction_mode="create_savepoint")
        self.actor = actor
        self.facts: list[Fact] = []
        self.effects = Effects()

    def record(self, fact: Fact) -> None:
        """Say that something happened; reactions run before the COMMIT."""
        self.facts.append(fact)


@dataclass
class _Waiting:
    run: Callable[[Connection], tuple[Any, Effects]]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None
    effects: Effects | None = None


@dataclass
class Wiring:
    """What `app.py` hands down: how facts are entered and who hears of a COMMIT."""

    on_facts: Callable[[WriteSession, Sequence[Fact]], None] = lambda session, facts: None
    on_committed: Callable[[Effects], None] = lambda effects: None


def _prepare(engine: Engine, *, writer: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA cache_size=-16000")
        if writer:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def _engine(path: Path, *, writer: bool, size: int) -> Engine:
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}",
        module=pysqlite3.dbapi2,
        connect_args={"check_same_thread": False},
        poolclass=sqlalchemy.pool.QueuePool,
        pool_size=size,
        max_overflow=0,
    )
    _prepare(engine, writer=writer)
    return engine


def _as_domain_error(error: BaseException) -> BaseException:
    cause = error.__cause__ or error
    text = str(cause)
    if isinstance(error, sqlalchemy.exc.OperationalError | pysqlite3.OperationalError):
        if "disk is full" in text:
            return DomainError("disk_full", 507)
        if "disk I/O error" in text or "readonly database" in text:
            return DomainError("storage_failed", 507)
    return error


@dataclass
class Database:
    """The open database; `start` it inside the event loop, `stop` it before leaving."""

    path: Path
    group: int = 64
    group_ms: float = 5
    waiting: int = 5000
    readers: int = 4
    wiring: Wiring = field(default_factory=Wiring)

    def __post_init__(self) -> None:
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(maxsize=self.waiting)
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(self.readers, thread_name_prefix="reader")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.writer = _engine(self.path, writer=True, size=1)
        self.reader = _engine(self.path, writer=False, size=self.readers)
        self._require_safe_sqlite()

    def _require_safe_sqlite(self) -> None:
        found = tuple(int(part) for part in pysqlite3.sqlite_version.split("."))
        if found < OLDEST_SQLITE:
            raise RuntimeError(f"SQLite {pysqlite3.sqlite_version} can lose acknowledged commits")
        with self.writer.connect() as connection:
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        if (level, mode) != (2, "wal"):
            raise RuntimeError(f"SQLite runs with synchronous={level}, journal_mode={mode}")

    def start(self) -> None:
        """Start the writer thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_groups, name="writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let the writer finish what waits, then close every connection."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        self._pool.shutdown(wait=True)
        self.reader.dispose()
        self.writer.dispose()

    async def read(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a query on a reader thread against one consistent snapshot."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self.read_now(query, *args, **kwargs))

    def read_now(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same on the calling thread."""
        with (
            self.reader.connect() as connection,
            connection.begin(),
            Session(bind=connection) as session,
        ):
            return query(session, *args, **kwargs)

    async def write(
        self,
        actor: Actor,
        action: Callable[Concatenate[WriteSession, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run an action on the writer thread; returns after its COMMIT.

        Raises what the action raised (its rows are gone then), `Busy` when too much waits,
        `disk_full` when nothing could be made durable.
        """

        def run(connection: Connection) -> tuple[R, Effects]:
            with WriteSession(connection, actor) as session:
                result = action(session, *args, **kwargs)
                session.flush()
                self.wiring.on_facts(session, session.facts)
                session.commit()
                return result, session.effects

        return await self._submit(run)  # type: ignore[no-any-return]

    async def write_raw(self, action: Callable[[Any], tuple[R, Effects]]) -> R:
        """The hot path: `action` gets the writer's own DB-API connection inside a savepoint.

        For the annotation push alone; everything else goes through `write`.
        """

        def run(connection: Connection) -> tuple[R, Effects]:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("SAVEPOINT push")
            try:
                result = action(raw)
            except BaseException:
                raw.execute("ROLLBACK TO push")
                raw.execute("RELEASE push")
                raise
            raw.execute("RELEASE push")
            return result

        return await self._submit(run)  # type: ignore[no-any-return]

    async def _submit(self, run: Callable[[Connection], tuple[Any, Effects]]) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        try:
            self._queue.put_nowait(_Waiting(run, future, loop))
        except queue.Full:
            raise Busy() from None
        return await future

    def write_now(
        self,
        actor: Actor,
        action: Callable[Concatenate[WriteSession, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """For the command line, where no writer thread runs: one action, one COMMIT."""
        with self.writer.connect() as connection, connection.begin():
            with WriteSession(connection, actor) as session:
                result = action(session, *args, **kwargs)
                session.flush()
                self.wiring.on_facts(session, session.facts)
                session.commit()
            return result

    def _write_groups(self) -> None:
        with self.writer.connect() as connection:
            while True:
                first = self._queue.get()
                if first is None:
                    return
                stop = self._write_group(connection, first)
                if stop:
                    return

    def _write_group(self, connection: Connection, first: _Waiting) -> bool:
        members = [first]
        stop = False
        try:
            transaction = connection.begin()
        except Exception as error:
            first.error = _as_domain_error(error)
            connection.rollback()
            self._answer(members)
            return False
        deadline = clock.monotonic() + self.group_ms / 1000
        self._run_one(connection, first)
        while len(members) < self.group and clock.monotonic() < deadline:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                stop = True
                break
            members.append(waiting)
            self._run_one(connection, waiting)
        try:
            transaction.commit()
        except Exception as error:
            connection.rollback()
            failure = _as_domain_error(error)
            for member in members:
                member.error = member.error or failure
        self._answer(members)
        return stop

    def _run_one(self, connection: Connection, waiting: _Waiting) -> None:
        try:
            waiting.result, waiting.effects = waiting.run(connection)
        except BaseException as error:
            waiting.error = _as_domain_error(error)

    def _answer(self, members: list[_Waiting]) -> None:
        loop = members[0].loop
        try:
            loop.call_soon_threadsafe(self._deliver, members)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def _deliver(self, members: list[_Waiting]) -> None:
        for member in members:
            if member.error is None and member.effects is not None:
                self.wiring.on_committed(member.effects)
        for member in members:
            if member.future.cancelled():
                continue
            if member.error is not None:
                member.future.set_exception(member.error)
            else:
                member.future.set_result(member.result)
