"""Deleting people's marks for good once their meeting's rule says so.

The order makes a crash harmless and the deletion real: the papers close for marks (every tablet is
told to forget, nobody can push) where the rule still says so, then the tombstone is on the disk,
then the rows go in small pieces, then the WAL is folded back and emptied, and at the next quiet
moment the database is written anew: `secure_delete` wipes what is deleted, but not the copies that
SQLite left in a page's slack when it moved rows between pages (seen in a trial: 26 of 700,000). The
job that does so is entered with the COMMIT that takes a layer: a server killed behind the last one
finds nothing more to purge, and that job.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from server import clock
from server.annotating import layers
from server.annotating.purge import FORGET, forget_all_answers, take_some
from server.annotating.sharing import PURGE
from server.annotating.tables import LayerPersonRow, LayerRow
from server.annotating.tombstones import Tombstones
from server.database import Database, WriteSession
from server.documents.queries import documents_of
from server.documents.telling import tell_readers
from server.errors import DomainError
from server.garbage import free_memory
from server.identity import SYSTEM
from server.jobs.queue import enqueue, take_up_again
from server.meetings.facts import MarksRuleSet, MeetingClosed
from server.meetings.messages import LayersChanged
from server.meetings.retention import mark_purged
from server.meetings.tables import MeetingRow

log = structlog.get_logger(__name__)
PURGE_MARKS = "purge_marks"
SCRUB = "scrub_database"
NEVER_GIVEN_UP = frozenset({PURGE, FORGET, PURGE_MARKS, SCRUB})
"""Jobs that delete what people were told is deleted: laid aside, they are entered anew hourly."""
LOOK_AGAIN_MS = 600_000
"""A meeting is in session: the database is written anew when it is over."""
SPARE = 1.5
"""Free memory for each byte of the database; its copy is made there (measured: 1.1)."""
NIGHT_HOURS = frozenset({16, 17, 18, 19, 20})
"""UTC; 23:00 to 04:00 in Viet Nam: a meeting that nobody closed does not keep it for ever."""


def plan(session: WriteSession, fact: MeetingClosed | MarksRuleSet) -> None:
    """The moment is known: the job waits for it. It looks again whether it is still due."""
    row = session.get(MeetingRow, fact.meeting_id)
    if row is None or row.marks_purge_at is None or row.marks_purged_at is not None:
        return
    wait = max(0, row.marks_purge_at - clock.unix_ms())
    unique = f"{PURGE_MARKS}:{row.id}:{row.marks_purge_at}"
    enqueue(session, PURGE_MARKS, {"meeting_id": row.id}, after_ms=wait, unique=unique)


_OVERDUE = text(
    "SELECT id FROM meeting WHERE marks_purge_at <= :now AND marks_purged_at IS NULL "
    "UNION SELECT m.id FROM meeting m WHERE m.marks_purged_at IS NOT NULL AND EXISTS ("
    "SELECT 1 FROM document d JOIN layer l ON l.document_id = d.id "
    "WHERE d.meeting_id = m.id AND l.kind != 'imported')"
)
_KILLING = text("SELECT payload FROM job WHERE kind = :kind AND killed > 0")
"""A deletion that took its workers along waits for its day: entered anew it would not."""


def plan_overdue(session: WriteSession) -> None:
    """What is left of what is due: marks of a meeting whose deletion has not begun (its job lost
    with an older database) or was broken off; and jobs that were laid aside."""
    take_up_again(session, NEVER_GIVEN_UP)
    killing = session.connection().execute(_KILLING, {"kind": PURGE_MARKS}).all()
    waiting = {json.loads(row[0])["meeting_id"] for row in killing}
    rows = session.connection().execute(_OVERDUE, {"now": clock.unix_ms()})
    for row in rows.all():
        meeting = str(row[0])
        if meeting in waiting:
            continue
        unique = f"{PURGE_MARKS}:{meeting}:overdue"
        enqueue(session, PURGE_MARKS, {"meeting_id": meeting}, unique=unique)


def replay(session: WriteSession, purged: set[str]) -> None:
    """An older database was put back: what was deleted since is deleted again."""
    for meeting in sorted(purged):
        row = session.get(MeetingRow, meeting)
        if row is not None and row.marks_purged_at is None:
            log.warning("purge_replayed", meeting=meeting)
            unique = f"{PURGE_MARKS}:{meeting}:again"
            enqueue(session, PURGE_MARKS, {"meeting_id": meeting, "again": True}, unique=unique)


@dataclass(frozen=True)
class _Closed:
    """What closed for marks: the papers, and people's layers on them."""

    documents: list[str]
    layers: list[str]


