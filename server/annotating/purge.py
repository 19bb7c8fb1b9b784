"""The job that takes the marks of a deleted layer away, with their history: in pieces, so that no
piece holds the writer for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from server.annotating.tables import LayerRow
from server.database import Database, WriteSession
from server.identity import SYSTEM

MARKS_AT_ONCE = 200
"""Marks, and as many entries of the op log, in one transaction: some 3 ms of the writer."""


def purge_some(session: WriteSession, layer_id: str) -> bool:
    """Take some away; False when nothing was left."""
    if session.get(LayerRow, layer_id) is not None:
        return False
    given = {"layer": layer_id, "most": MARKS_AT_ONCE}
    connection = session.connection()
    marks = connection.execute(
        text(
            "DELETE FROM annotation WHERE id IN "
            "(SELECT id FROM annotation WHERE layer = :layer LIMIT :most)"
        ),
        given,
    )
    ops = connection.execute(
        text(
            "DELETE FROM op WHERE layer = :layer AND seq IN "
            "(SELECT seq FROM op WHERE layer = :layer LIMIT :most)"
        ),
        given,
    )
    return marks.rowcount + ops.rowcount > 0


@dataclass
class PurgeLayer:
    """The job's handler."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Go on until nothing is left."""
        while await self.database.write(SYSTEM, purge_some, str(payload["layer_id"])):
            pass
