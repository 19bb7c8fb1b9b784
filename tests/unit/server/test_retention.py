"""Deleting people's marks by their meeting's rule: when, what goes, and that it is really gone."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session

from annotations.imported import ImportedMark
from annotations.model import Annotation, Layer
from server import clock
from server.annotating import imported, layers, retention, take_marks
from server.annotating.messages import NewLayer
from server.annotating.purge import MARKS_AT_ONCE
from server.annotating.retention import (
    SCRUB,
    PurgeMarks,
    Scrub,
    plan_overdue,
    replay,
    scrub_waits_since,
)
from server.annotating.rules import Bounds
from server.annotating.sharing import make_layer
from server.annotating.tables import LayerRow
from server.annotating.tombstones import Tombstones
from server.database import Database, WriteSession
from server.errors import DomainError, Invalid
from server.garbage import free_memory
from server.identity import SYSTEM
from server.jobs.queue import Handler, Jobs, Lane, enqueue
from server.meetings import actions as meetings
from server.meetings import queries
from server.meetings import retention as rules
from server.meetings.messages import MarksRulePut, MeetingHead
from server.meetings.rules import DAY_MS, MarksRule, MeetingState, PurgeBounds
from server.writer import Effects
from tests.harness.server import until
from tests.harness.writing import Desk

NOW = 1_763_800_000_000
HOUR_MS = 3_600_000
BOUNDS = PurgeBounds(72 * HOUR_MS, 7 * DAY_MS)
SECRET = "Điều không ai khác được biết"
IMPORTED = "0196f3a0-1111-4aaa-8bbb-0000000000aa"
OTHER = "Ghi chú của cuộc họp khác"


class Time:
    """The hour, moved by hand."""

    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> float:
        return self.ms / 1000


@pytest.fixture
def time() -> Iterator[Time]:
    wall = Time()
    with clock.replaced(wall=wall):
        yield wall


@pytest.fixture
async def desk(database: Database, time: Time) -> Desk:
    return Desk(database)


def put_rule(rule: MarksRule, days: int | None = None) -> MarksRulePut:
    return MarksRulePut(rule=rule, days=days)


async def set_rule(desk: Desk, rule: MarksRule, days: int | None = None) -> MeetingHead:
    actor, meeting = desk.actor("secretariat"), desk.province.issued
    return await desk.database.write(
        actor, rules.set_retention, meeting, put_rule(rule, days), BOUNDS
    )


async def close(desk: Desk) -> MeetingHead:
    """The session is held and over."""
    actor, meeting = desk.actor("secretariat"), desk.province.issued
    await desk.database.write(actor, meetings.open_meeting, meeting)
    return await desk.database.write(actor, meetings.close_meeting, meeting, BOUNDS)


def head(desk: Desk) -> MeetingHead:
    def read(session: Session) -> MeetingHead:
        return queries.head(session, queries.meeting_row(session, desk.province.issued))

    return desk.database.read_now(read)


def count(database: Database, table: str, where: str = "1") -> int:
    def read(session: Session) -> int:
        found = session.connection().execute(text(f"SELECT count(*) FROM {table} WHERE {where}"))
        return int(found.scalar_one())

    return database.read_now(read)


def jobs(database: Database, kind: str) -> list[int]:
    def read(session: Session) -> list[int]:
        found = session.connection().execute(
            text("SELECT run_at FROM job WHERE kind = :kind ORDER BY run_at"), {"kind": kind}
        )
        return [int(row[0]) for row in found]

    return database.read_now(read)


def purge(desk: Desk, folder: Path) -> PurgeMarks:
    return PurgeMarks(desk.database, Tombstones(folder / "purges.jsonl"))


def payload(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"meeting_id": desk.province.issued, **more}


def brought_along(session: WriteSession, document: str) -> None:
    """A layer of the marks that the paper's file had when it came."""
    session.add(LayerRow(id=IMPORTED, document_id=document, kind="imported", owner=""))


def on_disk(path: Path) -> bytes:
    """All bytes of the database and what lies beside it."""
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))


async def tried(desk: Desk, handlers: dict[str, Handler]) -> None:
    """Run the house's workers until none of these jobs is due."""
    work = Jobs(desk.database, [Lane(handlers)], attempts=1)
    kinds = ", ".join(f"'{kind}'" for kind in handlers)
    due = f"state != 'failed' AND run_at <= {clock.unix_ms()} AND kind IN ({kinds})"
    work.start()
    try:
        await until(lambda: not count(desk.database, "job", due), 60)
    finally:
        await work.stop()


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


