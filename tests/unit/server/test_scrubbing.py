"""What was deleted by the rule is really gone: no byte of it stays on the disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from server.annotating import retention
from server.annotating.retention import (
    SCRUB,
    Scrub,
    scrub_waits_since,
)
from server.database import Database
from server.errors import DomainError
from server.garbage import free_memory
from server.identity import SYSTEM
from server.jobs.queue import enqueue
from server.meetings import actions as meetings
from server.meetings.rules import DAY_MS, MarksRule
from tests.harness.retention import (
    BOUNDS,
    HOUR_MS,
    NOW,
    OTHER,
    SECRET,
    Time,
    close,
    count,
    jobs,
    on_disk,
    payload,
    purge,
    set_rule,
    tried,
)
from tests.harness.writing import Desk


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
