"""The annotation store on SQLite under the state machine that MemoryStore passes too."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pysqlite3
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from annotations.model import Layer
from annotations.store import Store
from server.annotating.store import SqlStore
from server.migrations import tables
from tests.harness.annotation_machine import annotation_machine

T = TypeVar("T")
TABLES = ("layer", "annotation", "op", "push")


class SqlStoreUnderTest:
    """A file with real transactions; a crash throws the connection away uncommitted."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "marks.sqlite3"
        self.connection = self._open()
        assert tables.ALL
        for name in TABLES:
            table = SQLModel.metadata.tables[name]
            self.connection.execute(str(CreateTable(table)))
            for index in table.indexes:
                self.connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))

    def _open(self) -> pysqlite3.Connection:
        connection = pysqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")  # the machine crashes processes, not disks
        return connection

    def transact(self, work: Callable[[Store], T]) -> T:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(SqlStore(self.connection))
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def crash(self) -> None:
        self.connection.close()
        self.connection = self._open()

    def add_layer(self, layer: Layer) -> None:
        self.connection.execute(
            "INSERT INTO layer (id, document_id, kind, owner, head_seq, min_seq, title, audience, "
            "made_at) "
            "VALUES (?, ?, ?, ?, ?, ?, '', 'me', 0)",
            (layer.id, layer.document, layer.kind, layer.owner, layer.head_seq, layer.min_seq),
        )

    def forget_deleted(self, layer: str) -> None:
        self.connection.execute("DELETE FROM annotation WHERE layer = ? AND deleted", (layer,))
        self.connection.execute("UPDATE layer SET min_seq = head_seq WHERE id = ?", (layer,))

    def close(self) -> None:
        self.connection.close()
        self.folder.cleanup()


TestSqlStore = annotation_machine(SqlStoreUnderTest, examples=25)
