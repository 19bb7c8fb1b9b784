"""Finished files on their way to slow tablets hold no place where files are made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request

from server import permissions
from server.annotating import export
from server.annotating.export import Exports, export_document, send_made
from server.database import Database
from server.endpoints import ENDPOINTS
from server.errors import Busy, DomainError
from server.http.endpoint import Call, Rooms
from server.http.files import Files
from server.identity import Actor
from server.sandbox.export import ExportedPdf
from server.sandbox.refusals import DocumentRefused
from server.settings import Settings

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}


class Child:
    """What the process with the finished file says."""

    def __init__(self, parts: int, dies: bool = False) -> None:
        self.parts, self.dies, self.ended = parts, dies, False

    async def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        if self.dies:
            raise DocumentRefused("crashed", "gone")
        return {"event": "chunk"}, [b"x" * 1000]

    @contextlib.asynccontextmanager
    async def making(self) -> AsyncIterator[ExportedPdf]:
        yield ExportedPdf(self.parts * 1000, 0, 0, cast(Any, self))
        self.ended = True


class Line:
    """A tablet that takes nothing until it is told to."""

    def __init__(self) -> None:
        self.reads, self.got = asyncio.Event(), b""

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.got += message.get("body", b"")


@pytest.fixture
def call(closed_database: Database, tmp_path: Path) -> Call:
    (endpoint,) = (one for one in ENDPOINTS if one.handler is export_document)
    rooms = Rooms(closed_database, Settings())
    files = Files(tmp_path / "files")
    files.prepare()
    rooms.add(files)
    rooms.add(Exports(at_once=1, waiting=0))
    me = Actor("me", "", "", "")
    return Call(Request({"type": "http"}), endpoint, rooms, permissions.require, me, {})


def sending(call: Call, child: Child) -> Any:
    return send_made(call, child.making(), "application/pdf", "a.pdf", unavailable="no")


async def test_a_slow_download_holds_no_place_where_files_are_made(call: Call) -> None:
    child, slow = Child(3), Line()
    first = await sending(call, child)
    assert child.ended
    going = asyncio.create_task(first(SCOPE, slow.receive, slow.send))
    for _ in range(3):
        quick = Line()
        quick.reads.set()
        await (await sending(call, Child(2)))(SCOPE, quick.receive, quick.send)
        assert quick.got == b"x" * 2000
    slow.reads.set()
    await going
    assert slow.got == b"x" * 3000
    assert call.rooms.get(Exports).sent_now == 0


async def test_who_takes_nothing_is_given_up(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LEAST_SECONDS", 0)
    monkeypatch.setattr(export, "SLOWEST_LINE", 1 << 40)
    answer, slow = await sending(call, Child(1)), Line()
    await answer(SCOPE, slow.receive, slow.send)
    assert (slow.got, answer.file.closed) == (b"", True)
    assert call.rooms.get(Exports).sent_now == 0


async def test_finished_files_on_the_disk_are_bounded(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_SENT", 2)
    answers = [await sending(call, Child(1)) for _ in range(2)]
    with pytest.raises(Busy):
        await sending(call, Child(1))
    for answer in answers:
        line = Line()
        line.reads.set()
        await answer(SCOPE, line.receive, line.send)
    await sending(call, Child(1))


async def test_one_person_cannot_hold_all_of_them(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_SENT_EACH", 2)
    answers = [await sending(call, Child(1)) for _ in range(2)]
    with pytest.raises(Busy):
        await sending(call, Child(1))
    other = replace(call, maybe_actor=Actor("other", "", "", ""))
    answers.append(await sending(other, Child(1)))
    for answer in answers:
        line = Line()
        line.reads.set()
        await answer(SCOPE, line.receive, line.send)
    await sending(call, Child(1))


async def test_a_process_that_dies_on_the_way_is_a_refusal_and_no_half_file(call: Call) -> None:
    with pytest.raises(DomainError, match="crashed"):
        await sending(call, Child(1, dies=True))
    assert call.rooms.get(Exports).sent_now == 0
