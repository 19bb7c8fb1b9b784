"""An upgrade from nothing makes exactly the tables that the code knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import Session, SQLModel

from server.database import Database
from server.migrations.migrate import migrate


def test_an_upgrade_from_nothing_equals_the_tables_of_the_code(closed_database: Database) -> None:
    with closed_database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_second_upgrade_changes_nothing(closed_database: Database) -> None:
    def count(session: Session) -> int:
        found = session.connection().execute(text("SELECT count(*) FROM sqlite_master"))
        return int(found.scalar_one())

    before = closed_database.read_now(count)
    migrate(closed_database)
    assert closed_database.read_now(count) == before


def test_a_failing_upgrade_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "half.sqlite3")
    with database.writer.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE ledger (seq INTEGER)")
    with pytest.raises(sqlalchemy.exc.OperationalError, match="ledger"):
        migrate(database)
    with database.reader.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    database.stop()
    assert tables == ["ledger"]
