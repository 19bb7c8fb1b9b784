"""What marks leave behind is dropped after a while, so that the database does not grow for ever.

- Answers of pushes and, on private layers, what pushes overwrote: after `mark_history_days`. A
  tablet that comes back later with a push that was answered long ago gets `id_taken` for a new
  mark, which it keeps and shows; a change is made again.
- Deleted marks: after `deleted_marks_days`. The layer's `min_seq` moves, so that a tablet with an
  older cursor gets a snapshot and loses them too. Longer than any tablet is believed to be away
  (annotations.limits.MAX_OFFLINE_MS), or one could bring a mark back that was deleted elsewhere.
  Answers to them are their authors' and stay (annotations/threads.py).
- Marks and history without a layer, should a deletion have got lost: they come home to their
  authors and go on as theirs, or go with those of their meeting (purge.py).
- Layers whose document was deleted: that of a draft, which only the office had seen. A document
  that was out is withdrawn, and its layers stay (decisions/proof-0001).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.annotating.retention import purge_layers
from server.annotating.sharing import PURGE
from server.database import Database, WriteSession
from server.identity import SYSTEM
from server.jobs.queue import enqueue
from server.meetings.rules import DAY_MS

log = structlog.get_logger(__name__)
TRIM_MARKS = "trim_marks"
AT_ONCE = 200
"""Rows in one transaction: some 3 ms of the writer."""


def trim_answers(session: WriteSession, before: int) -> bool:
    """Drop the oldest answers of pushes; False when none is old enough any more. Rows lie in the
    order they came, so no index is needed to find the old ones."""
    connection = session.connection()
    rows = connection.execute(
        text("SELECT outbox, op_no, at FROM push ORDER BY rowid LIMIT :most"), {"most": AT_ONCE}
    ).all()
    old = [{"outbox": row[0], "op_no": row[1]} for row in rows if row[2] < before]
    if old:
        connection.execute(text("DELETE FROM push WHERE outbox = :outbox AND op_no = :op_no"), old)
    return len(old) == AT_ONCE


def trim_history(session: WriteSession, before: int, start: int) -> int | None:
    """Drop what old pushes on private layers overwrote, from row `start` on. Where to go on; None
    at the end. On shared layers it stays: who changed what there may be asked later."""
    connection = session.connection()
    rows = connection.execute(
        text(
            "SELECT o.rowid, o.layer, o.seq, o.at, coalesce(l.kind, 'private') FROM op o "
            "LEFT JOIN layer l ON l.id = o.layer WHERE o.rowid > :start "
            "ORDER BY o.rowid LIMIT :most"
        ),
        {"start": start, "most": AT_ONCE},
    ).all()
    old = [row for row in rows if row[3] < before]
    gone = [{"layer": row[1], "seq": row[2]} for row in old if row[4] == "private"]
    if gone:
        connection.execute(text("DELETE FROM op WHERE layer = :layer AND seq = :seq"), gone)
    return int(old[-1][0]) if len(old) == AT_ONCE else None


def trim_deleted(session: WriteSession, before: int) -> bool:
    """Forget the oldest deleted marks; False when none is old enough any more."""
    connection = session.connection()
    rows = connection.execute(
        text(
            "SELECT id, layer, seq FROM annotation WHERE deleted = 1 AND modified < :before "
            "ORDER BY modified LIMIT :most"
        ),
        {"before": before, "most": AT_ONCE},
    ).all()
    if not rows:
        return False
    newest: dict[str, int] = {}
    for _, layer, seq in rows:
        newest[layer] = max(newest.get(layer, 0), seq)
    connection.execute(
        text("UPDATE layer SET min_seq = max(min_seq, :seq) WHERE id = :layer"),
        [{"layer": layer, "seq": seq} for layer, seq in newest.items()],
    )
    connection.execute(
        text("DELETE FROM annotation WHERE id = :id"), [{"id": row[0]} for row in rows]
    )
    return len(rows) == AT_ONCE


def _orphans(session: Session) -> list[str]:
    rows = session.connection().execute(
        text(
            "SELECT l.id FROM layer l LEFT JOIN document d ON d.id = l.document_id "
            "WHERE d.id IS NULL"
        )
    )
    return [str(row[0]) for row in rows]


def _layers_in(session: Session, table: str) -> set[str]:
    """The layers named by a table that begins its index with them: one step of it per layer."""
    rows = session.connection().execute(
        text(
            f"WITH RECURSIVE one(layer) AS (SELECT min(layer) FROM {table} UNION ALL "  # noqa: S608
            f"SELECT (SELECT min(t.layer) FROM {table} t WHERE t.layer > one.layer) FROM one "
            "WHERE one.layer IS NOT NULL) SELECT layer FROM one "
            "WHERE layer IS NOT NULL AND layer NOT IN (SELECT id FROM layer)"
        )
    )
    return {str(row[0]) for row in rows}


def left_behind(session: Session) -> dict[str, str]:
    """Layers that are no more, with marks or history that nobody is about to take away, and the
    paper they were on: no look through a meeting's layers finds them. A paper of '' is not known
    any more."""
    lost = _layers_in(session, "annotation") | _layers_in(session, "op")
    if not lost:
        return {}
    jobs = text("SELECT payload FROM job WHERE kind = :kind")
    for row in session.connection().execute(jobs, {"kind": PURGE}):
        lost.discard(str(json.loads(row[0])["layer_id"]))
    paper = text("SELECT document FROM annotation WHERE layer = :layer LIMIT 1")
    return {
        layer: str(session.connection().execute(paper, {"layer": layer}).scalar() or "")
        for layer in sorted(lost)
    }


def purge_left_behind(session: WriteSession, found: Mapping[str, str]) -> None:
    """Enter the deletion of these layers once more. Whose they were is not known any more, so
    everybody's marks come home first."""
    for layer, document in found.items():
        log.warning("marks_left_behind", layer=layer)
        payload = {"layer_id": layer, "owner": "", "document_id": document}
        enqueue(session, PURGE, payload, unique=f"{PURGE}:{layer}")


@dataclass
class TrimMarks:
    """The daily job."""

    database: Database
    history_days: int
    deleted_days: int

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Some at a time, until nothing is old enough."""
        now = clock.unix_ms()
        history, deleted = now - self.history_days * DAY_MS, now - self.deleted_days * DAY_MS
        while await self.database.write(SYSTEM, trim_answers, history):
            pass
        start: int | None = 0
        while start is not None:
            start = await self.database.write(SYSTEM, trim_history, history, start)
        while await self.database.write(SYSTEM, trim_deleted, deleted):
            pass
        await purge_layers(self.database, await self.database.read(_orphans))
        found = await self.database.read(left_behind)
        if found:
            await self.database.write(SYSTEM, purge_left_behind, found)
