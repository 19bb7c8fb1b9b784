"""The annotation protocol on the live socket: `ann.*` frames, the sans-I/O session behind them.

Rights are asked of the database when they may have changed: the database's rights epoch says
when. The writer compares it once more, so that no push slips in behind a removal. An ack and a
delta leave only after COMMIT.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlmodel import Session as SqlSession

from annotations.errors import AnnotationError
from annotations.model import JsonObject, Layer
from annotations.session import Outcome, Session
from server import clock
from server.annotating.layers import layer_topic, may_use, raw
from server.annotating.store import SqlStore
from server.database import Announcement, Database, Effects, WriteSession
from server.errors import DomainError
from server.identity import Actor
from server.live.hub import Connection, Hub, Subscription

log = structlog.get_logger(__name__)
LAYERS = 200
"""Layers one connection follows: an agenda's documents, each with a layer or two."""


@dataclass
class _Known:
    """What this connection may use, and the rights epoch at which that was asked."""

    allowed: dict[str, tuple[int, bool]] = field(default_factory=dict)
    person: str = ""

    def may_read(self, layer: Layer) -> bool:
        known = self.allowed.get(layer.id)
        return known is not None and known[1] and layer.owner == self.person

    def may_write(self, layer: Layer) -> bool:
        return self.may_read(layer)

    def may_change_others(self, layer: Layer) -> bool:
        return False


class _RightsMoved(Exception):
    """Somebody's rights changed between the question and the push."""


@dataclass
class _Peer:
    session: Session
    known: _Known


