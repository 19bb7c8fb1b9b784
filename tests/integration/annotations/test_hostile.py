"""A hundred thousand hostile operations over real sockets, while others go on working.

The server stays up and small, answers everybody else, and nothing of what is another's changes.
`make test` sends a seeded part.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.harness.hostile import MOST_FRAME, Foreign, Hostile
from tests.harness.marks import Outbox, opened, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running
from tests.harness.stored_marks import read_stored
from tests.harness.tablet import Live, Tablet

OPERATIONS = 2_000
PROOF_OPERATIONS = 100_000
ATTACKERS = ("daibieu2", "khach")
SOCKETS_EACH = 2
AT_ONCE = 25
"""Frames sent before the answers are waited for."""
MOST_GROWTH = 192 * 2**20
"""Bytes of memory, at the worst moment, above what the server had before: some pushes of a
megabyte on each socket, parsed, and what the allocator keeps of it."""
KINDS = 23
"""Of hostile operations; each is met."""
HONEST_MARKS = 8
"""What the honest delegate drew before anybody came."""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@dataclass
class Stage:
    """An honest delegate with a private layer and one that everybody shares, and two others."""

    honest: Tablet
    private: Outbox
    shared: Outbox
    foreign: Foreign
    attackers: list[tuple[Tablet, str]]
    """Each with the private layer that is their own."""


@pytest.fixture
async def stage(own_server: RunningServer) -> AsyncIterator[Stage]:
    tablets = [Tablet(own_server) for _ in range(2 + len(ATTACKERS))]
    for tablet, name in zip(tablets, ("thuky", "daibieu1", *ATTACKERS), strict=True):
        await tablet.sign_in(name)
    secretary, honest, *others = tablets
    people = [(one.person, "delegate") for one in (honest, *others)]
    meeting = await make_meeting(secretary, *people)
    document = await add_paper(secretary, meeting, paper(1))
    view = await honest.do("GET", f"/documents/{document}")
    private = Outbox(view["my_layer"], view["version"]["id"])
    body = {"title": "Góp ý", "audience": "everyone", "people": []}
    made = await honest.do("POST", f"/documents/{document}/layers", body)
    shared = Outbox(made["id"], private.version)
    marks: dict[str, list[str]] = {}
    async with honest.live() as live:
        for outbox in (private, shared):
            ops = [put(outbox.version, body=f"của tôi {n}") for n in range(HONEST_MARKS)]
            assert (await outbox.send(live, outbox.push(*ops)))["t"] == "ann.ack"
            marks[outbox.layer] = [op["id"] for op in ops]
    views = [await one.do("GET", f"/documents/{document}") for one in others]
    foreign = Foreign(
        [private.layer],
        marks[private.layer],
        marks[shared.layer],
        [private.id, shared.id],
    )
    attackers = [(one, view["my_layer"]) for one, view in zip(others, views, strict=True)]
    yield Stage(honest, private, shared, foreign, attackers)
    for tablet in tablets:
        await tablet.close()


async def attack(tablet: Tablet, hostile: Hostile, operations: int) -> Counter[str]:
    """Send so many; what was answered, by code. A socket that the server closes is opened anew."""
    told: Counter[str] = Counter()
    left = operations
    while left > 0:
        try:
            async with tablet.live() as live:
                await opened(live, hostile.shared)
                while left > 0:
                    for _ in range(min(AT_ONCE, left)):
                        left -= 1
                        text = hostile.frame()
                        await live.socket.send(text)
                        if len(text) > MOST_FRAME:
                            break  # the server closes over this one: the rest would not be read
                    await answers(live, hostile, told)
        except websockets.ConnectionClosed as end:
            told[f"closed {end.rcvd.code if end.rcvd else 1006}"] += 1
    return told


async def answers(live: Live, hostile: Hostile, told: Counter[str]) -> None:
    """All that came, until a push of no account sent behind it is answered."""
    mark = hostile.push(hostile.put(), layer=hostile.foreign.layers[0])
    await live.send(**mark)
    last = await live.take(lambda frame: frame.get("op_no") == mark["op_no"])
    assert last["t"] == "ann.nack"
    for frame in live.seen:
        assert frame.get("layer") not in hostile.foreign.layers or frame["t"] == "ann.revoke", frame
        code = frame.get("code")
        assert code != "internal_error", frame
        told[str(code or frame["t"])] += 1
    live.seen.clear()


async def work_on(stage: Stage, over: asyncio.Event) -> int:
    """The honest delegate goes on; how many marks were acknowledged meanwhile."""
    done = 0
    async with stage.honest.live() as live:
        for outbox in itertools.cycle((stage.private, stage.shared)):
            answer = await outbox.send(live, outbox.push())
            while answer.get("code") == "op_no_reused":  # as a tablet does: under a new number
                answer = await outbox.send(live, outbox.push())
            assert answer["t"] == "ann.ack", answer
            done += 1
            await stage.honest.do("GET", "/meetings")
            live.seen.clear()
            if over.is_set():
                return done
    raise AssertionError("unreachable")


def memory(server: RunningServer, what: str) -> int:
    """Bytes, by the system's name for them in /proc."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = [one for one in status.splitlines() if one.startswith(f"{what}:")]
    return int(line.split()[1]) * 1024


