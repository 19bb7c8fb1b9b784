"""Several pushes of one connection under way: order, bound, rights that move, a stopped writer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from annotations import session
from annotations.model import to_wire
from server import clock
from server.annotating import gateway
from server.annotating.gateway import PUSHES, Annotating
from server.annotating.layers import layer_topic, open_private_layer, raw
from server.annotating.tables import LayerRow
from server.database import Database, WriteSession
from server.identity import SYSTEM, Actor
from server.live.hub import Connection, Hub
from server.live.transport import text_of
from server.meetings import actions as meetings
from server.writer import Effects
from tests.harness.marks import Outbox, put
from tests.harness.server import until
from tests.unit.server.world import Province


class Tablet:
    """A delegate's connection with an outbox for the own layer."""

    def __init__(self, database: Database, actor: Actor, layer: str) -> None:
        self.hub = Hub()
        database.wiring.on_committed = self.hub.committed
        self.guest = Annotating(database, self.hub, self.touch)
        self.connection = Connection("one", actor, 2**20)
        self.hub.join(self.connection)
        self.outbox = Outbox(layer, clock.new_id())

    async def touch(self, actor: Actor) -> None:
        """Nobody's session is awake here."""

    async def push(self, *ops: dict[str, Any], **more: Any) -> None:
        await self.guest.receive(self.connection, self.outbox.push(*ops, **more))

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(text_of(frame)) for frame in self.connection._outbox]

    async def answers(self, most: int) -> list[tuple[int, str]]:
        """Number and kind (or code) of the first so many answers."""
        await until(lambda: len(self.answered()) >= most, 20)
        return self.answered()

    def answered(self) -> list[tuple[int, str]]:
        kinds = ("ann.ack", "ann.nack")
        return [(f["op_no"], f.get("code", "ack")) for f in self.heard if f["t"] in kinds]


@pytest.fixture
async def province(database: Database) -> Province:
    made = Province(database)
    await database.write(SYSTEM, made.make)
    return made


@pytest.fixture
async def tablet(database: Database, province: Province) -> Tablet:
    actor = province.actors["delegate"]
    layer = await database.write(actor, open_private_layer, province.papers["public"])
    return Tablet(database, actor, layer)


@contextmanager
def held(database: Database) -> Iterator[None]:
    """The writer is busy with something else while the block runs."""
    go = threading.Event()

    def wait(session: WriteSession) -> None:
        assert go.wait(20)

    task = asyncio.ensure_future(database.write(SYSTEM, wait))
    try:
        yield
    finally:
        go.set()
        task.add_done_callback(lambda done: done.result())


async def test_pushes_wait_for_the_writer_together_and_are_answered_in_order(
    database: Database, tablet: Tablet
) -> None:
    await tablet.guest._ask(
        tablet.connection, tablet.guest._peer(tablet.connection).known, tablet.outbox.layer
    )
    with held(database):
        await asyncio.sleep(0)
        for _ in range(PUSHES):
            await tablet.push()
        assert tablet.answered() == []
        late = asyncio.ensure_future(tablet.push())
        opening = {"t": "ann.open", "layer": tablet.outbox.layer, "cursor": 0}
        opened = asyncio.ensure_future(tablet.guest.receive(tablet.connection, opening))
        await asyncio.sleep(0)
        assert not late.done()
        assert not opened.done()
    await asyncio.gather(late, opened)
    expected = [(number, "ack") for number in range(1, PUSHES + 2)]
    assert await tablet.answers(PUSHES + 1) == expected
    snapshot = next(one for one in tablet.heard if one["t"] == "ann.snapshot")
    assert snapshot["seq"] >= PUSHES


async def test_a_writer_that_falls_behind_takes_one_push_of_a_connection_at_a_time(
    database: Database, tablet: Tablet
) -> None:
    await tablet.push()
    await tablet.answers(1)
    database.waiting = 2
    with held(database):
        await asyncio.sleep(0)
        await tablet.push()
        late = asyncio.ensure_future(tablet.push())
        await until(lambda: database.waiting_now >= 1)
        await asyncio.sleep(0)
        assert not late.done()
    await late
    assert await tablet.answers(3) == [(1, "ack"), (2, "ack"), (3, "ack")]


