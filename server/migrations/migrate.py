"""Bringing the database to this version, at every start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from server.database import Database


def config(connection: Connection) -> Config:
    """Alembic's configuration without any ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing."""
    with database.writer.connect() as connection, connection.begin():
        command.upgrade(config(connection), "head")
