"""One SQLite file, one writer thread (`writer.py`), a few reader threads.

Database work is plain synchronous code: an action takes a `WriteSession` and never commits.
`Database.write` runs actions on the writer thread; those that wait share one transaction with a
savepoint each (pushes: one for all that wait together) and one COMMIT, and only after that COMMIT
are they answered and their changes announced. An action has no effect outside its session and may
run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy.engine import Connection
from sqlmodel import Session

from server.errors import Busy
from server.identity import SYSTEM, Actor
from server.sqlite import open_engine, raw_of, require_safe_sqlite
from server.writer import Action, Answered, Effects, Take, Writer

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

FOLD_MS = 500
"""The pause between two tries to empty the WAL. The writer itself waits for no reader: what they
hold is not freed by it, and pushes would wait with it."""
FOLD_TRIES = 40
RIGHTS_NOTED = 20_000
"""Topics and people whose rights moved that are told apart; beyond it all are asked again once."""
_SHRINK = "PRAGMA shrink_memory"


@dataclass(frozen=True)
class Fact:
    """Something that happened. Features subclass it; `reactions.py` says who reacts."""


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

    def __post_init__(self) -> None:
        self._rights_moving: set[str] = set()
        self._rights_moved: dict[str, int] = {}
        self._rights_moved_before = 0
        self._reads = 0
        self._pool = ThreadPoolExecutor(self.readers, thread_name_prefix="reader")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.lock_ms
        self.writer = open_engine(self.path, writer=True, size=1, lock_ms=lock)
        self.reader = open_engine(self.path, writer=False, size=self.readers, lock_ms=lock)
        require_safe_sqlite(self.writer)
        self.writing = Writer(
            self.writer,
            self.group,
            self.group_ms,
            self.waiting,
            self._note_moved_rights,
            lambda effects: self.wiring.on_committed(effects),
        )

    def start(self) -> None:
        """Start the writer thread."""
        self.writing.start()

    def stop(self) -> None:
        """Let the writer finish what waits, then close every connection; `Busy` from then on."""
        self.writing.stop()
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

    def put_taken(self, take: Take, item: Any, answered: Answered, size: int = 1) -> None:
        """The hot path: `take` gets the writer's own DB-API connection, inside a savepoint, and the
        items that wait with this one for the same `take`; `size` is what this one weighs.

        In the queue when this returns, so that items are taken, and `answered` is called on the
        event loop, in the order of the calls. Raises `Busy`. For the annotation push alone;
        everything else goes through `write`.
        """
        loop = asyncio.get_running_loop()
        self.writing.put(Action(answered, loop, take=take, item=item, size=size))

    def read_within(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """On the writer thread, inside an action: a query that sees all that was written so far."""
        connection = self.writing.transact()
        with Session(bind=connection, join_transaction_mode="rollback_only") as session:
            return query(session, *args, **kwargs)

    async def fold_wal(self) -> None:
        """Fold the WAL back into the database and empty it, so that what was deleted is in neither
        (https://sqlite.org/pragma.html#pragma_wal_checkpoint). Raises `Busy` while a reader still
        looks at an older state."""

        def fold(connection: Connection) -> tuple[bool, Effects]:
            raw = raw_of(connection)
            raw.execute("PRAGMA busy_timeout=0")
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
        room again on the disk (https://sqlite.org/lang_vacuum.html). The copy is made in memory:
        the library is built so (TEMP_STORE=3; 97 MB took 107), and no other disk sees it."""

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
    def written_at(self) -> float:
        """The monotonic moment of the last group."""
        return self.writing.written_at

    @property
    def waiting_now(self) -> int:
        """Actions that wait for the writer."""
        return self.writing.waiting_now

    @property
    def is_calm(self) -> bool:
        """Whether the writer keeps up, so that one client may have several actions waiting."""
        return self.writing.waiting_now * 2 < self.waiting

    def _submit(
        self, run: Callable[[Connection], tuple[Any, Effects]], *, alone: bool = False
    ) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def answered(result: Any, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.writing.put(Action(answered, loop, run, alone=alone))
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

    def _note_moved_rights(self) -> None:
        if not self._rights_moving:
            return
        epoch = self.rights_epoch + 1
        if len(self._rights_moved) > RIGHTS_NOTED:
            self._rights_moved_before = epoch
            self._rights_moved = {}
        for key in self._rights_moving:
            self._rights_moved[key] = epoch
        self._rights_moving.clear()
        # Last: whoever sees the new epoch sees what has moved with it.
        self.rights_epoch = epoch