async def test_pushes_behind_a_removal_are_all_refused_though_they_were_asked_before(
    database: Database, province: Province, tablet: Tablet
) -> None:
    await tablet.push()
    await tablet.answers(1)
    secretary, person = province.actors["secretariat"], tablet.connection.actor.person_id
    with held(database):
        await asyncio.sleep(0)
        await tablet.push()
        removal = asyncio.ensure_future(
            database.write(secretary, meetings.remove_participant, province.issued, person)
        )
        await asyncio.sleep(0)
        for _ in range(3):
            await tablet.push()
    await removal
    assert await tablet.answers(5) == [
        (1, "ack"),
        (2, "ack"),
        (3, "forbidden"),
        (4, "forbidden"),
        (5, "forbidden"),
    ]


async def test_a_poisoned_push_is_refused_alone(database: Database, tablet: Tablet) -> None:
    with held(database):
        await asyncio.sleep(0)
        await tablet.push()
        await tablet.push(ops=[{"op": "put"}])
        await tablet.push(layer=7)
        await tablet.push()
    answers = await tablet.answers(4)
    assert [code == "ack" for _, code in answers] == [True, False, False, True]


async def test_a_connection_that_ends_with_pushes_under_way_keeps_their_marks(
    database: Database, tablet: Tablet
) -> None:
    told: list[Effects] = []
    database.wiring.on_committed = told.append
    with held(database):
        await asyncio.sleep(0)
        for _ in range(5):
            await tablet.push()
        tablet.connection.close(1000, "gone")
        tablet.hub.leave(tablet.connection)
        tablet.guest.gone(tablet.connection)
    await until(lambda: sum(len(one.announcements) for one in told) == 5, 20)
    assert tablet.answered() == []
    assert {one.topic for each in told for one in each.announcements} == {
        layer_topic(tablet.outbox.layer)
    }


async def test_pushes_into_a_stopped_database_are_to_be_tried_later(
    database: Database, tablet: Tablet
) -> None:
    await tablet.push()
    await tablet.answers(1)
    await asyncio.to_thread(database.stop)
    await tablet.push()
    assert (await tablet.answers(2))[1] == (2, "try_later")


