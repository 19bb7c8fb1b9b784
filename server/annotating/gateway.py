"""The annotation protocol on the live socket: `ann.*` frames, the sans-I/O session behind them.

Rights are asked of the database when those on the layer, or those of the person, may have moved:
the database's rights epoch says when. The writer compares once more, so that no push slips in
behind a removal. An ack and a delta leave only after COMMIT. Several pushes of one connection wait
for the writer together, in their order, so that they share a COMMIT; their answers come in the same
order. A whole layer is sent while it is read, the page before somebody's eyes first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog
from pydantic_core import to_json
from sqlmodel import Session as SqlSession

from annotations.errors import AnnotationError
from annotations.model import JsonObject, Layer
from annotations.session import Outcome, Place, Session
from server import clock
from server.annotating.layers import layer_topic, raw, rights_on
from server.annotating.pushing import Known, Pushing, Waiting, try_later
from server.annotating.rules import LayerRights
from server.database import Database
from server.errors import Busy, DomainError
from server.identity import Actor
from server.live.hub import Connection, Hub, Subscription
from server.live.messages import Refused
from server.sqlite import as_domain_error

log = structlog.get_logger(__name__)
LAYERS = 200
"""Layers one connection follows: an agenda's documents, each with a layer or two."""
PUSHES = 16
"""Pushes of one connection that wait for the writer: twice what a tablet has under way."""
READ_AHEAD = 1_048_576
"""Characters of an opened layer that are read before its client takes them; then the reading rests,
gives its reader's thread back, and goes on behind what it had. A hall that opens a heavy paper at
once holds that much for each tablet, however large the layer is."""
RECHECKS = 32
"""Readings of layers asked again that are under way at once. A paper that is taken away asks those
of a whole hall; the pages that people open in the meantime come first, what was held waits."""
BUSY_SECONDS = 0.5
"""How long a layer asked again waits before it asks readers that were too busy once more."""
Read: TypeAlias = Callable[..., Awaitable[Any]]
"""As `Database.read`."""


@dataclass
class _Peer:
    session: Session
    known: Known
    under_way: int = 0
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def down_to(self, most: int) -> None:
        """Wait until at most so many pushes are unanswered."""
        while self.under_way > most:
            self._answered.clear()
            await self._answered.wait()

    def answered(self) -> None:
        """One push fewer is under way."""
        self.under_way -= 1
        self._answered.set()


