"""The WebSocket shell: handshake, frames in and out, heartbeats.

    AwaitingHello ──hello──▶ Live ──close, silence, overflow──▶ gone

Origin and session are checked at the handshake, the right of every topic at every subscription,
and again whenever it may have changed (CVE-2026-44553). A bad frame is answered with `error`;
the connection's other work goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, assert_never

import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.websockets import WebSocket, WebSocketDisconnect

from server import clock
from server.errors import Busy, DomainError
from server.identity import Actor
from server.live.hub import GONE, SLOW, Connection, Hub, Subscription
from server.live.messages import (
    PROTOCOL,
    Active,
    Caught,
    ClientFrame,
    Closed,
    Hello,
    Leaving,
    Ping,
    Pong,
    Refused,
    Snapshot,
    Subscribe,
    Unsubscribe,
    Welcome,
)
from server.live.transport import text_of, wire_of

log = structlog.get_logger(__name__)
FRAMES: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
HELLO_SECONDS = 10
"""A client that does not say hello by then holds a connection for nothing."""
SILENT_BEATS = 1.9
"""Two heartbeats without a word, looked at with each heartbeat."""
FAREWELL_SECONDS = 3
"""How long the last frames may take to a client that reads slowly, or not at all."""

BUSY_SECONDS = 0.5
"""How long a topic waits before it asks readers that were too busy once more."""
BUSY_TRIES = 20
"""How often it does: a hall that comes back together is read within some seconds."""


@dataclass(frozen=True)
class CaughtUp:
    """What a subscription starts with: frames that were missed, or a snapshot at `seq`."""

    seq: int
    frames: list[tuple[int, str]] | None
    snapshot: BaseModel | None


class Guest(Protocol):
    """Another protocol on the same socket, by the prefix of its types (`ann.`)."""

    async def receive(self, connection: Connection, frame: dict[str, Any]) -> None:
        """Take one frame; a `DomainError` becomes an `error` frame."""

    def gone(self, connection: Connection) -> None:
        """The connection has ended."""


@dataclass
class Gateway:
    """What the gateway needs from the rooms above, given by `app.py`."""

    hub: Hub
    identify: Callable[[WebSocket], Awaitable[Actor | None]]
    still_signed_in: Callable[[Actor], Awaitable[bool]]
    lives_on: Callable[[Actor], Awaitable[bool]]
    """The same for a socket's heartbeat, which may wait a moment for others."""
    touch: Callable[[Actor], Awaitable[None]]
    origin_allowed: Callable[[WebSocket], bool]
    catch_up: Callable[[Actor, str, int | None], Awaitable[CaughtUp]]
    version: str
    heartbeat_s: float = 15
    outbox_bytes: int = 4 * 2**20
    most_connections: int = 5000
    most_topics: int = 200
    guests: dict[str, Guest] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, socket: WebSocket) -> None:
        """One client, from handshake to end."""
        if not self.origin_allowed(socket):
            await socket.close(4403, "origin")
            return
        actor = await self.identify(socket)
        await socket.accept()
        if actor is None:
            await socket.close(4401, "not_signed_in")
            return
        if len(self.hub.connections) >= self.most_connections:
            await socket.close(1013, "busy")
            return
        connection = Connection(clock.new_id(), actor, self.outbox_bytes)
        # Joined before hello, so that the end of its session finds a client that is still greeting.
        self.hub.join(connection)
        try:
            hello = await self._greeted(socket, connection)
            if hello is not None:
                await self._live(socket, connection, hello)
        finally:
            connection.close(*GONE)
            self.hub.leave(connection)
            for guest in self.guests.values():
                guest.gone(connection)

    async def _greeted(self, socket: WebSocket, connection: Connection) -> Hello | None:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await self._greet(socket, connection)
        except TimeoutError:
            await _close(socket, 4408, "hello")
        except (WebSocketDisconnect, DomainError, KeyError) as error:
            code = error.code if isinstance(error, DomainError) else "hello"
            await _close(socket, 4400, code)
        else:
            if await self.still_signed_in(connection.actor):
                return hello
            await _close(socket, 4401, "signed_out")
        return None

    async def _live(self, socket: WebSocket, connection: Connection, hello: Hello) -> None:
        """Until either side ends it. A client that no longer reads cannot hold the end up."""
        wire = wire_of(socket.scope)
        if wire is not None:
            connection.attach(wire)
        reader = asyncio.create_task(self._read(socket, connection, hello))
        writer = asyncio.create_task(self._write(socket, connection))
        watcher = asyncio.create_task(self._watch(connection))
        try:
            await connection.ended.wait()
            if connection.closing == SLOW:
                log.info("client_too_slow", person=connection.actor.person_id)
            await asyncio.wait([writer], timeout=FAREWELL_SECONDS)
        finally:
            for task in (reader, writer, watcher):
                task.cancel()
            await asyncio.gather(reader, writer, watcher, return_exceptions=True)

    async def leave(self, retry_after: float) -> None:
        """A planned end: tell everybody when to come back, then close."""
        frame = Leaving(t="leaving", retry_after=retry_after).model_dump_json()
        connections = tuple(self.hub.connections.values())
        for connection in connections:
            connection.send(frame)
            connection.close(1001, "restart")
        if not connections:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self.hub.emptied.wait()

    async def _greet(self, socket: WebSocket, connection: Connection) -> Hello:
        _, raw = _kind(await socket.receive_text())
        hello = _parsed(raw)
        if not isinstance(hello, Hello):
            raise DomainError("hello_first")
        if hello.protocol != PROTOCOL:
            raise DomainError("protocol")
        if hello.device != connection.actor.device_id:
            raise DomainError("device")
        welcome = Welcome(
            t="welcome",
            protocol=PROTOCOL,
            person=connection.actor.person_id,
            server_time=clock.now(),
            heartbeat_s=self.heartbeat_s,
            version=self.version,
        )
        connection.send(welcome.model_dump_json())
        return hello

    async def _read(self, socket: WebSocket, connection: Connection, hello: Hello) -> None:
        try:
            for topic, cursor in list(hello.cursors.items())[: self.most_topics]:
                await self._subscribe(connection, topic, cursor)
            await self._read_frames(socket, connection)
        except Exception:
            log.exception("live_connection_failed", person=connection.actor.person_id)
        finally:
            connection.close(*GONE)

    async def _read_frames(self, socket: WebSocket, connection: Connection) -> None:
        while connection.closing is None:
            connection.listening_since = clock.monotonic()
            message = await socket.receive()
            connection.listening_since = None
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            try:
                if text is None:
                    raise DomainError("binary_frame")
                await self._take(connection, text)
            except DomainError as error:
                refused = Refused(t="error", code=error.code, ref=_ref(error))
                connection.send(refused.model_dump_json())
            except Exception:
                log.exception("live_frame_failed", person=connection.actor.person_id)
                connection.send(Refused(t="error", code="internal_error").model_dump_json())

    async def _take(self, connection: Connection, text: str) -> None:
        kind, raw = _kind(text)
        guest = self.guests.get(kind.partition(".")[0]) if "." in kind else None
        if guest is not None:
            await guest.receive(connection, raw)
            return
        frame = _parsed(raw)
        match frame:
            case Hello():
                raise DomainError("hello_twice")
            case Subscribe():
                await self._subscribe(connection, frame.topic, frame.cursor)
            case Unsubscribe():
                self.hub.unfollow(connection, frame.topic)
            case Ping():
                connection.send('{"t":"pong"}')
            case Pong():
                pass
            case Active():
                await self.touch(connection.actor)
            case _:
                assert_never(frame)

    async def _subscribe(self, connection: Connection, topic: str, cursor: int | None) -> None:
        if topic not in connection.topics and len(connection.topics) >= self.most_topics:
            raise DomainError("too_many_topics", ref=topic)
        subscription = self.hub.follow(connection, topic, cursor or 0, self._recheck)
        try:
            await self._fill(subscription, cursor)
        except Busy:
            _come_back(subscription)
        except BaseException:
            self.hub.unfollow(connection, topic)
            raise

    async def _fill(self, subscription: Subscription, cursor: int | None) -> None:
        """Bring a held subscription up to date, or close it where the right is missing. Raises
        `Busy` where no reader is free for long: the client has lost no right."""
        connection, topic = subscription.connection, subscription.topic
        while True:
            epoch = self.hub.epoch(topic, connection.actor.person_id)
            try:
                caught = await self._ask(connection.actor, topic, cursor)
            except Busy:
                raise
            except DomainError as error:
                if connection.topics.get(topic) is subscription:
                    self.hub.unfollow(connection, topic)
                    closed = Closed(t="closed", topic=topic, code=error.code)
                    connection.send(closed.model_dump_json())
                return
            for seq, frame in _first_frames(caught, topic):
                await connection.room()
                if not self.hub.still(subscription, epoch):
                    break
                connection.send(frame)
                cursor = seq
            if connection.topics.get(topic) is not subscription or connection.closing is not None:
                return
            if self.hub.still(subscription, epoch):
                break
        subscription.epoch = epoch
        subscription.cursor = caught.seq
        self.hub.release(subscription)

    async def _ask(self, actor: Actor, topic: str, cursor: int | None) -> CaughtUp:
        for _ in range(BUSY_TRIES):
            with contextlib.suppress(Busy):
                return await self.catch_up(actor, topic, cursor)
            await asyncio.sleep(BUSY_SECONDS)
        return await self.catch_up(actor, topic, cursor)

    def _recheck(self, subscription: Subscription) -> None:
        task = asyncio.get_running_loop().create_task(self._refill(subscription))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refill(self, subscription: Subscription) -> None:
        try:
            await self._fill(subscription, subscription.cursor)
        except Busy:
            _come_back(subscription)
        except Exception:
            log.exception("topic_not_asked_again", topic=subscription.topic)
            _come_back(subscription)

    async def _write(self, socket: WebSocket, connection: Connection) -> None:
        try:
            while (frame := await connection.waiting()) is not None:
                await socket.send_text(text_of(frame))
                connection.sent()
            await _close(socket, *(connection.closing or GONE))
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass
        except Exception:
            log.exception("live_frame_not_sent", person=connection.actor.person_id)
        finally:
            connection.close(1006, "gone")

    async def _watch(self, connection: Connection) -> None:
        """Heartbeats, whether they are answered, and whether the session still lives."""
        pause = self.heartbeat_s * _share(connection.id)
        while connection.closing is None:
            await asyncio.sleep(pause)
            pause = self.heartbeat_s
            since = connection.listening_since
            if since is not None and clock.monotonic() - since > self.heartbeat_s * SILENT_BEATS:
                connection.close(1001, "silent")
                return
            connection.send('{"t":"ping"}')
            try:
                if not await self.lives_on(connection.actor):
                    connection.close(4401, "session_ended")
            except Exception:
                log.exception("session_not_asked")


