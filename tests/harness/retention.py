"""A meeting whose marks are to be deleted: the hour moved by hand, its rule, what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.annotating.retention import PurgeMarks
from server.annotating.tables import LayerRow
from server.annotating.tombstones import Tombstones
from server.database import Database, WriteSession
from server.jobs.queue import Handler, Jobs, Lane
from server.meetings import actions as meetings
from server.meetings import queries
from server.meetings import retention as rules
from server.meetings.messages import MarksRulePut, MeetingHead
from server.meetings.rules import DAY_MS, MarksRule, PurgeBounds
from tests.harness.server import until
from tests.harness.writing import Desk

NOW = 1_763_800_000_000
HOUR_MS = 3_600_000
BOUNDS = PurgeBounds(72 * HOUR_MS, 7 * DAY_MS)
SECRET = "Điều không ai khác được biết"
IMPORTED = "0196f3a0-1111-4aaa-8bbb-0000000000aa"
OTHER = "Ghi chú của cuộc họp khác"


class Time:
    """The hour, moved by hand."""

    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> float:
        return self.ms / 1000


def put_rule(rule: MarksRule, days: int | None = None) -> MarksRulePut:
    return MarksRulePut(rule=rule, days=days)


async def set_rule(desk: Desk, rule: MarksRule, days: int | None = None) -> MeetingHead:
    actor, meeting = desk.actor("secretariat"), desk.province.issued
    return await desk.database.write(
        actor, rules.set_retention, meeting, put_rule(rule, days), BOUNDS
    )


async def close(desk: Desk) -> MeetingHead:
    """The session is held and over."""
    actor, meeting = desk.actor("secretariat"), desk.province.issued
    await desk.database.write(actor, meetings.open_meeting, meeting)
    return await desk.database.write(actor, meetings.close_meeting, meeting, BOUNDS)


def head(desk: Desk) -> MeetingHead:
    def read(session: Session) -> MeetingHead:
        return queries.head(session, queries.meeting_row(session, desk.province.issued))

    return desk.database.read_now(read)


def count(database: Database, table: str, where: str = "1") -> int:
    def read(session: Session) -> int:
        found = session.connection().execute(text(f"SELECT count(*) FROM {table} WHERE {where}"))
        return int(found.scalar_one())

    return database.read_now(read)


def jobs(database: Database, kind: str) -> list[int]:
    def read(session: Session) -> list[int]:
        found = session.connection().execute(
            text("SELECT run_at FROM job WHERE kind = :kind ORDER BY run_at"), {"kind": kind}
        )
        return [int(row[0]) for row in found]

    return database.read_now(read)


def purge(desk: Desk, folder: Path) -> PurgeMarks:
    return PurgeMarks(desk.database, Tombstones(folder / "purges.jsonl"))


def payload(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"meeting_id": desk.province.issued, **more}


def brought_along(session: WriteSession, document: str) -> None:
    """A layer of the marks that the paper's file had when it came."""
    session.add(LayerRow(id=IMPORTED, document_id=document, kind="imported", owner=""))


def on_disk(path: Path) -> bytes:
    """All bytes of the database and what lies beside it."""
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))


async def tried(desk: Desk, handlers: dict[str, Handler]) -> None:
    """Run the house's workers until none of these jobs is due."""
    work = Jobs(desk.database, [Lane(handlers)], attempts=1)
    kinds = ", ".join(f"'{kind}'" for kind in handlers)
    due = f"state != 'failed' AND run_at <= {clock.unix_ms()} AND kind IN ({kinds})"
    work.start()
    try:
        await until(lambda: not count(desk.database, "job", due), 60)
    finally:
        await work.stop()
