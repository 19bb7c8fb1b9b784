"""Files that no row names are dropped: those of deleted documents, of replaced readings, of uploads
whose row was never written.

A file is stored before its row is, so only files that nobody stored for a while are looked at, and
storing one again makes it young; `Files` does both under one lock. The names are read in
sixteenths, so that the memory stays small however many pages there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.database import Database
from server.http.files import Files

log = structlog.get_logger(__name__)
COLLECT_FILES = "collect_files"
DIGITS = "0123456789abcdef"
AT_ONCE = 500
"""Files deleted on one thread's turn."""
NAMED_BY: tuple[tuple[str, str], ...] = (
    ("document_version", "sha256"),
    ("document_version", "words_sha"),
    ("document_version", "marks_sha"),
    ("page", "image_sha"),
    ("page", "thumb_sha"),
    ("page", "words_sha"),
)
"""Every column that names a stored file; a test finds one that is missing."""


def named_files(session: Session, digit: str) -> set[str]:
    """The names of files in use that begin with this digit."""
    found: set[str] = set()
    given = {"low": digit, "high": chr(ord(digit) + 1)}
    for table, column in NAMED_BY:
        rows = session.connection().execute(
            text(f"SELECT {column} FROM {table} WHERE {column} >= :low AND {column} < :high"),  # noqa: S608 - constants only
            given,
        )
        found.update(str(row[0]) for row in rows)
    return found


@dataclass
class CollectFiles:
    """The daily job."""

    database: Database
    files: Files
    young_seconds: int

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Look at all files, a sixteenth at a time."""
        before = clock.unix_ms() / 1000 - self.young_seconds
        dropped = 0
        for digit in DIGITS:
            old = await asyncio.to_thread(self.files.older_than, digit, before)
            if not old:
                continue
            named = await self.database.read(named_files, digit)
            loose = [one for one in old if one not in named]
            for start in range(0, len(loose), AT_ONCE):
                some = loose[start : start + AT_ONCE]
                dropped += await asyncio.to_thread(self._drop, some, before)
        if dropped:
            log.info("files_collected", files=dropped)

    def _drop(self, some: list[str], before: float) -> int:
        return sum(self.files.drop(one, before) for one in some)
