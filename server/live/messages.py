"""The live protocol's frames: one WebSocket `/live`, JSON text, `t` names the type.

`docs/wire-protocol.md` describes each with an example, and the examples are contract tests.
The annotation frames (`ann.*`) are the annotation domain's own (`docs/wire-annotations.md`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from server.http.wire import Id, Moment, WireModel

Topic = Annotated[str, StringConstraints(pattern=r"^[a-z]+:[0-9a-f-]{36}(:[a-z]+)?$")]
PROTOCOL = 1


class Hello(WireModel):
    """First frame of a client: which protocol it speaks, from which device, and where it stood."""

    t: Literal["hello"]
    protocol: int
    device: Id
    cursors: Annotated[dict[Topic, int], Field(max_length=200)]


class Subscribe(WireModel):
    """Follow a topic; with a cursor only what came after it is sent, where it is still kept."""

    t: Literal["sub"]
    topic: Topic
    cursor: int | None


class Unsubscribe(WireModel):
    """Stop following a topic."""

    t: Literal["unsub"]
    topic: Topic


class Ping(WireModel):
    """Answered by `pong`; either side may send it."""

    t: Literal["ping"]


class Pong(WireModel):
    """The answer to a ping."""

    t: Literal["pong"]


class Active(WireModel):
    """The person has touched the screen; sent at most once a minute, keeps the session awake."""

    t: Literal["active"]


class Welcome(WireModel):
    """The answer to hello. A client that hears nothing for two heartbeats reconnects."""

    t: Literal["welcome"]
    protocol: int
    person: Id
    server_time: Moment
    heartbeat_s: float
    version: str


class Snapshot(WireModel):
    """The whole state of a topic at `seq`."""

    t: Literal["snapshot"]
    topic: Topic
    seq: int
    data: Any


class Change(WireModel):
    """What changed; `seq` follows the one before without a gap, else the client subscribes anew."""

    t: Literal["change"]
    topic: Topic
    seq: int
    items: list[Any]


class Caught(WireModel):
    """All that was missed since the cursor has been sent; the topic is live from here."""

    t: Literal["caught_up"]
    topic: Topic
    seq: int


class Closed(WireModel):
    """The topic is no longer this person's."""

    t: Literal["closed"]
    topic: Topic
    code: str


class Refused(WireModel):
    """A frame could not be taken; the connection's other work goes on."""

    t: Literal["error"]
    code: str
    ref: str | None = None


class Leaving(WireModel):
    """The server goes down as planned; come back after `retry_after` seconds, spread out."""

    t: Literal["leaving"]
    retry_after: float


SERVER_FRAMES: tuple[type[WireModel], ...] = (
    Welcome,
    Snapshot,
    Change,
    Caught,
    Closed,
    Refused,
    Leaving,
    Ping,
    Pong,
)
ClientFrame = Annotated[
    Hello | Subscribe | Unsubscribe | Ping | Pong | Active, Field(discriminator="t")
]
