"""Kill the server again and again under load; nothing acknowledged may be lost, nothing doubled.

    python -m tests.harness.crash --cycles 50 [--acknowledge-early]

Twenty tablets push marks over real sockets. What was acknowledged is noted here, in the parent,
which no kill touches. After each `kill -9` the database must be sound and hold every
acknowledged mark exactly once; what was not acknowledged is sent again under its old number.
With `--acknowledge-early` the server answers before it commits, and the run must report losses.
The last line is `lost N doubled M`; the exit status is 0 when both are 0.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysqlite3
import websockets

from server.settings import Settings
from tests.harness.marks import Outbox
from tests.harness.meetings import make_meeting
from tests.harness.server import RunningServer, populate, until
from tests.harness.tablet import Tablet

CLIENTS = 20
WINDOW = 4
"""Pushes of one tablet on their way at once."""
PEOPLE = ("chutich", "daibieu1", "daibieu2", "khach")


@dataclass
class Journal:
    """What the server has promised to keep: mark ids."""

    acknowledged: set[str] = field(default_factory=set)
    refused: list[Any] = field(default_factory=list)


@dataclass
class Pusher:
    """One tablet that never stops drawing; unanswered pushes are sent again, oldest first."""

    tablet: Tablet
    outbox: Outbox
    journal: Journal
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)
    drawing: bool = True

    async def run(self) -> None:
        """Until cancelled, or until all is answered once it no longer draws."""
        while self.drawing or self.waiting:
            with contextlib.suppress(
                OSError, websockets.WebSocketException, TimeoutError, AssertionError
            ):
                await self._push()
            await asyncio.sleep(0.02)

    async def _push(self) -> None:
        async with self.tablet.live() as live:
            for frame in list(self.waiting.values()):
                await live.send(**frame)
            while self.drawing or self.waiting:
                while self.drawing and len(self.waiting) < WINDOW:
                    frame = self.outbox.push()
                    self.waiting[frame["op_no"]] = frame
                    await live.send(**frame)
                answer = await live.take(lambda f: f["t"] in ("ann.ack", "ann.nack"))
                live.seen.clear()
                frame = self.waiting.pop(answer["op_no"], {"ops": []})
                if answer["t"] == "ann.ack":
                    self.journal.acknowledged.update(op["id"] for op in frame["ops"])
                elif answer["code"] == "try_later":
                    self.waiting[frame["op_no"]] = frame
                else:
                    self.journal.refused.append(answer)


async def prepare(server: RunningServer, journal: Journal) -> list[Pusher]:
    """A meeting with one paper, and twenty tablets in it."""
    secretary = Tablet(server)
    await secretary.sign_in("thuky")
    parts = [(server.people[name], "delegate") for name in PEOPLE]
    meeting = await make_meeting(secretary, *parts)
    card = await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": "Báo cáo"})
    await secretary.close()
    pushers = []
    for number in range(CLIENTS):
        tablet = Tablet(server)
        await tablet.sign_in(PEOPLE[number % len(PEOPLE)])
        view = await tablet.do("GET", f"/documents/{card['id']}")
        outbox = Outbox(view["my_layer"], str(uuid.uuid4()))
        pushers.append(Pusher(tablet, outbox, journal))
    return pushers


def stored(path: Path) -> tuple[set[str], list[str]]:
    """The marks on the disk, and those that were applied more than once; the file is sound."""
    connection = pysqlite3.connect(path)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if sound != "ok":
            raise SystemExit(f"integrity_check: {sound}")
        marks = {row[0] for row in connection.execute("SELECT id FROM annotation")}
        doubled = [
            row[0]
            for row in connection.execute(
                "SELECT annotation FROM op UNION SELECT id FROM annotation WHERE rev != 1"
            )
        ]
        counted = connection.execute("SELECT sum(head_seq) FROM layer").fetchone()[0] or 0
        if counted != len(marks):
            doubled.append(f"the layers count {counted} changes for {len(marks)} marks")
        return marks, doubled
    finally:
        connection.close()


async def crash(data: Path, cycles: int, early: bool, seed: int) -> tuple[int, int]:
    """All cycles; how many acknowledged marks were lost and how many marks doubled."""
    chance = random.Random(seed)
    server = RunningServer(data)
    # A server that dies every few seconds loses the word that somebody is at work: a session would
    # idle out in the middle of a thousand cycles.
    server.more["PHONGHOP_IDLE_MINUTES"] = "600"
    flag = data.parent / "answer-early"
    if early:
        server.module = "tests.harness.early_server"
        server.more["ANSWER_EARLY_WHEN"] = str(flag)
    server.people = populate(Settings(data=data))
    await asyncio.to_thread(server.start)
    journal = Journal()
    pushers = await prepare(server, journal)
    flag.touch()
    tasks = [asyncio.create_task(one.run()) for one in pushers]
    lost: set[str] = set()
    doubled: set[str] = set()
    path = Settings(data=data).database_file
    try:
        for cycle in range(1, cycles + 1):
            wanted = len(journal.acknowledged) + chance.randint(20, 400)
            await until(lambda wanted=wanted: len(journal.acknowledged) >= wanted, 120)
            await asyncio.sleep(chance.random() * 0.05)
            await asyncio.to_thread(server.kill)
            promised = set(journal.acknowledged)
            marks, twice = await asyncio.to_thread(stored, path)
            lost |= promised - marks
            doubled |= set(twice)
            print(f"cycle {cycle}: acknowledged {len(promised)} lost {len(lost)}", flush=True)
            await asyncio.to_thread(server.start)
        for one in pushers:
            one.drawing = False
        async with asyncio.timeout(120):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(one.tablet.close() for one in pushers))
        await asyncio.to_thread(server.stop)
    marks, twice = stored(path)
    lost |= journal.acknowledged - marks
    doubled |= set(twice) | (marks - journal.acknowledged)
    if journal.refused:
        raise SystemExit(f"refused: {journal.refused[0]}")
    return len(lost), len(doubled)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=10)
    parser.add_argument("--acknowledge-early", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = crash(Path(folder) / "data", asked.cycles, asked.acknowledge_early, asked.seed)
        lost, doubled = asyncio.run(run)
    print(f"lost {lost} doubled {doubled}")
    return 1 if lost or doubled else 0


if __name__ == "__main__":
    sys.exit(main())