async def test_no_part_of_a_layer_leaves_after_its_right_has_moved(
    database: Database, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SNAPSHOT_BYTES", 600)
    for _ in range(8):
        await tablet.push()
    await tablet.answers(8)
    connection, layer = tablet.connection, tablet.outbox.layer
    connection._outbox.clear()
    # Room for a part or two: the next one waits until the client has read.
    connection._size, connection.outbox_bytes = 0, 1200
    opening = {"t": "ann.open", "layer": layer, "cursor": 0, "page": 0}
    opened = asyncio.ensure_future(tablet.guest.receive(connection, opening))
    await until(lambda: connection._size * 2 > connection.outbox_bytes)
    assert not opened.done()

    def take_away(session: WriteSession) -> None:
        row = session.get_one(LayerRow, layer)
        row.kind, row.owner = "shared", SYSTEM.person_id
        session.add(row)
        session.effects.rights_changed.append((layer_topic(layer), None))

    await database.write(SYSTEM, take_away)
    read: list[dict[str, Any]] = []
    while tablet.heard or not opened.done():
        if tablet.heard:
            read.append(tablet.heard[0])
            connection.sent()
        await asyncio.sleep(0)
    await opened
    assert [one["t"] for one in read] == ["ann.snapshot"] * (len(read) - 1) + ["ann.revoke"]
    assert 1 < len(read) < 8
    assert not any(one["last"] for one in read[:-1])
    assert layer_topic(layer) not in connection.topics


async def test_a_push_that_finds_every_reader_busy_is_to_come_later(
    database: Database, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an answer the tablet would wait, and set healthy work aside after three silences."""
    with monkeypatch.context() as busy:
        busy.setattr(database, "reads_waiting", -database.readers)
        await tablet.push()
    assert await tablet.answers(1) == [(1, "try_later")]
    tablet.outbox.op_no = 0
    await tablet.push()
    assert await tablet.answers(2) == [(1, "try_later"), (1, "ack")]


async def test_a_push_that_meets_a_fault_of_ours_is_reported(
    database: Database, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(database, "read", broken)
    with pytest.raises(ZeroDivisionError):
        await tablet.push()
    assert tablet.answered() == []


@pytest.mark.parametrize("page", [None, 0, 1])
async def test_a_layer_larger_than_its_client_takes_at_once_is_read_in_several_goes(
    database: Database, tablet: Tablet, monkeypatch: pytest.MonkeyPatch, page: int | None
) -> None:
    """What changes between two goes is announced behind them, and nothing newer gives way."""
    monkeypatch.setattr(session, "SNAPSHOT_BYTES", 600)
    monkeypatch.setattr(gateway, "READ_AHEAD", 1500)
    outbox, connection = tablet.outbox, tablet.connection
    made = [put(outbox.version, number % 3) for number in range(60)]
    await tablet.push(*made)
    await tablet.answers(1)
    reads, read = [0], Database.read

    async def counted(database: Database, *given: Any) -> Any:
        reads[0] += 1
        return await read(database, *given)

    monkeypatch.setattr(Database, "read", counted)
    connection._outbox.clear()
    connection._size, connection.outbox_bytes = 0, 8000
    opening = {"t": "ann.open", "layer": outbox.layer, "cursor": 0, "page": page}
    opened = asyncio.ensure_future(tablet.guest.receive(connection, opening))
    await until(lambda: connection._size * 2 > connection.outbox_bytes)
    for number in (0, 1, 58, 59):  # some are sent already, some are not
        change = {"op": "patch", "id": made[number]["id"], "base_rev": 1, "body": "mới"}
        await tablet.push(change)
    for number in (3, 4, 56, 57):
        await tablet.push({"op": "delete", "id": made[number]["id"], "base_rev": 1})
    await tablet.push(put(outbox.version, 1, body="sau"))
    seen: dict[str, dict[str, Any]] = {}
    parts, cursor, last = 0, 0, False

    def take() -> None:
        nonlocal parts, cursor, last
        for frame in tablet.heard[:1]:
            if frame["t"] == "ann.snapshot":
                assert frame["part"] == parts
                parts, cursor, last = parts + 1, frame["seq"], frame["last"]
            elif frame["t"] == "ann.delta":
                assert last
                assert (frame["from"], cursor) == (cursor, frame["to"] - 1)
                cursor = frame["to"]
            for item in frame.get("items", []):
                if seen.get(item["id"], item)["seq"] <= item["seq"]:
                    seen[item["id"]] = item
            connection.sent()

    def done() -> bool:
        take()
        return opened.done() and not tablet.heard and cursor == 69

    await until(done, 20)
    assert parts > 20
    assert reads[0] > 3
    truth = await database.read(lambda sql: raw(sql).snapshot(outbox.layer))
    living = {id_: one for id_, one in seen.items() if not one.get("deleted")}
    assert living == {mark.id: to_wire(mark) for mark in truth}
    assert len(living) == 57


async def test_who_writes_without_end_is_put_off_and_others_are_not(
    database: Database, tablet: Tablet, province: Province
) -> None:
    tablet.guest._pushing.burst = 2_000.0
    for _ in range(8):
        await tablet.push()
    codes = [code for _, code in await tablet.answers(8)]
    assert codes[:3] == ["ack"] * 3
    assert codes[-1] == "try_later"
    other = province.actors["secretariat"]
    layer = await database.write(other, open_private_layer, province.papers["public"])
    second = Tablet(database, other, layer)
    second.guest = tablet.guest
    await second.push()
    assert await second.answers(1) == [(1, "ack")]
