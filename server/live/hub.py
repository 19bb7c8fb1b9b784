"""Connections and their subscriptions in this process; announcing to them.

A subscription remembers the rights epoch of its person and its topic. A bump holds every
subscription that it may concern in the same moment, and the right is asked again before the next
frame goes out; so delivery itself compares nothing but the cursor.
Each connection has a bounded outbox; one that overflows is closed, and resumes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from server.identity import Actor
from server.live.transport import Wire, Write, text_frame
from server.writer import Effects

GONE = (1000, "gone")
SLOW = (1013, "slow")
"""How an overflowing outbox ends: try again later (RFC 6455 §7.4, IANA 1013)."""
MOST_PASSING = 32
"""Pieces of wet ink that wait while a right is asked again: about a second of them."""
ROOM_SECONDS = 40
"""A client that takes nothing of what it asked for within two heartbeats and some is gone."""


@dataclass(eq=False, slots=True)
class Connection:
    """One client on the live socket. `send` never waits: a frame goes to the wire at once, or,
    where there is none or the client has to read first, into the outbox, which the gateway
    empties. What the client asked for (a snapshot, what it missed) may be more than the outbox
    holds, so it comes as fast as the client reads: `room` waits."""

    id: str
    actor: Actor
    outbox_bytes: int
    quick: Write | None = None
    """Writes a frame at once; None while the client has to read first, while something waits in
    the outbox, and where the socket takes no ready frames."""
    topics: dict[str, Subscription] = field(default_factory=dict)
    closing: tuple[int, str] | None = None
    listening_since: float | None = None
    """Since when the gateway waits for a word of the client; None while it is at work for it."""
    _outbox: deque[bytes] = field(default_factory=deque)
    _size: int = 0
    _write: Write | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: asyncio.Event = field(default_factory=asyncio.Event)

    def attach(self, wire: Wire) -> None:
        """Write to this socket from now on, while it takes frames."""
        wire.tell(self._changed)

    def _changed(self, write: Write | None) -> None:
        self._write = write
        self._choose()

    def _choose(self) -> None:
        free = self.closing is None and not self._outbox
        self.quick = self._write if free else None

    def send(self, text: str) -> bool:
        """Send one text; False when the connection is being closed instead."""
        return self.send_frame(text_frame(text))

    def send_frame(self, frame: bytes) -> bool:
        """Send a frame of `text_frame`, which may have been made for many."""
        quick = self.quick
        if quick is not None:
            try:
                quick(frame)
            except RuntimeError:  # lost in this moment; nobody else may suffer from it
                self.close(*GONE)
            return self.closing is None
        if self.closing is not None:
            return False
        if self._size and self._size + len(frame) > self.outbox_bytes:
            self.close(*SLOW)
            return False
        self._size += len(frame)
        self._outbox.append(frame)
        self.quick = None
        self._wake.set()
        return True

    def send_if_idle(self, frame: bytes, most_waiting: int = 32) -> bool:
        """For what may be lost (wet ink, pointers): dropped first when the client is slow."""
        if len(self._outbox) >= most_waiting:
            return False
        return self.send_frame(frame)

    async def room(self) -> None:
        """Wait until at least half of the outbox is free, or the connection ends."""
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                while self._size * 2 > self.outbox_bytes and self.closing is None:
                    self._taken.clear()
                    await self._taken.wait()
        except TimeoutError:
            self.close(*SLOW)

    def close(self, code: int, reason: str) -> None:
        """Stop taking frames and let the gateway close the socket."""
        if self.closing is None:
            self.closing = (code, reason)
            self.quick = None
            self._wake.set()
            self._taken.set()
            self.ended.set()

    async def waiting(self) -> bytes | None:
        """The oldest frame of the outbox, which stays there until `sent`, so that nothing is
        written past it; None when the connection is to be closed."""
        while not self._outbox and self.closing is None:
            self._wake.clear()
            await self._wake.wait()
        if self.closing is not None and (self.closing[0] != 1001 or not self._outbox):
            return None
        return self._outbox[0]

    def sent(self) -> None:
        """The oldest frame has left."""
        self._size -= len(self._outbox.popleft())
        self._taken.set()
        self._choose()


@dataclass(eq=False, slots=True)
class Subscription:
    """A connection following a topic. `held` collects while it catches up or is asked again;
    `recheck` asks for the right again and then releases or ends the subscription."""

    connection: Connection
    topic: str
    epoch: tuple[int, int]
    cursor: int
    recheck: Callable[[Subscription], None]
    held: list[tuple[int, bytes]] | None = None
    held_size: int = 0
    passing: deque[bytes] = field(default_factory=lambda: deque(maxlen=MOST_PASSING))
    """What is never stored and came while this was held, for the same reason."""


@dataclass(eq=False)
class Hub:
    """All connections of this process."""

    connections: dict[str, Connection] = field(default_factory=dict)
    _topics: dict[str, dict[Subscription, None]] = field(default_factory=dict)
    _topic_epoch: dict[str, int] = field(default_factory=dict)
    _person_epoch: dict[str, int] = field(default_factory=dict)
    emptied: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the last client has gone."""

    def epoch(self, topic: str, person: str) -> tuple[int, int]:
        """The present rights epoch of a person on a topic."""
        return (self._topic_epoch.get(topic, 0), self._person_epoch.get(person, 0))

    def _epoch_of(self, subscription: Subscription) -> tuple[int, int]:
        return self.epoch(subscription.topic, subscription.connection.actor.person_id)

    def join(self, connection: Connection) -> None:
        """A client has said hello."""
        self.connections[connection.id] = connection
        self.emptied.clear()

    def leave(self, connection: Connection) -> None:
        """A client is gone, with all it followed."""
        self.connections.pop(connection.id, None)
        for topic in list(connection.topics):
            self.unfollow(connection, topic)
        if not self.connections:
            self.emptied.set()

    def follow(
        self,
        connection: Connection,
        topic: str,
        cursor: int,
        recheck: Callable[[Subscription], None],
    ) -> Subscription:
        """Follow a topic, holding what comes until `release`."""
        former = connection.topics.get(topic)
        self.unfollow(connection, topic)
        epoch = self.epoch(topic, connection.actor.person_id)
        subscription = Subscription(connection, topic, epoch, cursor, recheck, held=[])
        if former is not None:
            subscription.passing.extend(former.passing)
        connection.topics[topic] = subscription
        self._topics.setdefault(topic, {})[subscription] = None
        return subscription

    def unfollow(self, connection: Connection, topic: str) -> None:
        """Stop following."""
        subscription = connection.topics.pop(topic, None)
        if subscription is None:
            return
        followers = self._topics.get(topic)
        if followers is not None:
            followers.pop(subscription, None)
            if not followers:
                del self._topics[topic]
                self._topic_epoch.pop(topic, None)  # the next follower asks afresh in any case

    def still(self, subscription: Subscription, epoch: tuple[int, int]) -> bool:
        """Whether a subscription goes on, with no right moved since `epoch`."""
        connection, topic = subscription.connection, subscription.topic
        return (
            connection.topics.get(topic) is subscription
            and connection.closing is None
            and epoch == self._epoch_of(subscription)
        )

    def release(self, subscription: Subscription) -> None:
        """Send what was held since the cursor, then deliver directly; or, where a right has moved
        since it was asked, ask again."""
        if subscription.epoch != self._epoch_of(subscription):
            subscription.recheck(subscription)
            return
        held, subscription.held = subscription.held or [], None
        subscription.held_size = 0
        for seq, frame in held:
            self._deliver(subscription, seq, frame)
        while subscription.passing:
            subscription.connection.send_if_idle(subscription.passing.popleft())

    def committed(self, effects: Effects) -> None:
        """After a COMMIT: rights first, then the changes."""
        for topic, person in effects.rights_changed:
            self.rights_changed(topic, person)
        if effects.sessions_ended:
            self.end_sessions(effects.sessions_ended)
        for one in effects.announcements:
            followers = self._topics.get(one.topic)
            if followers:
                frame = text_frame(one.frame)
                seq = one.seq
                # The one loop that runs for a whole hall: no more in it than must be.
                for subscription in tuple(followers):
                    if subscription.held is None and seq > subscription.cursor:
                        subscription.cursor = seq
                        connection = subscription.connection
                        quick = connection.quick
                        if quick is None:
                            connection.send_frame(frame)
                            continue
                        try:
                            quick(frame)
                        except RuntimeError:
                            connection.close(*GONE)
                    else:
                        self._deliver(subscription, seq, frame)

    def rights_changed(self, topic: str | None, person: str | None) -> None:
        """Rights of a person, a topic or both changed: ask again before the next frame."""
        if topic is not None:
            if topic in self._topics:
                self._topic_epoch[topic] = self._topic_epoch.get(topic, 0) + 1
        elif person is not None:
            self._person_epoch[person] = self._person_epoch.get(person, 0) + 1
        for subscription in self._touched(topic, person):
            self._ask_again(subscription)

    def _touched(self, topic: str | None, person: str | None) -> Iterable[Subscription]:
        if topic is not None:
            return tuple(self._topics.get(topic, ()))
        return tuple(
            subscription
            for connection in self.connections.values()
            if connection.actor.person_id == person
            for subscription in connection.topics.values()
        )

    def _ask_again(self, subscription: Subscription) -> None:
        if subscription.held is None:
            subscription.held = []
            subscription.recheck(subscription)

    def _deliver(self, subscription: Subscription, seq: int, frame: bytes) -> None:
        if subscription.held is not None:
            subscription.held.append((seq, frame))
            subscription.held_size += len(frame)
            if subscription.held_size > subscription.connection.outbox_bytes:
                subscription.connection.close(*SLOW)
            return
        if seq <= subscription.cursor:
            return
        subscription.cursor = seq
        subscription.connection.send_frame(frame)

    def broadcast_passing(self, topic: str, text: str, but: Connection | None = None) -> None:
        """Send what is never stored (wet ink) to a topic's followers; slow ones miss it. Whose
        right is asked again just now gets it after the answer: a right that moved a moment before
        the pen came down would swallow a short stroke whole."""
        frame = text_frame(text)
        for subscription in tuple(self._topics.get(topic, ())):
            if subscription.connection is but:
                continue
            if subscription.held is None:
                subscription.connection.send_if_idle(frame)
            else:
                subscription.passing.append(frame)

    def end_sessions(self, session_ids: Iterable[str]) -> None:
        """Close every connection of these sessions: signed out, demoted, or the tablet is lost."""
        gone = set(session_ids)
        for connection in tuple(self.connections.values()):
            if connection.actor.session_id in gone:
                connection.close(4401, "signed_out")