async def test_a_deletion_that_was_cut_off_goes_on(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await desk.note("delegate", "public", SECRET, count=MARKS_AT_ONCE // 2 + number)
    await desk.note("chosen", "restricted", SECRET)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    work, done = retention.take_some, []

    def dies(session: WriteSession, layer_id: str) -> bool:
        done.append(layer_id)
        if len(done) == 2:
            raise RuntimeError("the power is gone")
        return work(session, layer_id)

    monkeypatch.setattr(retention, "take_some", dies)
    with pytest.raises(RuntimeError):
        await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "annotation") > 0
    await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "annotation") == count(desk.database, "layer") == 0
    assert len((tmp_path / "purges.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("in_session", [False, True])
async def test_a_server_killed_behind_the_last_layer_leaves_no_byte(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_session: bool
) -> None:
    """The retry finds no layer any more: the scrubbing must not hang on it."""
    for number in range(30):
        await desk.note("delegate", "public", SECRET * (1 + number))
    await desk.note("secretary", "draft", OTHER)
    path = desk.database.path
    assert count(desk.database, "push", "layer != ''") == 31
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = (NOW // DAY_MS + 4) * DAY_MS

    async def dies(database: Database) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "forget_all_answers", dies)
        with pytest.raises(RuntimeError):
            await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "layer") == 1
    assert SECRET.encode() in on_disk(path)
    await purge(desk, tmp_path)(payload(desk))
    assert len(jobs(desk.database, SCRUB)) == 1
    monkeypatch.setattr(retention, "_quiet", lambda session: not in_session)
    await Scrub(desk.database)({})
    assert count(desk.database, "push", "layer != ''") == 1
    left = on_disk(path)
    assert OTHER.encode() in left
    assert SECRET.encode() not in left


async def test_no_byte_of_it_is_left_in_the_database_or_its_wal(
    desk: Desk, time: Time, tmp_path: Path
) -> None:
    """Rows of many sizes, written between those of others, changed and deleted, so that SQLite
    moves them from page to page."""
    chance = random.Random(4)
    people = ("delegate", "chosen", "secretary", "chair")
    written = []
    for _ in range(300):
        who = chance.choice(people)
        written.append((who, await desk.note(who, "public", SECRET * chance.randint(1, 60))))
        await desk.note("secretary", "draft", OTHER * chance.randint(1, 60))
        who, mark = chance.choice(written)
        await desk.change(who, mark, SECRET * chance.randint(1, 90))
    path = desk.database.path
    assert SECRET.encode() in on_disk(path)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    await purge(desk, tmp_path)(payload(desk))
    assert len(jobs(desk.database, SCRUB)) == 1
    await Scrub(desk.database)({})
    left = on_disk(path)
    assert OTHER.encode() in left
    assert SECRET.encode() not in left


async def test_the_database_is_not_written_anew_while_a_meeting_is_in_session(
    desk: Desk, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    async def anew(self: Database) -> None:
        written.append(time.ms)

    monkeypatch.setattr(Database, "write_anew", anew)
    actor, meeting = desk.actor("secretariat"), desk.province.issued
    await desk.database.write(actor, meetings.open_meeting, meeting)
    await Scrub(desk.database)({})
    assert (written, jobs(desk.database, SCRUB)) == ([], [time.ms + retention.LOOK_AGAIN_MS])
    time.ms = (NOW // DAY_MS) * DAY_MS + 18 * HOUR_MS
    await Scrub(desk.database)({})
    assert written == [time.ms]
    await desk.database.write(actor, meetings.close_meeting, meeting, BOUNDS)
    time.ms += 9 * HOUR_MS
    await Scrub(desk.database)({})
    assert len(written) == 2


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


async def test_a_deletion_killed_before_its_tombstone_writes_it_later(
    desk: Desk, time: Time, tmp_path: Path
) -> None:
    await desk.note("delegate", "public", SECRET)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    await desk.database.write(SYSTEM, retention.close_for_marks, desk.province.issued)
    assert count(desk.database, "annotation") == 1
    await desk.database.write(SYSTEM, plan_overdue)
    await tried(desk, {retention.PURGE_MARKS: purge(desk, tmp_path)})
    assert Tombstones(tmp_path / "purges.jsonl").meetings() == {desk.province.issued}
    assert count(desk.database, "annotation") == 0


async def test_the_scrubbing_is_never_given_up(
    desk: Desk, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk has no room for the copy, for a whole day."""

    async def full(self: Database) -> None:
        raise DomainError("disk_full", 507)

    await desk.database.write(SYSTEM, enqueue, SCRUB, {"since": NOW}, unique=SCRUB)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "write_anew", full)
        for _ in range(8):
            await tried(desk, {SCRUB: Scrub(desk.database)})
            assert jobs(desk.database, SCRUB) == [time.ms + retention.LOOK_AGAIN_MS]
            time.ms += retention.LOOK_AGAIN_MS
    assert desk.database.read_now(scrub_waits_since) == NOW
    await tried(desk, {SCRUB: Scrub(desk.database)})
    assert jobs(desk.database, SCRUB) == []
    assert desk.database.read_now(scrub_waits_since) is None


async def test_it_waits_for_memory_and_kills_no_server(
    desk: Desk, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is made in memory: where there is none, the kernel would end the server for it."""
    written: list[int] = []

    async def anew(self: Database) -> None:
        written.append(time.ms)

    monkeypatch.setattr(Database, "write_anew", anew)
    monkeypatch.setattr(retention, "free_memory", lambda: desk.database.path.stat().st_size)
    await Scrub(desk.database)({})
    assert (written, len(jobs(desk.database, SCRUB))) == ([], 1)
    monkeypatch.setattr(retention, "free_memory", lambda: None)
    await Scrub(desk.database)({})
    assert written == [time.ms]


def test_memory_is_what_machine_and_group_leave(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   4 kB\n")
    assert free_memory(tmp_path) == 4096
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.stat").write_text("anon 1000\nfile 9000\n")
    (group / "memory.max").write_text("3000\n")
    assert free_memory(tmp_path) == 2000
    (group / "memory.max").write_text("max\n")
    assert free_memory(tmp_path) == 4096


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


async def test_what_lost_its_job_is_found(desk: Desk, time: Time) -> None:
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    await desk.database.write(SYSTEM, lambda s: s.connection().execute(text("DELETE FROM job")))
    await desk.database.write(SYSTEM, plan_overdue)
    assert jobs(desk.database, retention.PURGE_MARKS) == []
    time.ms = NOW + 73 * HOUR_MS
    await desk.database.write(SYSTEM, plan_overdue)
    await desk.database.write(SYSTEM, plan_overdue)
    assert len(jobs(desk.database, retention.PURGE_MARKS)) == 1


async def test_a_deletion_that_was_laid_aside_is_taken_up_again(
    desk: Desk, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full until the last try, and everybody had been told that all is deleted."""
    await desk.note("delegate", "public", SECRET)
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS

    def full(session: WriteSession, layer_id: str) -> bool:
        raise DomainError("disk_full", 507)

    with monkeypatch.context() as patch:
        patch.setattr(retention, "take_some", full)
        await tried(desk, {retention.PURGE_MARKS: purge(desk, tmp_path)})
    assert head(desk).marks.purged_at is not None
    assert count(desk.database, "annotation") == 1
    assert count(desk.database, "job", "state = 'failed'") == 1
    await desk.database.write(SYSTEM, plan_overdue)
    await tried(desk, {retention.PURGE_MARKS: purge(desk, tmp_path)})
    assert count(desk.database, "annotation") == count(desk.database, "layer") == 0
    await desk.database.write(SYSTEM, plan_overdue)
    assert jobs(desk.database, retention.PURGE_MARKS) == []


async def test_what_is_left_of_a_deletion_is_found_without_its_job(
    desk: Desk, time: Time, tmp_path: Path
) -> None:
    await desk.note("delegate", "public", SECRET)
    await desk.database.write(SYSTEM, brought_along, desk.province.papers["public"])
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    await desk.database.write(SYSTEM, rules.mark_purged, desk.province.issued)
    await desk.database.write(SYSTEM, lambda s: s.connection().execute(text("DELETE FROM job")))
    await desk.database.write(SYSTEM, plan_overdue)
    assert len(jobs(desk.database, retention.PURGE_MARKS)) == 1
    await purge(desk, tmp_path)(payload(desk))
    assert count(desk.database, "layer", "kind != 'imported'") == 0
    await desk.database.write(SYSTEM, lambda s: s.connection().execute(text("DELETE FROM job")))
    await desk.database.write(SYSTEM, plan_overdue)
    assert jobs(desk.database, retention.PURGE_MARKS) == []


async def test_an_older_database_put_back_loses_the_marks_again(
    desk: Desk, time: Time, tmp_path: Path
) -> None:
    await desk.note("delegate", "public", SECRET)
    stones = Tombstones(tmp_path / "purges.jsonl")
    stones.add(desk.province.issued, [])
    stones.add("a meeting of another server", [])
    await desk.database.write(SYSTEM, replay, stones.meetings())
    assert len(jobs(desk.database, retention.PURGE_MARKS)) == 1
    await purge(desk, tmp_path)(payload(desk, again=True))
    assert count(desk.database, "annotation") == 0
    assert head(desk).state is MeetingState.ISSUED
    await desk.database.write(SYSTEM, replay, stones.meetings())
    assert len(jobs(desk.database, retention.PURGE_MARKS)) == 1


def test_a_half_written_line_costs_no_other(tmp_path: Path) -> None:
    stones = Tombstones(tmp_path / "purges.jsonl")
    stones.add("one", ["a"])
    with stones.path.open("ab") as file:
        file.write(b'{"at": 1, "meet')
    stones.add("two", ["b"])
    stones.add("two", ["b"])
    assert stones.meetings() == {"one", "two"}
    assert len(stones.path.read_bytes().splitlines()) == 3


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
