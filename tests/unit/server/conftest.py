"""A database of its own for each test, with the real tables and the real reactions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import clock
from server.database import Database, Wiring
from server.migrations.migrate import migrate
from server.reactions import react
from server.writer import Effects
from tests.harness.retention import Time
from tests.harness.writing import Desk


@pytest.fixture
def told() -> list[Effects]:
    """What was told after each COMMIT."""
    return []


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file without a row, to be copied: hundreds of tests begin with one."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    database = Database(path)
    migrate(database)
    database.stop()
    return path


@pytest.fixture
def closed_database(tmp_path: Path, empty: Path, told: list[Effects]) -> Iterator[Database]:
    """Migrated, without its writer thread: for `write_now` and `read_now`."""
    path = tmp_path / "test.sqlite3"
    shutil.copyfile(empty, path)
    database = Database(path, wiring=Wiring(react, told.append))
    yield database
    database.stop()


@pytest.fixture
async def database(closed_database: Database) -> Database:
    """Migrated and running."""
    closed_database.start()
    return closed_database


@pytest.fixture
def time() -> Iterator[Time]:
    wall = Time()
    with clock.replaced(wall=wall):
        yield wall


@pytest.fixture
async def desk(database: Database, time: Time) -> Desk:
    return Desk(database)
