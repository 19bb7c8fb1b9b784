"""What marks leave behind goes after a while, and no tablet is fooled by it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from server.annotating import purge as purging
from server.annotating import trimming
from server.annotating.messages import NewLayer
from server.annotating.purge import PurgeLayer
from server.annotating.retention import plan_overdue
from server.annotating.rules import Bounds
from server.annotating.sharing import delete_layer, make_layer
from server.annotating.trimming import TrimMarks
from server.database import Database, WriteSession
from server.documents import actions as documents
from server.identity import SYSTEM
from server.meetings.rules import DAY_MS
from tests.harness.retention import NOW, Time, count
from tests.harness.writing import Desk

LATER = NOW + 100 * DAY_MS


@pytest.fixture
def trim(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> TrimMarks:
    monkeypatch.setattr(trimming, "AT_ONCE", 3)
    return TrimMarks(desk.database, history_days=90, deleted_days=400)


async def shared_layer(desk: Desk) -> str:
    """One that the delegate shares with everybody."""
    new = NewLayer(title="Chung", audience="everyone")
    made = await desk.database.write(
        desk.actor("delegate"), make_layer, desk.province.papers["public"], new, Bounds(9, 9, 9)
    )
    return made.id


def waiting(desk: Desk) -> list[dict[str, Any]]:
    """The deletions of layers that wait."""
    sought = text("SELECT payload FROM job WHERE kind = 'purge_layer' AND state = 'waiting'")
    rows = desk.database.read_now(lambda s: s.connection().execute(sought).all())
    return [json.loads(row[0]) for row in rows]


async def test_old_answers_and_old_history_go_the_young_stay(
    desk: Desk, time: Time, trim: TrimMarks
) -> None:
    marks = [await desk.note("delegate", "public", f"cũ {number}") for number in range(8)]
    for mark in marks:
        await desk.change("delegate", mark, "cũ hơn")
    time.ms = LATER
    young = await desk.note("delegate", "public", "mới")
    await desk.change("delegate", young, "mới hơn")
    assert (count(desk.database, "push"), count(desk.database, "op")) == (18, 9)
    await trim({})
    assert (count(desk.database, "push"), count(desk.database, "op")) == (2, 1)
    assert [desk.find(mark).body for mark in marks][:2] == ["cũ hơn", "cũ hơn"]
    time.ms = LATER + 91 * DAY_MS
    await trim({})
    assert count(desk.database, "push") == count(desk.database, "op") == 0


async def test_who_changed_what_on_a_shared_layer_stays(
    desk: Desk, time: Time, trim: TrimMarks
) -> None:
    shared = await shared_layer(desk)
    for number in range(4):
        await desk.note("chosen", "public", f"chung {number}", layer=shared)
        await desk.note("delegate", "public", f"riêng {number}")
    time.ms = LATER
    await trim({})
    assert count(desk.database, "op", f"layer = '{shared}'") == 4
    assert count(desk.database, "op") == 4
    assert count(desk.database, "push") == 0


async def test_a_deleted_shared_layer_whose_job_was_laid_aside_leaves_nothing(
    desk: Desk, trim: TrimMarks
) -> None:
    shared = await shared_layer(desk)
    await desk.note("delegate", "public", "chung", layer=shared)
    await desk.database.write(desk.actor("delegate"), delete_layer, shared)
    await desk.database.write(
        SYSTEM, lambda s: s.connection().execute(text("UPDATE job SET state = 'failed'"))
    )
    assert desk.database.read_now(trimming.left_behind) == {}
    await desk.database.write(SYSTEM, plan_overdue)
    (again,) = waiting(desk)
    assert again["layer_id"] == shared
    await PurgeLayer(desk.database)(again)
    assert count(desk.database, "annotation") == count(desk.database, "op") == 0


async def test_answers_of_deleted_layers_go_in_one_pass_that_writes_only_what_it_finds(
    desk: Desk, trim: TrimMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Years of answers were trimmed away before, and most of those that are there stay."""
    monkeypatch.setattr(purging, "ANSWERS_AT_ONCE", 7)
    for number in range(20):
        await desk.note("chosen", "public", f"riêng {number}")
    lost = [await shared_layer(desk) for _ in range(2)]
    for layer in lost:
        for _ in range(6):
            await desk.note("delegate", "public", "chung", layer=layer)

    def years_later(session: WriteSession) -> None:
        session.connection().execute(text("UPDATE push SET rowid = rowid + 30000000"))
        session.connection().execute(text("DELETE FROM op"))  # found by no history

    await desk.database.write(SYSTEM, years_later)
    for layer in lost:
        await desk.database.write(desk.actor("delegate"), delete_layer, layer)
    for one in waiting(desk):
        await PurgeLayer(desk.database)(one)
    assert count(desk.database, "job", f"kind = '{purging.FORGET}'") == 1
    write, writes = Database.write, []

    async def counted(self: Database, *given: Any, **more: Any) -> Any:
        writes.append(given)
        return await write(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", counted)
        await purging.ForgetAnswers(desk.database)({})
    assert count(desk.database, "push") == 20
    assert 1 <= len(writes) <= 4


async def test_marks_without_a_layer_and_without_a_job_are_found(
    desk: Desk, trim: TrimMarks
) -> None:
    kept = await desk.note("delegate", "public", "riêng")
    lost = [await shared_layer(desk) for _ in range(2)]
    for layer in lost:
        mark = await desk.note("delegate", "public", "chung", layer=layer)
        await desk.delete("delegate", mark)
        await desk.database.write(desk.actor("delegate"), delete_layer, layer)

    def lose(session: WriteSession) -> None:
        session.connection().execute(text("DELETE FROM job"))
        session.connection().execute(
            text("DELETE FROM annotation WHERE layer = :layer"), {"layer": lost[1]}
        )

    await desk.database.write(SYSTEM, lose)
    await trim({})
    await trim({})
    again = waiting(desk)
    assert sorted(one["layer_id"] for one in again) == sorted(lost)
    for one in again:
        await PurgeLayer(desk.database)(one)
    assert count(desk.database, "annotation") == 1
    assert count(desk.database, "op", f"layer != '{kept.layer}'") == 0


async def test_a_push_repeated_after_its_answer_went_makes_no_second_mark(
    desk: Desk, time: Time, trim: TrimMarks
) -> None:
    mark = await desk.note("delegate", "public", "một lần")
    time.ms = LATER
    await trim({})
    put = {
        "op": "put",
        "id": mark.id,
        "version": str(uuid.uuid4()),
        "page": 0,
        "kind": "note",
        "created": NOW,
        "geometry": {"point": [1, 2]},
        "style": {},
        "body": "một lần",
    }
    answer = await desk.push("delegate", mark.layer, [put])
    assert (answer["t"], answer["code"]) == ("ann.nack", "id_taken")
    assert count(desk.database, "annotation") == 1


async def test_an_old_cursor_gets_a_snapshot_once_deletions_are_forgotten(
    desk: Desk, time: Time, trim: TrimMarks
) -> None:
    marks = [await desk.note("delegate", "public", str(number)) for number in range(5)]
    for mark in marks[:4]:
        await desk.delete("delegate", mark)
    layer = marks[0].layer

    async def opened(cursor: int) -> dict[str, Any]:
        return await desk.send("delegate", {"t": "ann.open", "layer": layer, "cursor": cursor})

    assert (await opened(5))["t"] == "ann.delta"
    time.ms = NOW + 401 * DAY_MS
    await trim({})
    assert count(desk.database, "annotation") == 1
    late = await opened(5)
    assert (late["t"], [item["id"] for item in late["items"]]) == ("ann.snapshot", [marks[4].id])
    assert (await opened(9))["t"] == "ann.delta"
    answer = await desk.push(
        "delegate", layer, [{"op": "restore", "id": marks[0].id, "base_rev": 2}]
    )
    assert answer["code"] == "unknown_annotation"


async def test_layers_of_a_deleted_draft_go(desk: Desk, trim: TrimMarks) -> None:
    gone = await desk.note("secretary", "draft", "của tài liệu đã xóa")
    kept = await desk.note("chosen", "restricted", "của tài liệu còn đó")
    paper = desk.province.papers["draft"]
    await desk.database.write(desk.actor("secretariat"), documents.delete_document, paper)
    await trim({})
    assert count(desk.database, "annotation") == 1
    assert desk.find(kept).body == "của tài liệu còn đó"
    assert count(desk.database, "layer", f"id = '{gone.layer}'") == 0


async def test_layers_of_a_withdrawn_document_stay(desk: Desk, trim: TrimMarks) -> None:
    kept = await desk.note("delegate", "public", "của tài liệu đã rút")
    paper = desk.province.papers["public"]
    await desk.database.write(desk.actor("secretariat"), documents.delete_document, paper)
    await trim({})
    assert desk.find(kept).body == "của tài liệu đã rút"


async def test_the_index_that_finds_deleted_marks_is_used(desk: Desk) -> None:
    def ask(session: Any) -> str:
        rows = session.connection().execute(
            text(
                "EXPLAIN QUERY PLAN SELECT id, layer, seq FROM annotation "
                "WHERE deleted = 1 AND modified < 5 ORDER BY modified LIMIT 3"
            )
        )
        return str(rows.all())

    assert "ix_annotation_deleted" in desk.database.read_now(ask)
