"""Files no row names are dropped; what is stored, named or young never is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from sqlalchemy import inspect

from server import clock
from server.database import Database, WriteSession
from server.documents.collecting import NAMED_BY, CollectFiles
from server.documents.routes import Uploads
from server.documents.tables import VersionRow
from server.errors import Busy
from server.http.files import Files
from server.identity import SYSTEM
from tests.unit.server.world import Province

DAY = 86_400


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path / "files")
    made.prepare()
    return made


def old(files: Files, content: bytes) -> str:
    """A file stored two days ago."""
    sha256 = files.put(content).sha256
    at = clock.unix_ms() / 1000 - 2 * DAY
    os.utime(files.path(sha256), (at, at))
    return sha256


def lies(files: Files, sha256: str) -> bool:
    return files.path(sha256).exists()


async def test_only_old_files_that_no_row_names_are_dropped(
    database: Database, files: Files
) -> None:
    province = Province(database)
    await database.write(SYSTEM, province.make)
    named = {
        column: old(files, f"in use as {table} {column}".encode()) for table, column in NAMED_BY[:3]
    }
    loose = [old(files, f"left over {number}".encode()) for number in range(40)]
    young = files.put(b"stored just now").sha256
    paper = province.papers["public"]

    def write(session: WriteSession) -> None:
        fixed = {"id": paper, "document_id": paper, "ordinal": 1, "state": "ready"}
        session.add(VersionRow(**fixed, file_name="a.pdf", size=1, **named))

    await database.write(SYSTEM, write)
    await CollectFiles(database, files, DAY)({})
    assert not [one for one in loose if lies(files, one)]
    assert all(lies(files, one) for one in [*named.values(), young])


async def test_a_file_stored_again_is_young(database: Database, files: Files) -> None:
    """Two offices send the same paper; the first one's document is gone, its file is in reuse."""
    content = b"the same paper"
    sha256 = old(files, content)
    assert files.put(content).sha256 == sha256
    await CollectFiles(database, files, DAY)({})
    assert lies(files, sha256)
    assert not files.drop(sha256, clock.unix_ms() / 1000 - DAY)


async def test_a_file_stored_while_it_is_being_collected_stays(
    database: Database, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"comes back at the last moment"
    sha256 = old(files, content)
    kept = Files.drop

    def drop(self: Files, name: str, before: float) -> bool:
        self.put(content)
        return kept(self, name, before)

    monkeypatch.setattr(Files, "drop", drop)
    await CollectFiles(database, files, DAY)({})
    assert lies(files, sha256)
    assert hashlib.sha256(files.path(sha256).read_bytes()).hexdigest() == sha256


NO_FILES = {("document_version", "manifest_sha")}


def test_every_column_that_names_a_file_is_known(closed_database: Database) -> None:
    with closed_database.reader.connect() as connection:
        seen = inspect(connection)
        columns = {
            (table, column["name"])
            for table in seen.get_table_names()
            for column in seen.get_columns(table)
            if column["name"].endswith("_sha") or column["name"] == "sha256"
        }
    assert columns - NO_FILES == set(NAMED_BY)


def test_so_many_files_arrive_at_once_and_no_more() -> None:
    uploads = Uploads(2)
    with uploads.place(), uploads.place():
        with pytest.raises(Busy) as refused, uploads.place():
            pass
        assert refused.value.code == "too_many_uploads"
    with uploads.place():
        assert uploads.count == 1
    assert uploads.count == 0
