"""Layers whose rights are asked again while the client does something else."""

from __future__ import annotations

import asyncio
import uuid

from server.annotating.gateway import Annotating
from server.annotating.layers import layer_topic
from server.database import Database
from server.identity import Actor
from server.live.hub import Connection, Hub


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
