"""The job that takes the marks of a deleted layer away, with their history, once those of others
are home: in pieces, so that no piece holds the writer for long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from server.annotating.homecoming import bring_home
from server.annotating.tables import LayerRow
from server.database import Database, WriteSession
from server.identity import SYSTEM
from server.jobs.queue import enqueue

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

ANSWERS_AT_ONCE = 10_000
"""Answers that one reading looks at: some milliseconds of a reader."""
FORGET = "forget_answers"
FORGET_MS = 300_000
"""Layers deleted within it share one pass through the answers; anybody can delete their own."""


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


def answers_of_none(session: Session, after: int) -> tuple[list[dict[str, Any]], int | None]:
    """Some answers of pushes onto layers that are no more, of those behind row `after`, and the row
    to go on from; None at the end. There is no index for it: it would cost every stroke a page of
    the disk. Readers look, so that the writer has work only where something is found."""
    connection = session.connection()
    given = {"after": after, "most": ANSWERS_AT_ONCE}
    end = connection.execute(
        text(
            "SELECT max(number) FROM (SELECT rowid AS number FROM push WHERE rowid > :after "
            "ORDER BY rowid LIMIT :most)"
        ),
        given,
    ).scalar()
    if end is None:
        return [], None
    rows = connection.execute(
        text(
            "SELECT outbox, op_no FROM push WHERE rowid > :after AND rowid <= :end "
            "AND layer != '' AND NOT EXISTS (SELECT 1 FROM layer WHERE layer.id = push.layer)"
        ),
        {"after": after, "end": end},
    )
    return [{"outbox": row[0], "op_no": row[1]} for row in rows], int(end)


def forget_answers(session: WriteSession, answers: Sequence[Mapping[str, Any]]) -> None:
    """Drop these answers."""
    dropping = text("DELETE FROM push WHERE outbox = :outbox AND op_no = :op_no")
    session.connection().execute(dropping, list(answers))


async def forget_all_answers(database: Database) -> None:
    """All those of layers that are no more, some at a time."""
    after: int | None = 0
    while after is not None:
        found, after = await database.read(answers_of_none, after)
        for start in range(0, len(found), MARKS_AT_ONCE):
            await database.write(SYSTEM, forget_answers, found[start : start + MARKS_AT_ONCE])


@dataclass
class ForgetAnswers:
    """The job that does so for all layers that were deleted within a few minutes."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Go through all answers once."""
        await forget_all_answers(self.database)


@dataclass
class PurgeLayer:
    """The job's handler."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Go on until nothing is left."""
        layer_id = str(payload["layer_id"])
        if "owner" in payload:
            owner, document_id = str(payload["owner"]), str(payload["document_id"])
            await bring_home(self.database, layer_id, owner, document_id)
        while await self.database.write(SYSTEM, purge_some, layer_id):
            pass
        await self.database.write(SYSTEM, enqueue, FORGET, {}, after_ms=FORGET_MS, unique=FORGET)