@dataclass
class Annotating:
    """The guest of the live gateway for the prefix `ann`."""

    database: Database
    hub: Hub
    touch: Callable[[Actor], Awaitable[None]]
    _peers: dict[str, _Peer] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def receive(self, connection: Connection, frame: dict[str, Any]) -> None:
        """Take one frame."""
        peer = self._peer(connection)
        try:
            match frame.get("t"):
                case "ann.push":
                    await self._push(connection, peer, frame)
                case "ann.open":
                    await self._open(connection, peer, frame)
                case "ann.close":
                    peer.session.receive(frame, _NO_STORE, clock.unix_ms())
                    self.hub.unfollow(connection, layer_topic(str(frame.get("layer"))))
                case _:
                    self._pass_on(connection, peer, frame)
        except AnnotationError as error:
            raise DomainError(error.code, ref=str(frame.get("layer", ""))[:36]) from None

    def gone(self, connection: Connection) -> None:
        """The connection has ended."""
        self._peers.pop(connection.id, None)

    def _peer(self, connection: Connection) -> _Peer:
        peer = self._peers.get(connection.id)
        if peer is None:
            person = connection.actor.person_id
            known = _Known(person=person)
            peer = self._peers[connection.id] = _Peer(Session(person, known), known)
        return peer

    async def _ask(self, connection: Connection, known: _Known, layer: object) -> None:
        """Make sure the right on this layer was asked since it last may have changed."""
        if not isinstance(layer, str):
            return
        epoch = self.database.rights_epoch
        held = known.allowed.get(layer)
        if held is not None and held[0] == epoch:
            return
        if len(known.allowed) > 4 * LAYERS:
            known.allowed.clear()
        allowed = await self.database.read(may_use, connection.actor, layer)
        known.allowed[layer] = (epoch, allowed)

    async def _push(self, connection: Connection, peer: _Peer, frame: JsonObject) -> None:
        await self._ask(connection, peer.known, frame.get("layer"))
        epoch = self.database.rights_epoch
        layer = frame.get("layer")
        if isinstance(layer, str) and layer in peer.known.allowed:
            epoch = peer.known.allowed[layer][0]

        def push(raw_connection: Any) -> tuple[Outcome, Effects]:
            if not self.database.rights_settled(epoch):
                raise _RightsMoved
            outcome = peer.session.receive(frame, SqlStore(raw_connection), clock.unix_ms())
            return outcome, _effects(outcome)

        def push_asking(session: WriteSession) -> Outcome:
            if isinstance(layer, str):
                peer.known.allowed[layer] = (-1, may_use(session, connection.actor, layer))
            outcome = peer.session.receive(frame, raw(session), clock.unix_ms())
            session.effects = _effects(outcome)
            return outcome

        try:
            try:
                outcome = await self.database.write_raw(push)
            except _RightsMoved:
                outcome = await self.database.write(connection.actor, push_asking)
        except DomainError as error:
            log.warning("push_not_stored", code=error.code)
            connection.send(_encode(_try_later(frame)))
            return
        for reply in outcome.replies:
            connection.send(_encode(reply))
        await self.touch(connection.actor)

    async def _open(self, connection: Connection, peer: _Peer, frame: JsonObject) -> None:
        layer = frame.get("layer")
        topic = layer_topic(str(layer))
        if topic not in connection.topics and len(peer.session.following) >= LAYERS:
            raise DomainError("too_many_layers")
        subscription = self.hub.follow(connection, topic, 0, self._recheck)
        try:
            while True:
                epoch = self.hub.epoch(topic, connection.actor.person_id)
                await self._ask(connection, peer.known, layer)
                outcome, head = await self.database.read(_opened, peer.session, frame)
                for reply in outcome.replies:
                    await connection.room()
                    if not self.hub.still(subscription, epoch):
                        break
                    connection.send(_encode(reply))
                if connection.topics.get(topic) is not subscription or connection.closing:
                    return
                if self.hub.still(subscription, epoch):
                    break
        except BaseException:
            self.hub.unfollow(connection, topic)
            raise
        if head is None:
            self.hub.unfollow(connection, topic)
            return
        subscription.epoch = epoch
        subscription.cursor = head
        self.hub.release(subscription)

    def _pass_on(self, connection: Connection, peer: _Peer, frame: JsonObject) -> None:
        outcome = peer.session.receive(frame, _NO_STORE, clock.unix_ms())
        if outcome.relay is not None:
            self.hub.broadcast_passing(
                layer_topic(outcome.layer), _encode(outcome.relay), but=connection
            )

    def _recheck(self, subscription: Subscription) -> None:
        """Ask again by opening from where the client stands; held frames follow."""
        layer = subscription.topic.partition(":")[2]
        frame = {"t": "ann.open", "layer": layer, "cursor": subscription.cursor}
        task = asyncio.get_running_loop().create_task(self._reopen(subscription, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reopen(self, subscription: Subscription, frame: JsonObject) -> None:
        connection = subscription.connection
        left = connection.topics.get(subscription.topic) is not subscription
        if left or connection.closing is not None:  # closed by the client in the meantime
            return
        try:
            await self._open(connection, self._peer(connection), frame)
        except Exception:
            log.exception("layer_not_asked_again", layer=frame["layer"])
            connection.close(1013, "try_again")


def _opened(sql: SqlSession, session: Session, frame: JsonObject) -> tuple[Outcome, int | None]:
    store = raw(sql)
    outcome = session.receive(frame, store, clock.unix_ms())
    layer = str(frame.get("layer"))
    found = store.layer(layer) if layer in session.following else None
    return outcome, found.head_seq if found else None


def _effects(outcome: Outcome) -> Effects:
    if outcome.announce is None:
        return Effects()
    seq = int(outcome.announce["to"])
    return Effects([Announcement(layer_topic(outcome.layer), seq, _encode(outcome.announce))])


def _try_later(frame: JsonObject) -> JsonObject:
    number = frame.get("op_no")
    return {"t": "ann.nack", "op_no": number if type(number) is int else 0, "code": "try_later"}


def _encode(message: JsonObject) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


_NO_STORE = SqlStore.__new__(SqlStore)
"""For messages that never reach the store (`ann.close`, `ann.ephemeral`)."""
