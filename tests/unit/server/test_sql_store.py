"""The annotation store on SQLite under the state machine that MemoryStore passes too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import pysqlite3
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from annotations.model import Annotation, Layer, to_wire
from annotations.store import Store
from server.annotating.group_store import GroupStore
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

    def store(self) -> SqlStore:
        return SqlStore(self.connection)

    def transact(self, work: Callable[[Store], T]) -> T:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            store = self.store()
            result = work(store)
            if isinstance(store, GroupStore):
                store.write()
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

    def forget_deleted(self, layer: str) -> set[str]:
        gone = self.connection.execute(
            "DELETE FROM annotation WHERE layer = ? AND deleted RETURNING id", (layer,)
        ).fetchall()
        self.connection.execute("UPDATE layer SET min_seq = head_seq WHERE id = ?", (layer,))
        return {str(row[0]) for row in gone}

    def close(self) -> None:
        self.connection.close()
        self.folder.cleanup()


TestSqlStore = annotation_machine(SqlStoreUnderTest, examples=25)


def _id(number: int) -> str:
    return f"0196f3a1-0000-7000-8000-{number:012x}"


BARE = Annotation(
    id=_id(1),
    layer=_id(100),
    document=_id(200),
    version=_id(300),
    page=0,
    kind="note",
    rev=1,
    seq=1,
    deleted=False,
    author=_id(400),
    created=1_763_800_000_000,
    modified=1_763_800_000_001,
    geometry={"point": [10.5, 20]},
    style={"color": "#ffd84d", "opacity": 0.4},
)
SELECTOR = {
    "type": "TextQuoteSelector",
    "exact": 'mức "đầu tư" \\ một',
    "prefix": "",
    "suffix": "\n",
}
MARKS = [
    BARE,
    replace(
        BARE, id=_id(2), seq=2, page=3, body='Cần "làm rõ"\n\tsố liệu \\ \u2028 😀', resolved=True
    ),
    replace(BARE, id=_id(3), seq=3, kind="ink", ink=bytes(range(256)), page=3),
    replace(BARE, id=_id(4), seq=4, anchor=[SELECTOR], reply_to=_id(1)),
    replace(BARE, id=_id(5), seq=5, foreign_props={"by": 'Ông "A"', "other": 1}),
    replace(BARE, id=_id(6), seq=6, foreign_props={"other": 1}),
    replace(BARE, id=_id(7), seq=7, carried_from=_id(1), carry_state="fuzzy"),
    replace(BARE, id=_id(8), seq=8, deleted=True),
]


def test_a_layer_sent_as_it_is_stored_says_what_its_marks_say() -> None:
    under_test = SqlStoreUnderTest()
    layer = Layer(BARE.layer, BARE.document, "private", BARE.author, head_seq=8)
    under_test.add_layer(layer)
    under_test.transact(lambda store: cast(SqlStore, store).load(layer, MARKS))

    def texts(page: int | None) -> list[dict[str, object]]:
        made = under_test.transact(
            lambda store: [
                text
                for elsewhere in (False, True)
                for _, text in store.snapshot_texts(layer.id, page, elsewhere, 0)
            ]
        )
        return [json.loads(text) for text in made]

    living = [to_wire(mark) for mark in MARKS[:-1]]
    assert texts(None) == living
    assert [list(one) for one in texts(None)] == [list(one) for one in living]
    behind = under_test.transact(lambda store: list(store.snapshot_texts(layer.id, 0, False, 3)))
    assert [seq for seq, _ in behind] == [4, 5, 6, 7]
    assert texts(3) == [living[1], living[2], living[0], *living[3:]]
    under_test.close()