def close_for_marks(session: WriteSession, meeting_id: str, again: bool = False) -> _Closed | None:
    """From this COMMIT on nobody reads or writes a mark there; every tablet is told to forget. None
    where it is not due (any more): a rule that was set a moment before counts. `again`: it was
    done before, and an older database put back does not know."""
    meeting = session.get(MeetingRow, meeting_id)
    if meeting is None:
        return None
    due = meeting.marks_purge_at is not None and meeting.marks_purge_at <= clock.unix_ms()
    if not (due or again or meeting.marks_purged_at is not None):
        return None
    mark_purged(session, meeting_id)
    papers = documents_of(session, meeting_id, withdrawn=True)
    for row in papers:
        layers.ask_again(session, row.id)
        if layers.layers_of(session, row.id):
            tell_readers(session, row, LayersChanged(kind="layers", document_id=row.id))
    documents = [row.id for row in papers]
    return _Closed(documents, _layers(session, documents))


def _layers(session: Session, documents: list[str]) -> list[str]:
    """People's layers; the marks that a file brought along are the file's."""
    found = select(LayerRow.id).where(col(LayerRow.document_id).in_(documents))
    return list(session.exec(found.where(LayerRow.kind != "imported")))


def _take_or_drop(session: WriteSession, layer_id: str) -> bool:
    """Take some marks away; with nothing left, the layer in the same transaction, so that nothing
    comes onto it in between, and so that the scrubbing is certain. Whether to go on."""
    if take_some(session, layer_id):
        return True
    enqueue(session, SCRUB, {"since": clock.unix_ms()}, unique=SCRUB)
    session.exec(delete(LayerPersonRow).where(col(LayerPersonRow.layer_id) == layer_id))
    session.exec(delete(LayerRow).where(col(LayerRow.id) == layer_id))
    return False


async def purge_layers(database: Database, found: list[str]) -> None:
    """Delete these layers with all that is on them, and empty the WAL of it."""
    for layer in found:
        while await database.write(SYSTEM, _take_or_drop, layer):
            pass
    if found:
        await forget_all_answers(database)
        await database.fold_wal()


@dataclass
class PurgeMarks:
    """The job that deletes the marks of a meeting. Runs twice without harm."""

    database: Database
    tombstones: Tombstones

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Delete them, if they are due."""
        meeting = str(payload["meeting_id"])
        again = bool(payload.get("again"))
        closed = await self.database.write(SYSTEM, close_for_marks, meeting, again)
        if closed is None:
            return
        await asyncio.to_thread(self.tombstones.add, meeting, closed.documents)
        await purge_layers(self.database, closed.layers)
        log.info("marks_purged", meeting=meeting, layers=len(closed.layers))


def _quiet(session: Session) -> bool:
    running = session.connection().execute(
        text("SELECT 1 FROM meeting WHERE state = 'in_session' LIMIT 1")
    )
    return running.first() is None or clock.now().hour in NIGHT_HOURS


@dataclass
class Scrub:
    """The job that writes the database anew, so that nothing deleted is left in it. It holds the
    writer (some 10 s per GB), so it waits until no meeting is in session; answers of pushes and the
    WAL, which a purge that was killed may have left, go at once."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Now, or look again later; trouble (no room for the copy) is no reason to give it up."""
        since = int(payload.get("since") or clock.unix_ms())
        try:
            done = await self._scrub()
        except Exception as error:
            log.warning("scrub_put_off", error=repr(error), since=since)
            done = False
        if not done:
            again = {"since": since}
            await self.database.write(
                SYSTEM, enqueue, SCRUB, again, after_ms=LOOK_AGAIN_MS, unique=SCRUB
            )

    async def _scrub(self) -> bool:
        await forget_all_answers(self.database)
        if await self.database.read(_quiet):
            need, free = self.database.path.stat().st_size, free_memory()
            if free is not None and free < SPARE * need:  # killed for it, all would stand still
                raise DomainError("memory_full", 507, need=need, free=free)
            await self.database.write_anew()
            return True
        await self.database.fold_wal()
        return False


def scrub_waits_since(session: Session) -> int | None:
    """The moment (Unix ms) since which something deleted waits to be wiped from the file's pages;
    None where nothing does."""
    rows = session.connection().execute(
        text("SELECT payload FROM job WHERE kind = :kind"), {"kind": SCRUB}
    )
    since = [int(json.loads(row[0]).get("since") or clock.unix_ms()) for row in rows]
    return min(since, default=None)