@dataclass
class Annotating:
    """The guest of the live gateway for the prefix `ann`."""

    database: Database
    hub: Hub
    touch: Callable[[Actor], Awaitable[None]]
    _peers: dict[str, _Peer] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _rechecks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RECHECKS))

    def __post_init__(self) -> None:
        self._pushing = Pushing(self.database)

    async def receive(self, connection: Connection, frame: dict[str, Any]) -> None:
        """Take one frame."""
        peer = self._peer(connection)
        try:
            match frame.get("t"):
                case "ann.push":
                    await self._push(connection, peer, frame)
                case "ann.open":
                    await peer.down_to(0)
                    await self._open(connection, peer, frame)
                case "ann.close":
                    peer.session.close(frame)
                    self.hub.unfollow(connection, layer_topic(str(frame.get("layer"))))
                case "ann.ephemeral":
                    await self._pass_on(connection, peer, frame)
                case _:
                    raise AnnotationError("unknown_message", "t")
        except AnnotationError as error:
            raise DomainError(error.code, ref=str(frame.get("layer", ""))[:36]) from None

    def gone(self, connection: Connection) -> None:
        """The connection has ended."""
        self._peers.pop(connection.id, None)

    def _peer(self, connection: Connection) -> _Peer:
        peer = self._peers.get(connection.id)
        if peer is None:
            person = connection.actor.person_id
            known = Known()
            peer = self._peers[connection.id] = _Peer(Session(person, known), known)
        return peer

    async def _read_in_turn(self, query: Callable[..., Any], *given: Any) -> Any:
        """Read for a layer asked again: its client has lost nothing and waits for nothing, so it
        is never told that the readers are busy."""
        async with self._rechecks:
            while True:
                try:
                    return await self.database.read(query, *given)
                except Busy:
                    await asyncio.sleep(BUSY_SECONDS)

    async def _ask(
        self, connection: Connection, known: Known, layer: object, read: Read | None = None
    ) -> tuple[int, LayerRights] | None:
        """The right on this layer, asked since it last may have changed, with the rights epoch of
        the asking; it is in `known` as well, until another asking makes room there. None for what
        is no layer's id."""
        if not isinstance(layer, str):
            return None
        epoch = self.database.rights_epoch
        held = known.allowed.get(layer)
        if held is not None and self._holds(layer, connection.actor.person_id, *held):
            return held
        if len(known.allowed) > 4 * LAYERS:
            known.allowed.clear()
        allowed = await (read or self.database.read)(rights_on, connection.actor, layer)
        known.allowed[layer] = (epoch, allowed)
        return epoch, allowed

    def _holds(self, layer: str, person: str, epoch: int, allowed: LayerRights) -> bool:
        """Who had no right may have been given one by what takes none away: asked each time."""
        return allowed.read and self.database.rights_held(epoch, layer_topic(layer), person)

    async def _push(self, connection: Connection, peer: _Peer, frame: JsonObject) -> None:
        """Put the push in the writer's queue; it is answered when it is committed."""
        layer, actor = frame.get("layer"), connection.actor
        try:
            asked = await self._ask(connection, peer.known, layer)
        except Exception as error:
            trouble = as_domain_error(error)
            if not isinstance(trouble, DomainError):
                raise
            await peer.down_to(0)  # behind the answers to what was sent before
            _not_stored(connection, frame, trouble)
            return
        await peer.down_to(PUSHES - 1 if self.database.is_calm else 0)

        def answered(outcome: Outcome | None, error: BaseException | None) -> None:
            peer.answered()
            _answer(connection, frame, outcome, error)

        try:
            waiting = Waiting(actor, frame, asked)
            self.database.put_taken(self._pushing.take, waiting, answered, waiting.size)
        except DomainError as error:
            _not_stored(connection, frame, error)
            return
        peer.under_way += 1
        await self.touch(actor)

    async def _open(
        self, connection: Connection, peer: _Peer, frame: JsonObject, read: Read | None = None
    ) -> None:
        layer = frame.get("layer")
        topic = layer_topic(str(layer))
        if topic not in connection.topics and len(peer.session.following) >= LAYERS:
            raise DomainError("too_many_layers")
        subscription = self.hub.follow(connection, topic, 0, self._recheck)
        try:
            while True:
                epoch = self.hub.epoch(topic, connection.actor.person_id)
                asked = await self._ask(connection, peer.known, layer, read)
                # The reading's own session and right: what is followed is this thread's business, a
                # layer closed in the meantime does not come back, and what the connection knows may
                # be cleared before a reader is free.
                known = Known({} if asked is None else {str(layer): asked})
                core = Session(connection.actor.person_id, known)
                reading = _Reading(read or self.database.read, core, frame)
                try:
                    while (text := await reading.next()) is not None:
                        await connection.room()
                        if not self.hub.still(subscription, epoch):
                            break
                        connection.send(text)
                finally:
                    reading.stop()
                opened = await reading.layer()
                if connection.topics.get(topic) is not subscription or connection.closing:
                    return
                if self.hub.still(subscription, epoch):
                    break
        except BaseException:
            if connection.topics.get(topic) is subscription:  # not that of a later opening
                self._leave(connection, peer, str(layer))
            raise
        if opened is None:
            self._leave(connection, peer, str(layer))
            return
        peer.session.following[opened.id] = opened
        subscription.epoch = epoch
        subscription.cursor = opened.head_seq
        self.hub.release(subscription)

    def _leave(self, connection: Connection, peer: _Peer, layer: str) -> None:
        peer.session.following.pop(layer, None)
        self.hub.unfollow(connection, layer_topic(layer))

    async def _pass_on(self, connection: Connection, peer: _Peer, frame: JsonObject) -> None:
        layer = frame.get("layer")
        if isinstance(layer, str) and layer in peer.session.following:
            await self._ask(connection, peer.known, layer)
        outcome = peer.session.pass_on(frame, clock.unix_ms())
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
            await self._open(connection, self._peer(connection), frame, self._read_in_turn)
        except Exception:
            log.exception("layer_not_asked_again", layer=frame["layer"])
            connection.close(1013, "try_again")


