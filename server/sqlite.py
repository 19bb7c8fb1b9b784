"""How the SQLite file is opened, which versions are safe, and what its errors mean.

The WAL is written with `synchronous=FULL`: what is answered is on the disk
(https://sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pysqlite3
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from server.errors import Busy, DomainError

OLDEST_SQLITE = (3, 51, 3)
"""3.7.0 to 3.51.2 have a WAL-reset bug that can lose acknowledged commits."""

CHECKPOINT_PAGES = 4000
"""About 16 MB of WAL before the writer folds it back; a smaller one stalls pushes more often."""


def _prepare(engine: Engine, *, writer: bool, lock_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={lock_ms}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA cache_size=-16000")
        if writer:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The writer may have begun already, on the driver's connection (`writer.py`).
        if not raw_of(connection).in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


def open_engine(path: Path, *, writer: bool, size: int, lock_ms: int) -> Engine:
    """The writer's one connection, or `size` of readers that cannot write. `lock_ms`: how long
    another process may hold the file."""
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}",
        module=pysqlite3.dbapi2,
        connect_args={"check_same_thread": False},
        poolclass=sqlalchemy.pool.QueuePool,
        pool_size=size,
        max_overflow=0,
    )
    _prepare(engine, writer=writer, lock_ms=lock_ms)
    return engine


def as_domain_error(error: BaseException) -> BaseException:
    """What the disk or a lock did, by its code. The first trouble may hide behind another: after
    a full disk no savepoint is left to roll back to."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(error, DomainError):
        words = str(inner)
        if "disk is full" in words:
            return DomainError("disk_full", 507)
        if "disk I/O error" in words or "readonly database" in words:
            return DomainError("storage_failed", 507)
        if "database is locked" in words:
            return Busy()
        inner = inner.__cause__ or inner.__context__
    return error


def require_safe_sqlite(writer: Engine) -> None:
    """Refuse a library or a mode that can lose what was acknowledged."""
    found = tuple(int(part) for part in pysqlite3.sqlite_version.split("."))
    if found < OLDEST_SQLITE:
        raise RuntimeError(f"SQLite {pysqlite3.sqlite_version} can lose acknowledged commits")
    with writer.connect() as connection:
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if (level, mode) != (2, "wal"):
        raise RuntimeError(f"SQLite runs with synchronous={level}, journal_mode={mode}")


def raw_of(connection: Connection) -> Any:
    """The DB-API connection below."""
    return connection.connection.dbapi_connection
