"""Deleting people's marks by their meeting's rule: when, and what goes."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from annotations.imported import ImportedMark
from annotations.model import Annotation, Layer
from server import clock
from server.annotating import imported, layers, retention, take_marks
from server.annotating.messages import NewLayer
from server.annotating.rules import Bounds
from server.annotating.sharing import make_layer
from server.annotating.tombstones import Tombstones
from server.database import Database
from server.errors import DomainError, Invalid
from server.identity import SYSTEM
from server.meetings import queries
from server.meetings import retention as rules
from server.meetings.rules import DAY_MS, MarksRule
from server.writer import Effects
from tests.harness.retention import (
    BOUNDS,
    HOUR_MS,
    IMPORTED,
    NOW,
    OTHER,
    SECRET,
    Time,
    brought_along,
    close,
    count,
    head,
    jobs,
    payload,
    purge,
    put_rule,
    set_rule,
)
from tests.harness.writing import Desk


@pytest.mark.parametrize(
    ("rule", "days", "due"),
    [
        (MarksRule.KEEP, None, None),
        (MarksRule.AT_CLOSE, None, NOW + 72 * HOUR_MS),
        (MarksRule.AFTER_DAYS, 30, NOW + 30 * DAY_MS),
        (MarksRule.AFTER_DAYS, 1, NOW + 72 * HOUR_MS),
    ],
)
async def test_the_moment_is_known_at_the_close_and_never_without_a_grace(
    desk: Desk, rule: MarksRule, days: int | None, due: int | None
) -> None:
    planned = await set_rule(desk, rule, days)
    assert (planned.marks.purge_at, planned.marks.warn_at) == (None, None)
    plan = (await close(desk)).marks
    if due is None:
        assert (plan.purge_at, plan.warn_at) == (None, None)
        assert jobs(desk.database, retention.PURGE_MARKS) == []
        return
    assert plan.purge_at == queries.from_ms(due)
    assert plan.warn_at == queries.from_ms(max(NOW, due - 7 * DAY_MS))
    assert jobs(desk.database, retention.PURGE_MARKS) == [due]


async def test_a_rule_set_long_after_the_close_still_warns_first(desk: Desk, time: Time) -> None:
    await close(desk)
    time.ms = NOW + 400 * DAY_MS
    plan = (await set_rule(desk, MarksRule.AT_CLOSE)).marks
    assert plan.purge_at == queries.from_ms(time.ms + 72 * HOUR_MS)
    kept = (await set_rule(desk, MarksRule.KEEP)).marks
    assert (kept.purge_at, kept.warn_at) == (None, None)


@pytest.mark.parametrize(("rule", "days"), [(MarksRule.AFTER_DAYS, None), (MarksRule.KEEP, 3)])
async def test_days_belong_to_the_rule_that_counts_them(
    desk: Desk, rule: MarksRule, days: int | None
) -> None:
    with pytest.raises(Invalid):
        await set_rule(desk, rule, days)


async def test_new_meetings_begin_with_the_rule_of_their_unit(desk: Desk) -> None:
    actor, database = desk.actor("secretariat"), desk.database
    put = put_rule(MarksRule.AFTER_DAYS, 45)
    unit = await database.write(actor, rules.set_unit_retention, put, BOUNDS)
    assert (unit.rule, unit.days, unit.grace_hours, unit.warning_days) == (put.rule, 45, 72, 7)
    made = await database.write(actor, desk.province._meeting)
    found = database.read_now(lambda s: queries.head(s, queries.meeting_row(s, made)).marks)
    assert (found.rule, found.days) == (MarksRule.AFTER_DAYS, 45)
    assert head(desk).marks.rule is MarksRule.KEEP
    elsewhere = desk.actor("secretariat_elsewhere").organisation_id
    other = database.read_now(rules.unit_retention, elsewhere, BOUNDS)
    assert (other.rule, other.days) == (MarksRule.KEEP, None)


async def test_nothing_goes_before_it_is_due(desk: Desk, time: Time, tmp_path: Path) -> None:
    await desk.note("delegate", "public", SECRET)
    await set_rule(desk, MarksRule.AFTER_DAYS, 10)
    await close(desk)
    time.ms = NOW + 10 * DAY_MS - 1
    await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "annotation") == 1
    assert head(desk).marks.purged_at is None
    await set_rule(desk, MarksRule.AFTER_DAYS, 90)
    time.ms = NOW + 30 * DAY_MS
    await purge(desk, tmp_path)(payload(desk))  # the job of the first plan
    assert count(desk.database, "annotation") == 1


async def test_everything_of_the_meeting_goes_and_nothing_else(
    desk: Desk, time: Time, tmp_path: Path, told: list[Effects]
) -> None:
    mine = await desk.note("delegate", "public", SECRET)
    await desk.note("secretary", "internal", SECRET)
    await desk.change("delegate", mine, SECRET + " nữa")
    new = NewLayer(title=SECRET, audience="everyone")
    shared = await desk.database.write(
        desk.actor("delegate"), make_layer, desk.province.papers["public"], new, Bounds(9, 9, 9)
    )
    await desk.note("chosen", "public", SECRET, layer=shared.id)
    kept = await desk.note("secretary", "draft", "sắp sửa")
    await desk.change("secretary", kept, OTHER)
    await desk.change("delegate", mine, SECRET * 2)
    await desk.database.write(SYSTEM, brought_along, desk.province.papers["public"])
    assert [count(desk.database, table) for table in ("annotation", "push", "op")] != [1, 2, 1]
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    told.clear()
    await purge(desk, tmp_path)(payload(desk))
    assert head(desk).marks.purged_at == queries.from_ms(time.ms)
    assert [count(desk.database, table) for table in ("annotation", "push", "op")] == [1, 2, 1]
    assert count(desk.database, "layer", "kind != 'imported'") == 1
    assert count(desk.database, "layer", "kind = 'imported'") == 1
    assert desk.database.read_now(layers.rights_on, desk.actor("delegate"), IMPORTED).read
    assert desk.find(kept).body == OTHER
    asked = {topic for effects in told for topic, _ in effects.rights_changed}
    assert layers.layer_topic(shared.id) in asked
    assert layers.layer_topic(mine.layer) in asked
    ledger = desk.database.read_now(
        lambda s: s.connection().execute(text("SELECT kind, body FROM ledger")).all()
    )
    assert "marks_purged" in {kind for kind, _ in ledger}
    assert SECRET not in str(ledger)


async def test_a_paper_whose_marks_are_gone_takes_none(
    desk: Desk, time: Time, tmp_path: Path
) -> None:
    mine = await desk.note("delegate", "public", SECRET)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    await purge(desk, tmp_path)(payload(desk))
    paper, actor = desk.province.papers["public"], desk.actor("delegate")
    assert not desk.database.read_now(layers.rights_on, actor, mine.layer).read
    with pytest.raises(DomainError, match="marks_purged"):
        await desk.database.write(actor, layers.open_private_layer, paper)
    new = NewLayer(title="x", audience="everyone")
    with pytest.raises(DomainError, match="marks_purged"):
        await desk.database.write(actor, make_layer, paper, new, Bounds(9, 9, 9))
    with pytest.raises(DomainError, match="marks_purged"):
        await set_rule(desk, MarksRule.KEEP)


async def test_marks_that_come_during_the_deletion_do_not_outlive_it(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is being taken, piece by piece, while the rule takes effect."""
    mine = await desk.note("delegate", "public", SECRET)
    record, actor = desk.find(mine), desk.actor("delegate")
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    write, tries = Database.write, []

    async def between(self: Database, *given: Any, **more: Any) -> Any:
        answer = await write(self, *given, **more)
        if count(self, "layer") and head(desk).marks.purged_at is not None:
            late = replace(record, id=clock.new_id())
            seen = self.read_now(lambda s: layers.raw(s).layer(mine.layer))
            if seen is None:
                return answer
            try:
                await write(self, actor, take_marks._add, mine.layer, seen.head_seq, [late])
            except DomainError as refused:
                tries.append(refused.code)
        return answer

    monkeypatch.setattr(Database, "write", between)
    await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "annotation") == count(desk.database, "layer") == 0
    assert tries
    assert set(tries) == {"marks_purged"}


