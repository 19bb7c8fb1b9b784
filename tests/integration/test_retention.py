"""A meeting's marks are deleted for good: on the server's disk, and from every tablet."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pysqlite3

from tests.harness.marks import opened, outbox_on, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running, until
from tests.harness.tablet import Tablet

SECRET = "Điều không ai khác được biết"
SECONDS = 40


def on_disk(server: RunningServer) -> bytes:
    """The database, its WAL and whatever else lies in the folder but logs."""
    files = [one for one in server.data.rglob("*") if one.is_file() and one.suffix != ".log"]
    return b"".join(one.read_bytes() for one in files)


def make_due(server: RunningServer, meeting: str) -> None:
    """As if the days had passed; the server is not running."""
    with pysqlite3.connect(server.data / "phonghop.sqlite3") as database:
        database.execute("UPDATE meeting SET marks_purge_at = 1 WHERE id = ?", (meeting,))


def work_left(server: RunningServer) -> bool:
    with pysqlite3.connect(server.data / "phonghop.sqlite3") as database:
        rows = database.execute(
            "SELECT count(*) FROM job WHERE kind IN ('purge_marks', 'scrub_database') "
            "AND run_at <= unixepoch() * 1000"
        )
        return bool(rows.fetchone()[0])


async def until_purged(tablet: Tablet, meeting: str) -> Any:
    async with asyncio.timeout(SECONDS):
        while True:
            head = (await tablet.do("GET", f"/meetings/{meeting}"))["view"]["meeting"]
            if head["marks"]["purged_at"] is not None:
                return head
            await asyncio.sleep(0.1)


async def people(server: RunningServer) -> tuple[Tablet, Tablet]:
    secretary, delegate = Tablet(server), Tablet(server)
    await secretary.sign_in("thuky")
    await delegate.sign_in("daibieu1")
    return secretary, delegate


async def test_after_the_deletion_no_tablet_and_no_byte_has_them(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        secretary, delegate = await people(server)
        meeting = await make_meeting(secretary, (delegate.person, "delegate"))
        document = await add_paper(secretary, meeting, paper(1))
        topic = f"meeting:{meeting}"
        outbox = await outbox_on(delegate, document)
        async with delegate.live() as live:
            await live.subscribe(topic)
            for number in range(30):
                await outbox.send(live, outbox.push(put(outbox.version, body=SECRET * number)))
            body = {"rule": "purge_at_close"}
            told = await secretary.do("PUT", f"/meetings/{meeting}/retention", body)
            assert told["marks"]["purge_at"] is None
            change = await live.expect("change")
            assert change["items"][0]["meeting"]["marks"]["rule"] == "purge_at_close"
            await secretary.do("POST", f"/meetings/{meeting}/open")
            closed = await secretary.do("POST", f"/meetings/{meeting}/close")
            assert closed["marks"]["warn_at"] < closed["marks"]["purge_at"]
            assert (await opened(live, outbox.layer))["t"] == "ann.snapshot"
        server.stop()
        assert SECRET.encode() in on_disk(server)
        make_due(server, meeting)
        server.start()
        async with delegate.live() as live:
            first = await opened(live, outbox.layer)
            await until_purged(secretary, meeting)
            if first["t"] != "ann.revoke":
                await live.expect("ann.revoke")
            nack = await outbox.send(live, outbox.push())
            assert nack["code"] == "forbidden"
        view = await delegate.do("GET", f"/documents/{document}")
        assert (view["my_layer"], view["may_annotate"]) == (None, False)
        marks = await delegate.do("GET", "/me/marks")
        assert (marks["rows"], marks["places"]) == ([], [])
        refused = await secretary.refused("PUT", f"/meetings/{meeting}/retention", body)
        assert refused == (409, "marks_purged")
        await until(lambda: not work_left(server), SECONDS)
        async with delegate.live() as live:
            repeated = await outbox.send(live, {**outbox.push(), "op_no": 1})
            assert repeated["code"] == "forbidden", "the answer of the first push is gone too"
        server.stop()
        assert SECRET.encode() not in on_disk(server)
        assert meeting in (server.data / "purges.jsonl").read_text()
        server.start()
        assert "purge_replayed" not in server.log()
        await secretary.close()
        await delegate.close()


async def test_who_is_no_staff_sets_no_rule(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        secretary, delegate = await people(server)
        meeting = await make_meeting(secretary, (delegate.person, "chair"))
        path, body = f"/meetings/{meeting}/retention", {"rule": "keep"}
        assert await delegate.refused("PUT", path, body) == (403, "not_allowed")
        assert await delegate.refused("GET", "/unit/retention") == (403, "not_allowed")
        for wrong in ({"rule": "never"}, {"rule": "keep", "days": 3}, {"rule": "purge_after_days"}):
            assert await secretary.refused("PUT", path, wrong) == (422, "invalid_input")
        rule = {"rule": "purge_after_days", "days": 45}
        unit = await secretary.do("PUT", "/unit/retention", rule)
        assert unit == await secretary.do("GET", "/unit/retention")
        made = await make_meeting(secretary, issue=False)
        head = (await secretary.do("GET", f"/meetings/{made}"))["view"]["meeting"]
        assert (head["marks"]["rule"], head["marks"]["days"]) == ("purge_after_days", 45)
        await secretary.close()
        await delegate.close()
