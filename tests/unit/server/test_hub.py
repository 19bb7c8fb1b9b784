"""Connections and subscriptions: epochs, held frames, the bounded outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.identity import Actor
from server.live.hub import Connection, Hub, Subscription
from server.live.transport import Write, text_frame, text_of
from server.writer import Announcement, Effects

TOPIC = "meeting:x"


class Follower:
    """A connection on one topic, with what was asked again."""

    def __init__(self, hub: Hub, person: str = "an", outbox: int = 1000) -> None:
        actor = Actor(person, f"session-{person}", "device", "unit")
        self.connection = Connection(person, actor, outbox)
        self.asked: list[Subscription] = []
        self.hub = hub
        hub.join(self.connection)
        self.subscription = hub.follow(self.connection, TOPIC, 0, self.asked.append)
        hub.release(self.subscription)

    def answer(self) -> None:
        """The right still holds: what the gateway does after a question."""
        subscription = self.asked.pop()
        subscription.epoch = self.hub.epoch(TOPIC, self.connection.actor.person_id)
        self.hub.release(subscription)

    @property
    def waiting(self) -> list[str]:
        return [text_of(frame) for frame in self.connection._outbox]


def change(seq: int, **more: Any) -> Effects:
    return Effects([Announcement(TOPIC, seq, f"frame {seq}")], **more)


def test_a_change_reaches_its_followers_once() -> None:
    hub = Hub()
    one, two = Follower(hub, "an"), Follower(hub, "binh")
    hub.committed(change(1))
    hub.committed(change(1))
    hub.committed(Effects([Announcement("meeting:other", 1, "other")]))
    assert one.waiting == two.waiting == ["frame 1"]


def test_rights_moved_with_a_change_are_asked_before_it_is_sent() -> None:
    hub = Hub()
    one, two = Follower(hub, "an"), Follower(hub, "binh")
    hub.committed(change(1, rights_changed=[(None, "an")]))
    assert one.waiting == []
    assert two.waiting == ["frame 1"]
    hub.committed(change(2))
    assert one.waiting == []
    one.answer()
    assert one.waiting == ["frame 1", "frame 2"]


def test_rights_of_a_topic_are_asked_of_all_its_followers() -> None:
    hub = Hub()
    one, two = Follower(hub, "an"), Follower(hub, "binh")
    hub.rights_changed(TOPIC, None)
    assert (len(one.asked), len(two.asked)) == (1, 1)


def test_who_lost_the_right_gets_nothing_that_was_held() -> None:
    hub = Hub()
    one = Follower(hub)
    hub.committed(change(1, rights_changed=[(None, "an")]))
    hub.unfollow(one.connection, TOPIC)
    hub.committed(change(2))
    assert one.waiting == []


def test_rights_that_move_while_they_are_asked_are_asked_again() -> None:
    hub = Hub()
    one = Follower(hub)
    hub.committed(change(1, rights_changed=[(None, "an")]))
    stale = hub.epoch(TOPIC, "an")
    hub.rights_changed(None, "an")
    subscription = one.asked.pop()
    subscription.epoch = stale
    hub.release(subscription)
    assert one.waiting == []
    one.answer()
    assert one.waiting == ["frame 1"]


def test_what_comes_while_catching_up_follows_the_cursor() -> None:
    hub = Hub()
    one = Follower(hub)
    subscription = hub.follow(one.connection, TOPIC, 0, one.asked.append)
    for seq in (1, 2, 3):
        hub.committed(change(seq))
    subscription.cursor = 2
    hub.release(subscription)
    assert one.waiting == ["frame 3"]


def test_an_outbox_that_overflows_closes_the_connection() -> None:
    hub = Hub()
    slow, quick = Follower(hub, "an", outbox=20), Follower(hub, "binh")
    for seq in range(1, 6):
        hub.committed(change(seq))
    assert slow.connection.closing == (1013, "slow")
    assert slow.connection.ended.is_set()
    assert slow.connection.send("more") is False
    assert len(quick.waiting) == 5


async def test_a_closed_connection_takes_nothing_but_a_farewell() -> None:
    hub = Hub()
    one, two = Follower(hub, "an"), Follower(hub, "binh")
    one.connection.send("secret")
    one.connection.close(4401, "signed_out")
    two.connection.send("leaving")
    two.connection.close(1001, "restart")
    assert await one.connection.waiting() is None
    assert await two.connection.waiting() == text_frame("leaving")
    two.connection.sent()
    assert await two.connection.waiting() is None


class FakeWire:
    """A socket that takes frames until its buffer is full."""

    def __init__(self, follower: Follower) -> None:
        self.written: list[bytes] = []
        follower.connection.attach(self)

    def tell(self, changed: Callable[[Write | None], None]) -> None:
        self.changed = changed
        self.resume()

    def resume(self) -> None:
        self.changed(self.written.append)

    def pause(self) -> None:
        self.changed(None)


def test_a_change_is_one_object_on_every_wire() -> None:
    hub = Hub()
    followers = [Follower(hub, "an"), Follower(hub, "binh")]
    wires = [FakeWire(one) for one in followers]
    hub.committed(change(1))
    assert wires[0].written == [text_frame("frame 1")]
    assert wires[0].written[0] is wires[1].written[0]
    assert followers[0].waiting == []


async def test_nothing_passes_what_waits_for_a_slow_reader() -> None:
    hub = Hub()
    follower = Follower(hub)
    connection, wire = follower.connection, FakeWire(follower)
    wire.pause()
    hub.committed(change(1))
    wire.resume()
    hub.committed(change(2))
    assert connection.send("an answer")
    assert (wire.written, follower.waiting) == ([], ["frame 1", "frame 2", "an answer"])
    assert await connection.waiting() == text_frame("frame 1")
    hub.committed(change(3))
    for text in ("frame 1", "frame 2", "an answer", "frame 3"):
        assert await connection.waiting() == text_frame(text)
        connection.sent()
    hub.committed(change(4))
    assert connection.send("another")
    assert wire.written == [text_frame("frame 4"), text_frame("another")]


def test_a_closing_connection_writes_nothing_though_its_wire_would() -> None:
    hub = Hub()
    follower = Follower(hub)
    wire = FakeWire(follower)
    follower.connection.close(4401, "signed_out")
    wire.resume()
    hub.committed(change(1))
    assert not follower.connection.send("secret")
    assert (wire.written, follower.waiting) == ([], [])


def test_a_wire_that_breaks_costs_nobody_else_the_change() -> None:
    hub = Hub()
    first, second = Follower(hub, "an"), Follower(hub, "binh")

    def broken(frame: bytes) -> None:
        raise RuntimeError("the handler is closed")

    FakeWire(first).changed(broken)
    wire = FakeWire(second)
    hub.committed(change(1))
    assert wire.written == [text_frame("frame 1")]
    assert first.connection.ended.is_set()
    FakeWire(second).changed(broken)
    assert not second.connection.send("answer")
    assert second.connection.ended.is_set()


def test_wet_ink_is_dropped_first_and_never_sent_back() -> None:
    hub = Hub()
    sender, slow = Follower(hub, "an"), Follower(hub, "binh")
    for _ in range(32):
        slow.connection.send("x")
    hub.broadcast_passing(TOPIC, "wet", but=sender.connection)
    assert sender.waiting == []
    assert "wet" not in slow.waiting
    assert slow.connection.closing is None


def test_an_ended_session_closes_its_connections_alone() -> None:
    hub = Hub()
    one, two = Follower(hub, "an"), Follower(hub, "binh")
    hub.committed(Effects(sessions_ended=["session-an"]))
    assert one.connection.closing == (4401, "signed_out")
    assert two.connection.closing is None


def test_leaving_forgets_everything() -> None:
    hub = Hub()
    one = Follower(hub)
    hub.leave(one.connection)
    hub.committed(change(1))
    assert one.waiting == []
    assert hub._topics == {}
    assert hub.emptied.is_set()


def test_rights_of_topics_nobody_follows_leave_nothing_behind() -> None:
    hub = Hub()
    follower = Follower(hub)
    hub.rights_changed(TOPIC, None)
    follower.answer()
    for number in range(100):
        hub.rights_changed(f"layer:{number}", None)
    hub.leave(follower.connection)
    assert hub._topic_epoch == {}


def test_wet_ink_waits_while_a_right_is_asked_again_and_goes_with_it() -> None:
    hub = Hub()
    stays, leaves = Follower(hub, "an"), Follower(hub, "binh")
    hub.committed(Effects(rights_changed=[(None, "an"), (None, "binh")]))
    for number in range(40):
        hub.broadcast_passing(TOPIC, f"wet {number}")
    assert stays.waiting == []
    # The gateway asks by opening anew, which makes another subscription.
    stays.subscription = hub.follow(stays.connection, TOPIC, 0, stays.asked.append)
    hub.release(stays.subscription)
    assert stays.waiting[0] == "wet 8", "the newest, and no more than a second of them"
    assert stays.waiting[-1] == "wet 39"
    hub.unfollow(leaves.connection, TOPIC)
    assert leaves.waiting == []
