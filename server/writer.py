"""The one thread that writes: what waits shares one transaction and one COMMIT (group commit).

Only after that COMMIT is anything answered and announced; a failed COMMIT fails all of its group.
An action that takes the transaction of all with it (a full disk) fails alone: the others run again.
Items of the hot path that wait one behind the other are taken by one call, which looks up, decides
and writes for all of them at once (docs/decisions/sync-0004). SQLAlchemy's own begin and commit are
40 µs a group, so one of such items alone begins and commits on the driver's connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine, RootTransaction

from server import clock
from server.errors import Busy, DomainError
from server.sqlite import as_domain_error, raw_of

log = structlog.get_logger(__name__)


TAKEN_AT_ONCE = 256
"""Operations that begin one call of the hot path; the last item may go beyond it (measured: 30 µs
each). Between two calls the group looks at its deadline."""


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


Run = Callable[[Connection], tuple[Any, Effects]]
"""What an ordinary action does on SQLAlchemy's connection."""
Take = Callable[[Any, Sequence[Any]], Sequence[tuple[Any, Effects]]]
"""Take items that wait together on the driver's connection, inside a savepoint: what came of each,
in their order. When it raises, nothing of them was written; each is then taken alone."""


@dataclass(slots=True)
class Action:
    """Something that waits for the writer: `run` what it does, or an `item` for `take`."""

    answered: Answered
    loop: asyncio.AbstractEventLoop
    run: Run | None = None
    take: Take | None = None
    item: Any = None
    size: int = 1
    """What the item weighs against the most that is taken at once."""
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
        self._queue: queue.SimpleQueue[Action | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._put_off: Action | None = None
        self._ended = False
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
        with contextlib.suppress(queue.Empty):
            while late := self._queue.get_nowait():
                late.error = Busy()
                self._answer([late])

    def put(self, action: Action) -> None:
        """In the queue when this returns; raises `Busy` when too much waits."""
        if self._stopping or self._queue.qsize() >= self.waiting:
            raise Busy()
        self._queue.put(action)

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
        while (first := self._wait()) is not None:
            members = [first]
            try:
                connection = self._connection = self._connection or self.engine.connect()
                if first.alone:
                    _run(first, connection)
                else:
                    self._write_group(connection, members)
            except Exception as error:
                log.exception("writer_failed")
                _fail(members, error)
                if self._connection is not None:
                    self._connection.invalidate()
                    self._connection.close()
                self._connection = self._transaction = None
            self._answer(members)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _wait(self) -> Action | None:
        """The next action; None at the end."""
        waited, self._put_off = self._put_off, None
        if waited is not None or self._ended:
            return waited
        return self._queue.get()

    def _next(self, like: Action | None = None) -> Action | None:
        """An action of the present group that waits; `like` this one, where it is given."""
        one = self._put_off
        if one is None and not self._ended:
            with contextlib.suppress(queue.Empty):
                one = self._queue.get_nowait()
                self._ended = one is None
        fits = one is not None and not one.alone and (like is None or one.take == like.take)
        self._put_off = None if fits else one
        return one if fits else None

    def _write_group(self, connection: Connection, members: list[Action]) -> None:
        """Run those who wait in one transaction."""
        raw = raw_of(connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
        except Exception as error:
            _abandon(connection)
            _fail(members, error)
            return
        self.written_at = clock.monotonic()
        deadline = self.written_at + self.group_ms / 1000
        first: Action | None = members.pop()
        while first is not None:
            unit = [first]
            members.append(first)
            size = first.size
            if first.take is not None:
                while (
                    len(members) < self.group
                    and size < TAKEN_AT_ONCE
                    and (more := self._next(first)) is not None
                ):
                    unit.append(more)
                    members.append(more)
                    size += more.size
            if not self._run_unit(raw, unit):
                self._write_again(connection, members, unit[0] if len(unit) == 1 else None)
                break
            late = len(members) >= self.group or clock.monotonic() >= deadline
            first = None if late else self._next()
        else:
            self._commit(connection, members)
        self.settled()

    def _commit(self, connection: Connection, members: list[Action]) -> None:
        transaction, self._transaction = self._transaction, None
        try:
            if transaction is not None:
                transaction.commit()
            else:
                raw_of(connection).execute("COMMIT")
        except Exception as error:
            _abandon(connection)
            _fail(members, error)

    def _write_again(
        self, connection: Connection, members: list[Action], lost: Action | None
    ) -> None:
        """One of them took the transaction of all with it. What the others did would fit: they run
        once more, one by one and without it (`lost`), where it is known already. Where another one
        does the same, nothing fits, and all fail."""
        found = lost is not None
        while True:
            self._transaction = None
            _abandon(connection)
            if lost is not None:
                _fail([lost], _nothing_kept())
            members = [one for one in members if one is not lost]
            if not members:
                return
            for one in members:
                one.result = one.error = one.effects = None
            raw = raw_of(connection)
            try:
                raw.execute("BEGIN IMMEDIATE")
                lost = next((one for one in members if not self._run_unit(raw, [one])), None)
            except Exception as error:
                _abandon(connection)
                _fail(members, error)
                return
            if lost is None:
                self._commit(connection, members)
                return
            if found:
                self._transaction = None
                _abandon(connection)
                _fail(members, lost.error or _nothing_kept())
                return
            found = True

    def _run_unit(self, raw: Any, unit: list[Action]) -> bool:
        """Run one action, or several of one kind. False when SQLite has rolled back the whole
        transaction with it, those before included, as it may after a full disk
        (https://sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction"); a
        COMMIT would then succeed and keep nothing."""
        first = unit[0]
        if first.take is not None:
            _take(first.take, raw, unit)
        else:
            try:
                connection = self.transact()
            except Exception as error:
                first.error = as_domain_error(error)
                return False
            _run(first, connection)
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
    if action.run is None:
        raise TypeError("an item of the hot path has no connection of its own")
    try:
        action.result, action.effects = action.run(connection)
    except BaseException as error:
        action.error = as_domain_error(error)


def _take(take: Take, raw: Any, unit: list[Action]) -> None:
    try:
        raw.execute("SAVEPOINT taken")
        try:
            taken = take(raw, [one.item for one in unit])
        except BaseException:
            raw.execute("ROLLBACK TO taken")
            raw.execute("RELEASE taken")
            raise
        raw.execute("RELEASE taken")
    except BaseException as error:
        if len(unit) == 1:
            unit[0].error = as_domain_error(error)
            return
        for one in unit:
            if raw.in_transaction:
                _take(take, raw, [one])
    else:
        for one, (result, effects) in zip(unit, taken, strict=True):
            one.result, one.effects = result, effects


def _abandon(connection: Connection) -> None:
    """Roll back, also where SQLAlchemy takes a transaction for done whose COMMIT has failed."""
    connection.rollback()
    raw = raw_of(connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def _nothing_kept() -> DomainError:
    return DomainError("storage_failed", 507)


def _fail(members: list[Action], error: BaseException) -> None:
    for member in members:
        if member.error is None:
            member.error = _for_one(error)


def _for_one(error: BaseException) -> BaseException:
    """The trouble of all as an error for one who waits: each raises theirs, and an error that is
    raised again keeps the frames of every raising."""
    own = as_domain_error(error)
    if own is error:
        own = copy.copy(error) if isinstance(error, DomainError) else RuntimeError(repr(error))
    own.__cause__ = error
    return own