async def test_keep_said_at_the_last_moment_counts(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secretary is in front of the deletion in the writer's queue."""
    await desk.note("delegate", "public", SECRET)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    write, said = Database.write, []

    async def behind(self: Database, actor: Any, action: Any, *given: Any, **more: Any) -> Any:
        if action is retention.close_for_marks and not said:
            said.append(put_rule(MarksRule.KEEP))
            staff = desk.actor("secretariat")
            await write(self, staff, rules.set_retention, desk.province.issued, said[0], BOUNDS)
        return await write(self, actor, action, *given, **more)

    monkeypatch.setattr(Database, "write", behind)
    await purge(desk, tmp_path)(payload(desk))
    assert len(said) == 1
    assert count(desk.database, "annotation") == 1
    assert head(desk).marks.purged_at is None
    assert Tombstones(tmp_path / "purges.jsonl").meetings() == set()


async def test_the_loop_waits_for_no_disk_and_makes_no_thousand_records(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, int] = {}
    add, record = Tombstones.add, imported._record

    def noted_add(self: Tombstones, *given: Any) -> None:
        threads["tombstone"] = threading.get_ident()
        add(self, *given)

    def noted_record(*given: Any) -> Annotation:
        threads["record"] = threading.get_ident()
        return record(*given)

    monkeypatch.setattr(Tombstones, "add", noted_add)
    monkeypatch.setattr(imported, "_record", noted_record)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    await purge(desk, tmp_path)(payload(desk))
    layer = Layer(IMPORTED, desk.province.papers["public"], "imported", "version")
    monkeypatch.setattr(imported, "make_layer", lambda session, version: layer)
    await desk.database.write(SYSTEM, brought_along, layer.document)
    mark = ImportedMark(0, "note", {"point": [1, 2]}, {})
    await imported.KeepMarks(desk.database)("version", [mark])
    assert count(desk.database, "annotation") == 1
    assert set(threads) == {"tombstone", "record"}
    assert threading.get_ident() not in threads.values()


KNOWN = {("annotation", "layer"), ("op", "layer"), ("push", "layer"), ("layer_person", "layer_id")}


def test_every_table_that_names_a_layer_is_known_to_the_deletion(closed_database: Database) -> None:
    with closed_database.reader.connect() as connection:
        seen = inspect(connection)
        named = {
            (table, column["name"])
            for table in seen.get_table_names()
            for column in seen.get_columns(table)
            if column["name"] in ("layer", "layer_id", "annotation_id", "mark_id")
        }
    assert named == KNOWN