class _Reading:
    """The answers to `ann.open` on their way from a reader's thread, each as soon as it is made.

    What the client has not taken yet waits here: a reader that waited for a slow client would hold
    up the others, and the WAL. Past READ_AHEAD of it the reading rests."""

    def __init__(self, read: Read, session: Session, frame: JsonObject) -> None:
        self._loop = asyncio.get_running_loop()
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._stopped = False
        self._told = self._taken = 0  # each counted by one thread alone
        self._task = self._loop.create_task(self._read(read, session, frame))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Layer | None]) -> None:
        """Hear how it ended, also where nobody waits any more: a connection that breaks behind a
        bad frame would fill the log with what was never heard."""
        error = None if task.cancelled() else task.exception()
        if self._stopped and error is not None and not isinstance(error, AnnotationError):
            log.error("layer_not_read", exc_info=error)

    async def _read(self, read: Read, session: Session, frame: JsonObject) -> Layer | None:
        try:
            opened, place = await read(_opened, session, frame, None, self._tell)
            first: Layer | None = opened
            while place is not None and opened is not None and not self._stopped:
                await self._rest()
                opened, place = await read(_opened, session, frame, place, self._tell)
            return first if opened is not None else None
        finally:
            self._texts.put_nowait(None)

    async def _rest(self) -> None:
        """Until the client has taken half of what was read."""
        while self._told - self._taken > READ_AHEAD // 2 and not self._stopped:
            self._room.clear()
            await self._room.wait()

    def _tell(self, text: str) -> bool:
        """On the reader's thread; False when that is enough for now."""
        self._told += len(text)
        if not self._stopped:
            self._loop.call_soon_threadsafe(self._texts.put_nowait, text)
        return not self._stopped and self._told - self._taken < READ_AHEAD

    async def next(self) -> str | None:
        """The next answer; None after the last."""
        text = await self._texts.get()
        self._taken += len(text or "")
        self._room.set()
        return text

    def stop(self) -> None:
        """No more of it."""
        self._stopped = True
        self._room.set()

    async def layer(self) -> Layer | None:
        """The layer as it was answered with; None for one that is not followed."""
        return await self._task


def _opened(
    sql: SqlSession,
    session: Session,
    frame: JsonObject,
    place: Place | None,
    tell: Callable[[str], bool],
) -> tuple[Layer | None, Place | None]:
    """Tell what there is behind the place; the layer, and the place where `tell` had enough."""
    store = raw(sql)
    outcome = session.open(frame, store, place)
    for reply in outcome.replies:
        tell(_encode(reply))
    behind = None
    for part in outcome.parts:
        behind = part.behind
        if not tell(part.text):
            break
    layer = str(frame.get("layer"))
    return (store.layer(layer) if layer in session.following else None), behind


def _answer(
    connection: Connection, frame: JsonObject, outcome: Outcome | None, error: BaseException | None
) -> None:
    if outcome is not None and error is None:
        for reply in outcome.replies:
            connection.send(_encode(reply))
    elif isinstance(error, DomainError):
        _not_stored(connection, frame, error)
    else:
        log.error("push_failed", person=connection.actor.person_id, exc_info=error)
        connection.send(Refused(t="error", code="internal_error").model_dump_json())


def _not_stored(connection: Connection, frame: JsonObject, error: DomainError) -> None:
    log.warning("push_not_stored", code=error.code)
    connection.send(_encode(try_later(frame)))


def _encode(message: JsonObject) -> str:
    return to_json(message).decode()