def rows(server: RunningServer, question: str, *given: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{server.data / 'phonghop.sqlite3'}?mode=ro", uri=True)
    try:
        return connection.execute(question, given).fetchall()
    finally:
        connection.close()


def belongings(server: RunningServer, stage: Stage) -> list[tuple[Any, ...]]:
    """All that the honest delegate has, but for when it was written."""
    return rows(
        server,
        "SELECT * FROM annotation WHERE author = ? AND body LIKE 'của tôi%' ORDER BY id",
        stage.honest.person,
    )


async def assail(server: RunningServer, stage: Stage, operations: int) -> Counter[str]:
    """The whole attack, and what must hold after it; how often each kind was sent."""
    before, growing = belongings(server, stage), memory(server, "VmRSS")
    assert len(before) == 2 * HONEST_MARKS
    assert server.process is not None
    running_as = server.process.pid
    hostiles = [
        (
            tablet,
            Hostile(
                random.Random(f"{number} {one}"),
                own,
                stage.shared.layer,
                stage.shared.version,
                stage.foreign,
            ),
        )
        for number, (tablet, own) in enumerate(stage.attackers)
        for one in range(SOCKETS_EACH)
    ]
    over = asyncio.Event()
    honest = asyncio.create_task(work_on(stage, over))
    each = -(-operations // len(hostiles))
    told: Counter[str] = Counter()
    for one in await asyncio.gather(*(attack(*hostile, each) for hostile in hostiles)):
        told += one
    over.set()
    assert await honest > 0
    assert server.process.poll() is None
    assert server.process.pid == running_as
    for defect in ("Traceback", "live_frame_failed", "live_connection_failed", "push_failed"):
        assert defect not in server.log(), server.log()[-4000:]
    assert memory(server, "VmHWM") - growing < MOST_GROWTH
    assert belongings(server, stage) == before
    people = [tablet.person for tablet, _ in stage.attackers]
    intruders = rows(
        server,
        "SELECT count(*) FROM annotation a JOIN layer l ON l.id = a.layer "
        "WHERE l.kind = 'private' AND l.owner != a.author",
    )
    assert intruders == [(0,)]
    assert rows(
        server,
        "SELECT count(*) FROM op WHERE actor != ? AND layer = ?",
        stage.honest.person,
        stage.private.layer,
    ) == [(0,)]
    touched = rows(
        server,
        f"SELECT count(*) FROM op WHERE actor IN (?, ?) "
        f"AND annotation IN ({', '.join('?' * len(stage.foreign.shared_marks))})",
        *people,
        *stage.foreign.shared_marks,
    )
    assert touched == [(0,)]
    assert read_stored(server.data / "phonghop.sqlite3")[1] == []
    assert rows(server, "PRAGMA quick_check") == [("ok",)]
    sent = sum((hostile.sent for _, hostile in hostiles), Counter[str]())
    print(json.dumps({"told": told, "grew": memory(server, "VmHWM") - growing, "sent": sent}))
    assert sum(sent.values()) >= operations
    return sent


@pytest.mark.timeout(300)
async def test_hostile_operations_harm_nobody(own_server: RunningServer, stage: Stage) -> None:
    assert len(await assail(own_server, stage, OPERATIONS)) == KINDS


@pytest.mark.proof
@pytest.mark.timeout(3600)
async def test_a_hundred_thousand_hostile_operations_harm_nobody(
    own_server: RunningServer, stage: Stage
) -> None:
    assert len(await assail(own_server, stage, PROOF_OPERATIONS)) == KINDS