def _come_back(subscription: Subscription) -> None:
    """Held for ever a topic would look live and say nothing: the client resumes instead."""
    log.warning("topic_not_filled", topic=subscription.topic)
    subscription.connection.close(1013, "try_again")


def _share(id_: str) -> float:
    """Between 0 and 1, by the random end of an id. A hall that comes in together does not beat
    together: its sessions would all be looked up at once, and strokes would wait behind that."""
    return int(id_[-4:], 16) / 0x10000


def _first_frames(caught: CaughtUp, topic: str) -> list[tuple[int, str]]:
    """What a subscription starts with, each frame with the cursor it leads to."""
    seq = caught.seq
    if caught.frames is not None:
        end = Caught(t="caught_up", topic=topic, seq=seq).model_dump_json()
        return [*caught.frames, (seq, end)]
    data = caught.snapshot.model_dump(mode="json") if caught.snapshot else None
    return [(seq, Snapshot(t="snapshot", topic=topic, seq=seq, data=data).model_dump_json())]


def _kind(text: str) -> tuple[str, dict[str, Any]]:
    try:
        # Strict where json.loads is not: no lone surrogates (no socket could send them on), no
        # NaN, bounded depth.
        raw = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise DomainError("malformed") from None
    kind = raw.get("t") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        raise DomainError("malformed")
    return kind, raw


def _parsed(raw: dict[str, Any]) -> ClientFrame:
    try:
        return FRAMES.validate_python(raw)
    except ValidationError as error:
        unknown = any(part["type"] == "union_tag_invalid" for part in error.errors())
        raise DomainError("unknown_frame" if unknown else "malformed") from None


def _ref(error: DomainError) -> str | None:
    ref = error.params.get("ref")
    return str(ref) if ref is not None else None


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
        await socket.close(code, reason)
