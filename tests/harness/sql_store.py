"""The server's SQL store under the annotation state machine: a real SQLite file per example."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3

from annotations.model import Layer
from annotations.store import Store
from server.annotating.store import SqlStore
from server.app import build_server
from server.migrations.migrate import migrate
from server.settings import Settings

T = TypeVar("T")


class SqlStores:
    """Makes stores that start as a migrated, empty database."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="annotation-stores-")
        self._template = Path(self._folder.name) / "empty.sqlite3"
        data = Path(self._folder.name) / "data"
        server = build_server(Settings(data=data))
        migrate(server.database)
        server.database.stop()
        source = pysqlite3.connect(str(data / "phonghop.sqlite3"))
        source.execute("VACUUM INTO ?", (str(self._template),))
        source.close()
        self._made = 0

    def make(self) -> SqlStoreUnderTest:
        self._made += 1
        path = self._template.with_name(f"store{self._made}.sqlite3")
        shutil.copyfile(self._template, path)
        return SqlStoreUnderTest(path)

    def close(self) -> None:
        self._folder.cleanup()


class SqlStoreUnderTest:
    """See annotation_stores.StoreUnderTest. A crash here is of the process, not of the power, so
    the file is not synced: the order of COMMIT and answer is what is looked at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = self._connect()

    def _connect(self) -> Any:
        connection = pysqlite3.connect(str(self.path), isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
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
        self.connection = self._connect()

    def add_layer(self, layer: Layer) -> None:
        self.connection.execute(
            "INSERT INTO layer (id, document_id, kind, owner, head_seq, min_seq, title, audience, "
            "made_at) "
            "VALUES (?, ?, ?, ?, ?, ?, '', 'me', 0)",
            (layer.id, layer.document, layer.kind, layer.owner, layer.head_seq, layer.min_seq),
        )

    def forget_deleted(self, layer: str) -> set[str]:
        gone = self.connection.execute(
            "DELETE FROM annotation WHERE layer = ? AND deleted RETURNING id", (layer,)
        ).fetchall()
        self.connection.execute("UPDATE layer SET min_seq = head_seq WHERE id = ?", (layer,))
        return {str(row[0]) for row in gone}

    def close(self) -> None:
        self.connection.close()
        for name in (self.path, *self.path.parent.glob(f"{self.path.name}-*")):
            name.unlink(missing_ok=True)
