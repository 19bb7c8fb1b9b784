"""Marks of a file on their way into a layer: broken off, gone on with, no thread torn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request

from annotations.fullness import Fullness
from annotations.imported import ImportedMark
from annotations.model import Annotation
from server import permissions
from server.annotating import layers, take_marks
from server.database import Database, WriteSession
from server.endpoints import ENDPOINTS
from server.errors import DomainError
from server.http.endpoint import Call, Rooms
from server.settings import Settings
from tests.harness.writing import Desk

VERSION = "0196f3a0-2222-4aaa-8bbb-000000000002"
HERE = ImportedMark(0, "note", {"point": [1, 2]}, {}, "Hỏi", foreign_props={"nm": "a", "pdf": {}})
THREAD = [
    replace(HERE, body="Đáp", reply_to=2, foreign_props={"nm": "b", "pdf": {}}),
    replace(HERE, body="Đáp nữa", reply_to=2, foreign_props={"pdf": {}}),
    HERE,
    replace(HERE, body="Khác", foreign_props={"nm": "c", "pdf": {}}),
]


@pytest.fixture
async def desk(database: Database) -> Desk:
    return Desk(database)


async def take(desk: Desk, marks: list[ImportedMark]) -> int:
    """As the handler does once the file is read."""
    (endpoint,) = (one for one in ENDPOINTS if one.handler is take_marks.take_marks)
    document, actor = desk.province.papers["public"], desk.actor("delegate")
    rooms = Rooms(desk.database, Settings())
    ids = {"document_id": document, "version_id": VERSION}
    call = Call(Request({"type": "http"}), endpoint, rooms, permissions.require, actor, ids)
    layer = await call.write(layers.open_private_layer, document)
    return await take_marks._add_all(call, take_marks._taken(layer, VERSION, marks))


def written(desk: Desk) -> list[Annotation]:
    actor, document = desk.actor("delegate"), desk.province.papers["public"]
    layer = desk.database.read_now(layers.private_layer, document, actor.person_id)
    assert layer is not None
    return list(desk.database.read_now(layers.marks_on, layer))


@pytest.mark.parametrize("broken_at", [1, 2, 3, 4])
async def test_an_import_broken_off_is_finished_with_its_threads_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, broken_at: int
) -> None:
    monkeypatch.setattr(take_marks, "MARKS_AT_ONCE", 1)
    add, pieces = take_marks._add, []

    def dies(session: WriteSession, *given: Any) -> int | None:
        pieces.append(given)
        if len(pieces) == broken_at:
            raise RuntimeError("the power is gone")
        return add(session, *given)

    monkeypatch.setattr(take_marks, "_add", dies)
    with pytest.raises(RuntimeError):
        await take(desk, THREAD)
    before = {mark.id for mark in written(desk)}
    assert len(before) == broken_at - 1
    monkeypatch.setattr(take_marks, "_add", add)
    assert await take(desk, THREAD) == len(THREAD) - len(before)
    marks = {mark.body: mark for mark in written(desk)}
    assert len(marks) == len(THREAD)
    assert before <= {mark.id for mark in marks.values()}
    asked = marks["Hỏi"].id
    answers = {body: mark.reply_to for body, mark in marks.items()}
    assert answers == {"Hỏi": None, "Khác": None, "Đáp": asked, "Đáp nữa": asked}
    assert await take(desk, THREAD) == 0


async def test_what_comes_onto_the_layer_meanwhile_is_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file on its way twice, and the pen in between."""
    monkeypatch.setattr(take_marks, "MARKS_AT_ONCE", 2)
    missing, others = take_marks._missing, []

    def looks(*given: Any) -> list[Annotation]:
        found = missing(*given)
        others.append(found)
        return found

    monkeypatch.setattr(take_marks, "_missing", looks)
    write = Database.write

    async def between(self: Database, *given: Any) -> Any:
        if len(others) == 1:
            others.append([])
            assert await take(desk, THREAD[2:]) == 2
            await desk.note("delegate", "public", "Nét bút")
        return await write(self, *given)

    monkeypatch.setattr(Database, "write", between)
    assert await take(desk, THREAD) == 2
    marks = {mark.body: mark for mark in written(desk)}
    assert len(marks) == len(written(desk)) == len(THREAD) + 1
    assert marks["Đáp"].reply_to == marks["Đáp nữa"].reply_to == marks["Hỏi"].id


async def test_a_file_that_would_overfill_the_layer_is_refused_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_marks, "Fullness", lambda: Fullness(len(THREAD) - 1))
    with pytest.raises(DomainError, match="layer_full"):
        await take(desk, THREAD)
    assert written(desk) == []
