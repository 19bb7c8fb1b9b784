"""A deletion that was cut off, or lost its job, is carried to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from server.annotating import retention
from server.annotating.purge import MARKS_AT_ONCE
from server.annotating.retention import (
    plan_overdue,
    replay,
)
from server.annotating.tombstones import Tombstones
from server.database import WriteSession
from server.errors import DomainError
from server.identity import SYSTEM
from server.jobs.queue import DIED
from server.meetings import retention as rules
from server.meetings.rules import MarksRule, MeetingState
from tests.harness.retention import (
    HOUR_MS,
    NOW,
    SECRET,
    Time,
    brought_along,
    close,
    count,
    head,
    jobs,
    payload,
    purge,
    set_rule,
    tried,
)
from tests.harness.writing import Desk


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


async def test_a_deletion_that_kills_the_server_is_not_begun_anew_every_hour(
    desk: Desk, time: Time
) -> None:
    await set_rule(desk, MarksRule.AT_CLOSE)
    await close(desk)
    time.ms = NOW + 73 * HOUR_MS
    for _ in range(2):
        await desk.database.write(
            SYSTEM,
            lambda s: s.connection().execute(
                text("UPDATE job SET state = 'failed', unique_key = NULL, error = :error"),
                {"error": DIED},
            ),
        )
        await desk.database.write(SYSTEM, plan_overdue)
    time.ms += HOUR_MS
    await desk.database.write(SYSTEM, plan_overdue)
    assert jobs(desk.database, retention.PURGE_MARKS) == [time.ms + 23 * HOUR_MS]


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
