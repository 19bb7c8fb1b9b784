"""Putting work into the database, and doing it: lease, retry, idempotent handlers.

A job is entered in the transaction of the action that wants it, so it exists exactly when its
reason does. A worker that dies loses its lease, and the job runs again: a handler must be able to
run twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import bindparam, text
from sqlmodel import Session

from server import clock
from server.database import Database, WriteSession
from server.identity import SYSTEM

log = structlog.get_logger(__name__)
Handler = Callable[[Mapping[str, Any]], Awaitable[None]]
LOOK_AGAIN_SECONDS = 5.0
"""Work that falls due by its time, or whose lease ended, is found this late at most."""
DIED = "its workers died"
KILLED_MOST = 2
"""Times in a row that a job may be laid aside because its workers died, and be taken up at once."""
KILLED_WAIT_MS = 86_400_000
"""How long it waits from then on: each of its tries takes the whole server along, meetings too."""


def enqueue(
    session: WriteSession,
    kind: str,
    payload: Mapping[str, Any],
    *,
    after_ms: int = 0,
    unique: str | None = None,
    killed: int = 0,
) -> None:
    """Enter a job; with `unique`, an equal one that still waits is enough. One that runs is not: it
    may have read what has changed since. `killed` is for `take_up_again` alone."""
    session.connection().execute(
        text(
            "INSERT INTO job"
            "(id, kind, payload, state, run_at, lease_until, attempts, unique_key, killed) "
            "VALUES (:id, :kind, :payload, 'waiting', :run_at, 0, 0, :unique, :killed) "
            "ON CONFLICT(unique_key) DO NOTHING"
        ),
        {
            "id": clock.new_id(),
            "kind": kind,
            "payload": json.dumps(payload, ensure_ascii=False),
            "run_at": clock.unix_ms() + after_ms,
            "unique": unique,
            "killed": killed,
        },
    )
    session.effects.jobs_waiting = True


@dataclass(frozen=True)
class Held:
    """A job as its worker holds it. `lease` is the number of the lease: after a takeover the
    worker that was too slow can no longer finish, fail or keep it."""

    job: str
    kind: str
    payload: str
    lease: int


def _lease(session: WriteSession, kinds: tuple[str, ...], until: int) -> Held | None:
    row = (
        session.connection()
        .execute(
            text(
                "UPDATE job SET state = 'running', lease_until = :until, "
                "attempts = attempts + 1, unique_key = NULL "
                "WHERE id = (SELECT id FROM job WHERE run_at <= :now "
                "AND kind IN :kinds AND (state = 'waiting' "
                "OR (state = 'running' AND lease_until < :now)) ORDER BY run_at, id LIMIT 1) "
                "RETURNING id, kind, payload, attempts"
            ).bindparams(bindparam("kinds", expanding=True)),
            {"until": until, "now": clock.unix_ms(), "kinds": kinds},
        )
        .first()
    )
    return Held(str(row[0]), str(row[1]), str(row[2]), int(row[3])) if row else None


def _extend(session: WriteSession, held: Held, until: int) -> None:
    session.connection().execute(
        text(
            "UPDATE job SET lease_until = :until "
            "WHERE id = :id AND state = 'running' AND attempts = :lease"
        ),
        {"until": until, "id": held.job, "lease": held.lease},
    )


def reclaim(session: WriteSession) -> None:
    """At the start of the only process: nobody can hold a lease, so nothing waits for its end."""
    session.connection().execute(
        text("UPDATE job SET state = 'waiting', lease_until = 0 WHERE state = 'running'")
    )


def take_up_again(session: WriteSession, kinds: Collection[str]) -> None:
    """Enter jobs of these kinds that were laid aside anew, equal ones once: work that must be done
    some day, whatever the trouble was (a disk that was full for a minute, five kills). What goes on
    killing its workers waits for a day."""
    rows = (
        session.connection()
        .execute(
            text(
                "SELECT id, kind, payload, error, killed FROM job "
                "WHERE state = 'failed' AND kind IN :kinds"
            ).bindparams(bindparam("kinds", expanding=True)),
            {"kinds": sorted(kinds)},
        )
        .all()
    )
    for job, kind, payload, error, before in rows:
        killed = before + (error == DIED)
        wait = KILLED_WAIT_MS if error == DIED and killed >= KILLED_MOST else 0
        log.warning("job_taken_up_again", kind=kind, error=error, killed=killed)
        session.connection().execute(text("DELETE FROM job WHERE id = :id"), {"id": job})
        unique = f"{kind}:again:{payload}"
        enqueue(session, kind, json.loads(payload), after_ms=wait, unique=unique, killed=killed)


def _finish(session: WriteSession, held: Held) -> None:
    session.connection().execute(
        text("DELETE FROM job WHERE id = :id AND state = 'running' AND attempts = :lease"),
        {"id": held.job, "lease": held.lease},
    )


def _give_back(session: WriteSession, held: Held) -> None:
    """Stopped in the middle as planned: waits again, and the try does not count."""
    session.connection().execute(
        text(
            "UPDATE job SET state = 'waiting', lease_until = 0, "
            "attempts = attempts - 1 WHERE id = :id AND state = 'running' AND attempts = :lease"
        ),
        {"id": held.job, "lease": held.lease},
    )


def _fail(session: WriteSession, held: Held, error: str, retry_at: int | None) -> None:
    session.connection().execute(
        text(
            "UPDATE job SET state = :state, run_at = :run_at, error = :error, lease_until = 0 "
            "WHERE id = :id AND state = 'running' AND attempts = :lease"
        ),
        {
            "id": held.job,
            "lease": held.lease,
            "error": error[:500],
            "state": "failed" if retry_at is None else "waiting",
            "run_at": retry_at or 0,
        },
    )


def _counts(session: Session) -> dict[str, int]:
    rows = session.connection().execute(text("SELECT state, count(*) FROM job GROUP BY state"))
    return {str(state): int(count) for state, count in rows}


@dataclass
class Lane:
    """Handlers that share `workers` places, so that slow work never holds up quick work."""

    handlers: Mapping[str, Handler]
    workers: int = 1
    given_up: Mapping[str, Handler] = field(default_factory=dict)
    """What to do when a job is laid aside for good, so that nobody waits for it."""


@dataclass
class Jobs:
    """The workers of this process."""

    database: Database
    lanes: list[Lane]
    lease_seconds: int = 120
    attempts: int = 5
    _wake: list[asyncio.Event] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Start the workers; what an earlier process left running is taken over at lease end."""
        for lane in self.lanes:
            wake = asyncio.Event()
            self._wake.append(wake)
            for _ in range(lane.workers):
                self._tasks.append(asyncio.create_task(self._work(lane, wake)))

    def wake(self) -> None:
        """New work was committed."""
        for event in self._wake:
            event.set()

    async def stop(self) -> None:
        """Stop working; jobs under way run again later."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def counts(self) -> dict[str, int]:
        """Jobs by state."""
        return await self.database.read(_counts)

    async def _work(self, lane: Lane, wake: asyncio.Event) -> None:
        kinds = tuple(lane.handlers)
        while True:
            wake.clear()
            until = clock.unix_ms() + self.lease_seconds * 1000
            try:
                held = await self._take(kinds, until)
            except Exception:
                log.exception("job_lease_failed")
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                continue
            if held is None:
                try:
                    async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                        await wake.wait()
                except TimeoutError:
                    pass
                continue
            await self._run(lane, held)

    async def _take(self, kinds: tuple[str, ...], until: int) -> Held | None:
        """The next job. What the writer leases for a worker that is being stopped goes back: else
        it would wait for the end of a lease that nobody holds, and have lost a try."""
        taking = asyncio.ensure_future(self.database.write(SYSTEM, _lease, kinds, until))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                if (held := await taking) is not None:
                    await self._quietly(_give_back, held)
            raise

    async def _run(self, lane: Lane, held: Held) -> None:
        if held.lease > self.attempts:  # each of its workers died with it
            await self._lay_aside(lane, held, DIED)
            return
        keeper = asyncio.create_task(self._keep_lease(held))
        try:
            await lane.handlers[held.kind](json.loads(held.payload))
        except asyncio.CancelledError:
            await asyncio.shield(self._quietly(_give_back, held))
            raise
        except Exception as error:
            log.exception("job_failed", kind=held.kind, attempts=held.lease)
            if held.lease < self.attempts:
                retry_at = clock.unix_ms() + 1000 * 2**held.lease
                await self._quietly(_fail, held, repr(error), retry_at)
            else:
                await self._lay_aside(lane, held, repr(error))
        else:
            await self._quietly(_finish, held)
        finally:
            keeper.cancel()

    async def _lay_aside(self, lane: Lane, held: Held, error: str) -> None:
        await self._quietly(_fail, held, error, None)
        tell = lane.given_up.get(held.kind)
        if tell is not None:
            try:
                await tell(json.loads(held.payload))
            except Exception:
                log.exception("job_given_up_untold", kind=held.kind)

    async def _quietly(self, action: Callable[..., None], *args: Any) -> None:
        try:
            await self.database.write(SYSTEM, action, *args)
        except Exception:
            log.exception("job_state_failed")

    async def _keep_lease(self, held: Held) -> None:
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            await self._quietly(_extend, held, clock.unix_ms() + self.lease_seconds * 1000)
