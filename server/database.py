"""One SQLite file, one writer thread, a few reader threads.

Database work is plain synchronous code: an action takes a `WriteSession` and never commits.
`Database.write` runs actions on the writer thread; those that wait share one transaction with a
savepoint each and one COMMIT (group commit), and only after that COMMIT are they answered and
their changes announced. A failed COMMIT fails them all. An action has no effect outside its
session and may run twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy.engine import Connection
from sqlmodel import Session

from server import clock
from server.errors import Busy, DomainError
from server.identity import SYSTEM, Actor
from server.sqlite import as_domain_error, open_engine, raw_of, require_safe_sqlite

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

FOLD_MS = 100
"""How long the writer waits for readers when it empties the WAL, and the pause between tries."""
FOLD_TRIES = 100
RIGHTS_NOTED = 20_000
"""Topics and people whose rights moved that are told apart; beyond it all are asked again once."""
_SHRINK = "PRAGMA shrink_memory"


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
    alone: bool = False
    """Outside of any transaction, between two of them."""


@dataclass
class Wiring:
    """What `app.py` hands down: how facts are entered and who hears of a COMMIT."""

    on_facts: Callable[[WriteSession, Sequence[Fact]], None] = lambda session, facts: None
    on_committed: Callable[[Effects], None] = lambda effects: None


@dataclass
class Database:
    """The open database; `start` it inside the event loop, `stop` it before leaving."""

    path: Path
    group: int = 64
    group_ms: float = 5
    waiting: int = 5000
    readers: int = 4
    reads_waiting: int = 5000
    """Queries that wait for a reader, some seconds of them; beyond it `Busy`."""
    lock_ms: int = 10_000
    """How long another process (the command line) may hold the file before `Busy`."""
    wiring: Wiring = field(default_factory=Wiring)
    rights_epoch: int = 0
    """Grows with every COMMIT that moved somebody's rights."""
    written_at: float = 0.0
    """The monotonic moment of the last group."""

    def __post_init__(self) -> None:
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(maxsize=self.waiting)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._rights_moving: set[str] = set()
        self._rights_moved: dict[str, int] = {}
        self._rights_moved_before = 0
        self._writing: Connection | None = None
        self._put_off: _Waiting | None = None
        self._reads = 0
        self._pool = ThreadPoolExecutor(self.readers, thread_name_prefix="reader")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.lock_ms
        self.writer = open_engine(self.path, writer=True, size=1, lock_ms=lock)
        self.reader = open_engine(self.path, writer=False, size=self.readers, lock_ms=lock)
        require_safe_sqlite(self.writer)

    def start(self) -> None:
        """Start the writer thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_groups, name="writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let the writer finish what waits, then close every connection; `Busy` from then on."""
        self._stopping = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        if self._put_off is not None:
            self._put_off.error = Busy()
            self._answer([self._put_off])
        with contextlib.suppress(queue.Empty):
            while late := self._queue.get_nowait():
                late.error = Busy()
                self._answer([late])
        self._pool.shutdown(wait=True)
        self.reader.dispose()
        self.writer.dispose()

    async def read(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a query on a reader thread against one consistent snapshot. Raises `Busy` when too
        many wait."""
        if self._reads >= self.readers + self.reads_waiting:
            raise Busy()
        loop = asyncio.get_running_loop()
        self._reads += 1
        try:
            return await loop.run_in_executor(
                self._pool, lambda: self.read_now(query, *args, **kwargs)
            )
        finally:
            self._reads -= 1

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
                for topic, person in session.effects.rights_changed:
                    self._rights_moving.add(topic or person or "")
                return result, session.effects

        return await self._submit(run)  # type: ignore[no-any-return]

    def put_raw(self, action: Callable[[Any], tuple[R, Effects]]) -> asyncio.Future[R]:
        """The hot path: `action` gets the writer's own DB-API connection inside a savepoint.

        In the queue when this returns, so that actions run, and are answered, in the order of
        the calls. For the annotation push alone; everything else goes through `write`.
        """

        def run(connection: Connection) -> tuple[R, Effects]:
            raw = raw_of(connection)
            raw.execute("SAVEPOINT push")
            try:
                result = action(raw)
            except BaseException:
                raw.execute("ROLLBACK TO push")
                raw.execute("RELEASE push")
                raise
            raw.execute("RELEASE push")
            return result

        return self._submit(run)

    def read_within(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """On the writer thread, inside an action: a query that sees all that was written so far."""
        if self._writing is None:
            raise RuntimeError("nothing is being written")
        with Session(bind=self._writing, join_transaction_mode="rollback_only") as session:
            return query(session, *args, **kwargs)

    async def fold_wal(self) -> None:
        """Fold the WAL back into the database and empty it, so that what was deleted is in neither
        (https://sqlite.org/pragma.html#pragma_wal_checkpoint). Raises `Busy` while a reader still
        looks at an older state."""

        def fold(connection: Connection) -> tuple[bool, Effects]:
            raw = raw_of(connection)
            raw.execute(f"PRAGMA busy_timeout={FOLD_MS}")
            try:
                return not raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0], Effects()
            finally:
                raw.execute(f"PRAGMA busy_timeout={self.lock_ms}")

        for _ in range(FOLD_TRIES):
            if await self._submit(fold, alone=True):
                return
            await asyncio.sleep(FOLD_MS / 1000)
        raise Busy()

    async def committed_elsewhere(self) -> int:
        """A number that changes when another process has committed, and with no COMMIT of ours
        (https://sqlite.org/pragma.html#pragma_data_version)."""

        def look(connection: Connection) -> tuple[int, Effects]:
            return int(raw_of(connection).execute("PRAGMA data_version").fetchone()[0]), Effects()

        version: int = await self._submit(look, alone=True)
        return version

    async def forget_pages(self) -> None:
        """Let every connection free the pages it keeps in memory; they are read again when needed
        (https://sqlite.org/pragma.html#pragma_shrink_memory)."""

        def forget(connection: Connection) -> tuple[None, Effects]:
            raw_of(connection).execute(_SHRINK)
            return None, Effects()

        def forget_read(session: Session) -> None:
            session.connection().exec_driver_sql(_SHRINK)

        await self._submit(forget, alone=True)
        for _ in range(self.readers):  # the pool hands its connections out in turn
            await self.read(forget_read)

    async def write_anew(self) -> None:
        """Copy every living row into a new database and empty the WAL: nothing deleted is left in
        any page. Holds the writer for as long as it takes, some 10 s per GB, and needs as much
        room again on the disk (https://sqlite.org/lang_vacuum.html)."""

        def copy(connection: Connection) -> tuple[None, Effects]:
            raw_of(connection).execute("VACUUM")
            return None, Effects()

        await self._submit(copy, alone=True)
        await self.fold_wal()

    def rights_held(self, epoch: int, topic: str, person: str) -> bool:
        """Whether no committed change has moved rights on the topic, or rights of the person, since
        `rights_epoch` was `epoch`."""
        if epoch == self.rights_epoch:
            return True
        moved, before = self._rights_moved, self._rights_moved_before
        return epoch >= max(before, moved.get(topic, 0), moved.get(person, 0))

    def rights_settled(self, epoch: int, topic: str, person: str) -> bool:
        """On the writer thread: the same, with what is about to be committed."""
        moving = self._rights_moving
        if moving and (topic in moving or person in moving):
            return False
        return self.rights_held(epoch, topic, person)

    @property
    def waiting_now(self) -> int:
        """Actions that wait for the writer."""
        return self._queue.qsize()

    @property
    def is_calm(self) -> bool:
        """Whether the writer keeps up, so that one client may have several actions waiting."""
        return self._queue.qsize() * 2 < self.waiting

    def _submit(
        self, run: Callable[[Connection], tuple[Any, Effects]], *, alone: bool = False
    ) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self._stopping:
            raise Busy()
        try:
            self._queue.put_nowait(_Waiting(run, future, loop, alone=alone))
        except queue.Full:
            raise Busy() from None
        return future

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
        connection: Connection | None = None
        stop = False
        while not stop and (first := self._put_off or self._queue.get()) is not None:
            self._put_off = None
            members = [first]
            try:
                connection = self._writing = connection or self.writer.connect()
                if first.alone:
                    self._run_one(connection, first)
                else:
                    stop = self._write_group(connection, members)
            except Exception as error:
                log.exception("writer_failed")
                _fail(members, as_domain_error(error))
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                    connection = None
            self._answer(members)
        if connection is not None:
            connection.close()

    def _write_group(self, connection: Connection, members: list[_Waiting]) -> bool:
        """Run those who wait in one transaction; True when the writer is to stop after it."""
        stop = False
        try:
            transaction = connection.begin()
        except Exception as error:
            _abandon(connection)
            _fail(members, as_domain_error(error))
            return False
        self.written_at = clock.monotonic()
        deadline = self.written_at + self.group_ms / 1000
        whole = self._run_one(connection, members[0])
        while whole and len(members) < self.group and clock.monotonic() < deadline:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                stop = True
                break
            if waiting.alone:
                self._put_off = waiting
                break
            members.append(waiting)
            whole = self._run_one(connection, waiting)
        try:
            if not whole:
                raise members[-1].error or DomainError("storage_failed", 507)
            transaction.commit()
        except Exception as error:
            _abandon(connection)
            _fail(members, as_domain_error(error))
        if self._rights_moving:
            self._note_moved_rights()
        return stop

    def _note_moved_rights(self) -> None:
        epoch = self.rights_epoch + 1
        if len(self._rights_moved) > RIGHTS_NOTED:
            self._rights_moved_before = epoch
            self._rights_moved = {}
        for key in self._rights_moving:
            self._rights_moved[key] = epoch
        self._rights_moving.clear()
        # Last: whoever sees the new epoch sees what has moved with it.
        self.rights_epoch = epoch

    def _run_one(self, connection: Connection, waiting: _Waiting) -> bool:
        """Run one action. False when SQLite has rolled back the whole transaction with it, those
        before included, as it may after a full disk (https://sqlite.org/lang_transaction.html,
        "Response To Errors Within A Transaction"); a COMMIT would then succeed and keep nothing."""
        try:
            waiting.result, waiting.effects = waiting.run(connection)
        except BaseException as error:
            waiting.error = as_domain_error(error)
        return bool(raw_of(connection).in_transaction)

    def _answer(self, members: list[_Waiting]) -> None:
        # A closed loop: nobody waits any more.
        with contextlib.suppress(RuntimeError):
            members[0].loop.call_soon_threadsafe(self._deliver, members)

    def _deliver(self, members: list[_Waiting]) -> None:
        for member in members:
            if member.error is None and member.effects is not None:
                try:
                    self.wiring.on_committed(member.effects)
                except Exception:
                    log.exception("announcing_failed")
        for member in members:
            if member.future.done():
                continue
            if member.error is not None:
                member.future.set_exception(member.error)
            else:
                member.future.set_result(member.result)


def _abandon(connection: Connection) -> None:
    """Roll back, also where SQLAlchemy takes a transaction for done whose COMMIT has failed."""
    connection.rollback()
    raw = raw_of(connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def _fail(members: list[_Waiting], error: BaseException) -> None:
    for member in members:
        member.error = member.error or error
