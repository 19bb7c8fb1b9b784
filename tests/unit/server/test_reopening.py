"""Layers whose rights are asked again while the client does something else."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from server.annotating import gateway
from server.annotating.gateway import Annotating
from server.annotating.layers import layer_topic
from server.database import Database
from server.errors import Busy
from server.identity import Actor
from server.live.hub import Connection, Hub
from server.live.transport import text_of
from tests.harness.server import until
from tests.harness.writing import Desk


async def _touch(actor: Actor) -> None:
    """Nobody's session is awake here."""


async def test_a_layer_closed_while_its_right_is_asked_stays_closed(database: Database) -> None:
    hub = Hub()
    guest = Annotating(database, hub, _touch)
    connection = Connection("one", Actor("an", "session", "device", "unit"), 1000)
    hub.join(connection)
    topic = layer_topic(str(uuid.uuid4()))
    hub.release(hub.follow(connection, topic, 0, guest._recheck))
    hub.rights_changed(topic, None)
    hub.unfollow(connection, topic)
    await asyncio.gather(*guest._tasks)
    assert connection.topics == {}
    assert list(connection._outbox) == []


@contextmanager
def readers_at_work(database: Database) -> Iterator[None]:
    """Every reader's thread has something else to do while the block runs."""
    go = threading.Event()
    for _ in range(database.readers):
        database._pool.submit(go.wait, 20)
    try:
        yield
    finally:
        go.set()


async def test_an_opening_keeps_its_right_while_others_are_asked(database: Database) -> None:
    """More layers than a connection may know are asked about while this one waits for a reader:
    to lose the right then would take the person's own copy away."""
    guest, connection, frame = await follower(database)
    peer = guest._peer(connection)
    await guest._ask(connection, peer.known, frame["layer"])
    with readers_at_work(database):
        opening = asyncio.create_task(guest.receive(connection, frame))
        await until(lambda: database._reads == 1)
        peer.known.allowed.clear()
    await opening
    assert [one["t"] for one in heard(connection)] == ["ann.snapshot"]


async def test_a_layer_asked_again_waits_for_readers_that_are_too_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client has lost nothing: its socket is not cut for it."""
    monkeypatch.setattr(gateway, "BUSY_SECONDS", 0)
    guest, connection, frame = await follower(database)
    await guest.receive(connection, frame)
    topic = layer_topic(frame["layer"])
    guest.hub.rights_changed(topic, None)
    with monkeypatch.context() as busy:
        busy.setattr(database, "reads_waiting", -database.readers)
        for _ in range(20):
            await asyncio.sleep(0)
        assert connection.topics[topic].held is not None
        assert connection.closing is None
    await asyncio.gather(*guest._tasks)
    assert connection.topics[topic].held is None
    assert connection.closing is None


async def test_a_hall_that_is_asked_again_takes_few_places_among_the_readers(
    database: Database,
) -> None:
    hub = Hub()
    guest = Annotating(database, hub, _touch)
    topic = layer_topic(str(uuid.uuid4()))
    for number in range(3 * gateway.RECHECKS):
        connection = Connection(f"{number}", Actor("an", "session", "device", "unit"), 1000)
        hub.join(connection)
        hub.release(hub.follow(connection, topic, 0, guest._recheck))
    with readers_at_work(database):
        hub.rights_changed(topic, None)
        await until(lambda: database._reads == gateway.RECHECKS)
        for _ in range(20):
            await asyncio.sleep(0)
        assert database._reads == gateway.RECHECKS
    await asyncio.gather(*guest._tasks)
    assert all(not one.topics and one.closing is None for one in hub.connections.values())


class Held:
    """Reads that wait, the first of them for the test's word."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.waiting, self.fails = asyncio.Event(), 0, False
        read = Database.read

        async def held(database: Database, *given: Any) -> Any:
            self.waiting += 1
            if self.waiting == 1:
                await self.go.wait()
                if self.fails:
                    raise Busy()
            return await read(database, *given)

        monkeypatch.setattr(Database, "read", held)


async def follower(database: Database) -> tuple[Annotating, Connection, dict[str, Any]]:
    """A connection of somebody with a mark on a layer, and the frame that opens it."""
    desk, hub = Desk(database), Hub()
    mark = await desk.note("delegate", "public", "Lời ghi")
    connection = Connection("one", desk.actor("delegate"), 1_000_000)
    hub.join(connection)
    frame = {"t": "ann.open", "layer": mark.layer, "cursor": 0}
    return Annotating(database, hub, _touch), connection, frame


def heard(connection: Connection) -> list[dict[str, Any]]:
    """The frames that wait for the client."""
    return [json.loads(text_of(frame)) for frame in connection._outbox]


async def test_an_opening_that_fails_leaves_the_one_that_replaced_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, connection, frame = await follower(database)
    reads = Held(monkeypatch)
    reads.fails = True
    peer = guest._peer(connection)
    first = asyncio.create_task(guest._open(connection, peer, frame))
    await until(lambda: reads.waiting == 1)
    await guest._open(connection, peer, frame)
    reads.go.set()
    with pytest.raises(Busy):
        await first
    (subscription,) = connection.topics.values()
    assert subscription.held is None
    assert list(peer.session.following) == [frame["layer"]]


async def test_a_layer_closed_while_it_is_read_again_is_not_followed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, connection, frame = await follower(database)
    await guest.receive(connection, frame)
    assert list(guest._peer(connection).session.following) == [frame["layer"]]
    reads = Held(monkeypatch)
    guest.hub.rights_changed(layer_topic(frame["layer"]), None)
    await until(lambda: reads.waiting == 1)
    await guest.receive(connection, {"t": "ann.close", "layer": frame["layer"]})
    reads.go.set()
    await asyncio.gather(*guest._tasks)
    assert connection.topics == {}
    assert guest._peer(connection).session.following == {}


async def test_a_bad_opening_that_nobody_waits_for_any_more_says_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke behind it: a hundred thousand of them would fill the log."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    guest, connection, _ = await follower(database)
    reads = Held(monkeypatch)
    bad = {"t": "ann.open", "layer": 7, "cursor": 0}
    opening = asyncio.create_task(guest.receive(connection, bad))
    await until(lambda: reads.waiting == 1)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    (reading,) = [one for one in asyncio.all_tasks() if "_read" in repr(one)]
    reads.go.set()
    await asyncio.wait([reading])
    assert "bad_id" in repr(reading)
    del reading, opening
    gc.collect()
    assert told == []
