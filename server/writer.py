"""The one thread that writes: what waits shares one transaction and one COMMIT (group commit).

Only after that COMMIT is anything answered and announced; a failed COMMIT fails all of its group.
An action that takes the transaction of all with it (a full disk) fails alone: the others run again.
Measured on two cores, 300 strokes at once: a group of one costs 260 µs a stroke, one of five 136,
one of twenty 127, of which SQLAlchemy's own begin and commit are 40 µs a group. So a group of raw
actions alone begins and commits on the driver's connection (docs/decisions/sync-0002).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine, RootTransaction

from server import clock
from server.errors import Busy, DomainError
from server.sqlite import as_domain_error, raw_of

log = structlog.get_logger(__name__)


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


Answered = Callable[[Any, BaseException | None], None]
"""Told on the event loop, after the COMMIT and its announcements: the result, or the error."""


@dataclass(slots=True)
class Action:
    """Something that waits for the writer. `run` gets SQLAlchemy's connection; that of a `raw` one
    the driver's, inside a savepoint."""

    run: Callable[[Any], tuple[Any, Effects]]
    answered: Answered
    loop: asyncio.AbstractEventLoop
    raw: bool = False
    alone: bool = False
    """Outside of any transaction, between two of them."""
    result: Any = None
    error: BaseException | None = None
    effects: Effects | None = None


@dataclass
class Writer:
    """The thread with its queue. `settled` is called on it after each COMMIT or its failure,
    `committed` on the event loop with the effects of each action."""

    engine: Engine
    group: int
    group_ms: float
    waiting: int
    settled: Callable[[], None]
    committed: Callable[[Effects], None]
    written_at: float = 0.0
    """The monotonic moment of the last group."""

    def __post_init__(self) -> None:
        self._queue: queue.Queue[Action | None] = queue.Queue(maxsize=self.waiting)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._put_off: Action | None = None
        self._connection: Connection | None = None
        self._transaction: RootTransaction | None = None

    def start(self) -> None:
        """Start the thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_groups, name="writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish what waits; `Busy` from then on."""
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

    def put(self, action: Action) -> None:
        """In the queue when this returns; raises `Busy` when too much waits."""
        if self._stopping:
            raise Busy()
        try:
            self._queue.put_nowait(action)
        except queue.Full:
            raise Busy() from None

    @property
    def waiting_now(self) -> int:
        """Actions that wait."""
        return self._queue.qsize()

    def transact(self) -> Connection:
        """On the writer thread, inside an action: SQLAlchemy's connection in the transaction of
        this group, where a session can join it."""
        if self._connection is None:
            raise RuntimeError("nothing is being written")
        if self._transaction is None:
            self._transaction = self._connection.begin()
        return self._connection

    def _write_groups(self) -> None:
        stop = False
        while not stop and (first := self._put_off or self._queue.get()) is not None:
            self._put_off = None
            members = [first]
            try:
                connection = self._connection = self._connection or self.engine.connect()
                if first.alone:
                    _run(first, connection)
                else:
                    stop = self._write_group(connection, members)
            except Exception as error:
                log.exception("writer_failed")
                _fail(members, as_domain_error(error))
                if self._connection is not None:
                    self._connection.invalidate()
                    self._connection.close()
                self._connection = self._transaction = None
            self._answer(members)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write_group(self, connection: Connection, members: list[Action]) -> bool:
        """Run those who wait in one transaction; True when the writer is to stop after it."""
        stop = False
        raw = raw_of(connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
        except Exception as error:
            _abandon(connection)
            _fail(members, as_domain_error(error))
            return False
        self.written_at = clock.monotonic()
        deadline = self.written_at + self.group_ms / 1000
        whole = self._run_one(raw, members[0])
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
            whole = self._run_one(raw, waiting)
        if whole:
            self._commit(connection, members)
        else:
            self._go_on_without_last(connection, members)
        self.settled()
        return stop

    def _commit(self, connection: Connection, members: list[Action]) -> None:
        transaction, self._transaction = self._transaction, None
        try:
            if transaction is not None:
                transaction.commit()
            else:
                raw_of(connection).execute("COMMIT")
        except Exception as error:
            _abandon(connection)
            _fail(members, as_domain_error(error))

    def _go_on_without_last(self, connection: Connection, members: list[Action]) -> None:
        """The last one took the transaction of all with it. What the others did would fit: they run
        once more, without it. Where one of them does the same, nothing fits, and all fail."""
        *others, lost = members
        self._transaction = None
        _abandon(connection)
        _fail([lost], _nothing_kept())
        if not others:
            return
        for one in others:
            one.result = one.error = one.effects = None
        raw = raw_of(connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
            for one in others:
                if not self._run_one(raw, one):
                    raise one.error or _nothing_kept()
        except Exception as error:
            self._transaction = None
            _abandon(connection)
            _fail(others, as_domain_error(error))
        else:
            self._commit(connection, others)

    def _run_one(self, raw: Any, action: Action) -> bool:
        """Run one action. False when SQLite has rolled back the whole transaction with it, those
        before included, as it may after a full disk (https://sqlite.org/lang_transaction.html,
        "Response To Errors Within A Transaction"); a COMMIT would then succeed and keep nothing."""
        if action.raw:
            _run_raw(action, raw)
        else:
            try:
                connection = self.transact()
            except Exception as error:
                action.error = as_domain_error(error)
                return False
            _run(action, connection)
        return bool(raw.in_transaction)

    def _answer(self, members: list[Action]) -> None:
        # A closed loop: nobody waits any more.
        with contextlib.suppress(RuntimeError):
            members[0].loop.call_soon_threadsafe(self._deliver, members)

    def _deliver(self, members: list[Action]) -> None:
        for member in members:
            if member.error is None and member.effects is not None:
                try:
                    self.committed(member.effects)
                except Exception:
                    log.exception("announcing_failed")
        for member in members:
            try:
                member.answered(member.result, member.error)
            except Exception:
                log.exception("answering_failed")


def _run(action: Action, connection: Connection) -> None:
    try:
        action.result, action.effects = action.run(connection)
    except BaseException as error:
        action.error = as_domain_error(error)


def _run_raw(action: Action, raw: Any) -> None:
    try:
        raw.execute("SAVEPOINT push")
        try:
            action.result, action.effects = action.run(raw)
        except BaseException:
            raw.execute("ROLLBACK TO push")
            raw.execute("RELEASE push")
            raise
        raw.execute("RELEASE push")
    except BaseException as error:
        action.error = as_domain_error(error)


def _abandon(connection: Connection) -> None:
    """Roll back, also where SQLAlchemy takes a transaction for done whose COMMIT has failed."""
    connection.rollback()
    raw = raw_of(connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def _nothing_kept() -> DomainError:
    """A new one each time: an error that is raised again keeps the frames of every raising."""
    return DomainError("storage_failed", 507)


def _fail(members: list[Action], error: BaseException) -> None:
    for member in members:
        member.error = member.error or error
