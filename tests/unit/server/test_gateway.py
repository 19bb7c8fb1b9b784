"""What a topic begins with where no reader is free."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.errors import Busy, NotAllowed
from server.identity import Actor
from server.live import gateway
from server.live.gateway import CaughtUp, Gateway
from server.live.hub import Connection, Hub
from server.live.transport import text_of
from tests.harness.server import until

TOPIC = "meeting:0196f3a0-7777-4aaa-8bbb-000000000007"


class House:
    """A gateway whose readers are busy as often as told, and one client of it."""

    def __init__(self, busy: int = 0) -> None:
        self.busy = busy
        self.allowed = True
        never: Any = None
        self.gateway = Gateway(Hub(), never, never, never, never, never, self.catch_up, "test")
        self.client = Connection("an", Actor("an", "session", "device", "unit"), 10_000)
        self.gateway.hub.join(self.client)

    async def catch_up(self, actor: Actor, topic: str, cursor: int | None) -> CaughtUp:
        if self.busy:
            self.busy -= 1
            raise Busy()
        if not self.allowed:
            raise NotAllowed()
        return CaughtUp(7, [], None)

    async def subscribe(self) -> None:
        await self.gateway._subscribe(self.client, TOPIC, 3)

    @property
    def said(self) -> list[str]:
        return [json.loads(text_of(frame))["t"] for frame in self.client._outbox]

    @property
    def live(self) -> bool:
        subscription = self.client.topics.get(TOPIC)
        return subscription is not None and subscription.cursor == 7


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "BUSY_SECONDS", 0)


async def test_a_topic_waits_for_busy_readers() -> None:
    house = House(busy=3)
    await house.subscribe()
    assert house.said == ["caught_up"]
    assert house.live
    assert house.client.closing is None


async def test_a_topic_asked_again_waits_for_busy_readers() -> None:
    house = House()
    await house.subscribe()
    house.busy = 3
    house.gateway.hub.rights_changed(TOPIC, None)
    await until(lambda: len(house.said) == 2)
    assert house.said == ["caught_up", "caught_up"]
    assert house.live
    assert house.client.closing is None


@pytest.mark.parametrize("again", [False, True])
async def test_readers_busy_for_long_let_the_client_come_back_and_close_no_topic(
    again: bool,
) -> None:
    house = House(busy=0 if again else 10**6)
    await house.subscribe()
    if again:
        house.busy = 10**6
        house.gateway.hub.rights_changed(TOPIC, None)
    await until(lambda: house.client.closing is not None)
    assert house.client.closing == (1013, "try_again")
    assert "closed" not in house.said
    assert house.busy == 10**6 - gateway.BUSY_TRIES - 1


async def test_who_has_no_right_is_told_at_once() -> None:
    house = House()
    house.allowed = False
    await house.subscribe()
    assert house.said == ["closed"]
    assert TOPIC not in house.client.topics
