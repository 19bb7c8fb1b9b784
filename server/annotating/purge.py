"""The job that takes the marks of a deleted layer away, with their history, once those of others
are home: in pieces, so that no piece holds the writer for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from server.annotating.homecoming import bring_some_home
from server.annotating.tables import LayerRow
from server.database import Database, WriteSession
from server.identity import SYSTEM

MARKS_AT_ONCE = 200
"""Marks, and as many entries of the op log, in one transaction: some 3 ms of the writer."""

_SOME_OPS = "(SELECT seq FROM op WHERE layer = :layer ORDER BY seq LIMIT :most)"
_TAKE = (
    "DELETE FROM annotation WHERE id IN "
    "(SELECT id FROM annotation WHERE layer = :layer LIMIT :most)",
    "DELETE FROM push WHERE (outbox, op_no) IN "  # noqa: S608 - constants only
    f"(SELECT outbox, op_no FROM op WHERE layer = :layer AND seq IN {_SOME_OPS})",
    f"DELETE FROM op WHERE layer = :layer AND seq IN {_SOME_OPS}",  # noqa: S608
)

ANSWERS_AT_ONCE = 2000
"""Answers that are looked at in one transaction: about a millisecond of the writer."""


def purge_some(session: WriteSession, layer_id: str) -> bool:
    """Take some away of a layer that is no more; False when nothing was left."""
    return session.get(LayerRow, layer_id) is None and take_some(session, layer_id)


def take_some(session: WriteSession, layer_id: str) -> bool:
    """Take marks of a layer away with their history; False when nothing was left."""
    given = {"layer": layer_id, "most": MARKS_AT_ONCE}
    connection = session.connection()
    taken = 0
    for statement in _TAKE:
        taken += connection.execute(text(statement), given).rowcount
    return taken > 0


def forget_answers(session: WriteSession, start: int) -> int | None:
    """Drop the answers of pushes onto layers that are no more, from row `start` on; where to go
    on, None at the end. There is no index for it: it would cost every stroke a page of the disk."""
    connection = session.connection()
    last = connection.execute(text("SELECT max(rowid) FROM push")).scalar()
    if last is None or start > last:
        return None
    connection.execute(
        text(
            "DELETE FROM push WHERE rowid >= :start AND rowid < :end AND layer != '' "
            "AND NOT EXISTS (SELECT 1 FROM layer WHERE layer.id = push.layer)"
        ),
        {"start": start, "end": start + ANSWERS_AT_ONCE},
    )
    return start + ANSWERS_AT_ONCE


async def forget_all_answers(database: Database) -> None:
    """All of them, some at a time."""
    start: int | None = 0
    while start is not None:
        start = await database.write(SYSTEM, forget_answers, start)


@dataclass
class PurgeLayer:
    """The job's handler."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Go on until nothing is left."""
        layer_id = str(payload["layer_id"])
        if "owner" in payload:
            home = (layer_id, str(payload["owner"]), str(payload["document_id"]))
            while await self.database.write(SYSTEM, bring_some_home, *home):
                pass
        while await self.database.write(SYSTEM, purge_some, layer_id):
            pass
        await forget_all_answers(self.database)
