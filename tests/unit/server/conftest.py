"""A database of its own for each test, with the real tables and the real reactions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.database import Database, Effects, Wiring
from server.migrations.migrate import migrate
from server.reactions import react


@pytest.fixture
def told() -> list[Effects]:
    """What was told after each COMMIT."""
    return []


@pytest.fixture
def closed_database(tmp_path: Path, told: list[Effects]) -> Iterator[Database]:
    """Migrated, without its writer thread: for `write_now` and `read_now`."""
    database = Database(tmp_path / "test.sqlite3", wiring=Wiring(react, told.append))
    migrate(database)
    yield database
    database.stop()


@pytest.fixture
async def database(closed_database: Database) -> Database:
    """Migrated and running."""
    closed_database.start()
    return closed_database
