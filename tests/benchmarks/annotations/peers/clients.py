"""What the peers' clients say on the wire, lean: one class per protocol, ready to be drawn with.

Yjs updates are made beforehand by pycrdt: each stroke is an entry of the shared map `strokes`,
with the same content as our put, and its key says its number (`s000000017`), so that a message can
be recognised without decoding it.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, Map

from tests.benchmarks.annotations.pace import Drawer
from tests.benchmarks.annotations.strokes import put
from tests.benchmarks.annotations.wire import BINARY, TEXT, Socket, connect, frame

Stroke = tuple[int, bytes]


def varuint(number: int) -> bytes:
    """lib0's variable-length unsigned integer."""
    out = bytearray()
    while number > 127:
        out.append(128 | (number & 127))
        number >>= 7
    out.append(number)
    return bytes(out)


def varbytes(data: bytes) -> bytes:
    """lib0's length-prefixed bytes."""
    return varuint(len(data)) + data


SYNC, SYNC_STEP_1, SYNC_STEP_2, UPDATE = 0, 0, 1, 2
AUTH, SYNC_REPLY, STATELESS, SYNC_STATUS = 2, 4, 5, 8
"""Hocuspocus's own message types (`MessageType`)."""
TLDRAW_PROTOCOL = 8
NUMBER = re.compile(rb"\ns(0\d{8})")
TLDRAW_NUMBER = re.compile(rb'{?"stroke:s(0\d{8})":\["put"')
CLOCK = re.compile(rb'"clientClock":(\d+)')


def key(number: int) -> str:
    """The name of a stroke."""
    return f"s{number:09d}"


@dataclass
class YjsRoom(Drawer[Stroke]):
    """One room with a device that draws and one that watches (y-websocket's protocol)."""

    port: int
    room: str
    sent: dict[int, float] = field(default_factory=dict)
    unseen: dict[int, float] = field(default_factory=dict)
    strokes: int = 0
    synced: int = 0
    content: bytes = b""
    """The last whole state that came (sync step 2)."""

    def __post_init__(self) -> None:
        self.doc: Any = Doc()
        self.map: Any = self.doc.get("strokes", type=Map)
        self.made: list[bytes] = []
        self.doc.observe(lambda event: self.made.append(event.update))
        self.head = b""
        self.path = f"/{self.room}"

    async def enter(self, devices: int = 2) -> None:
        """Both devices, synced."""
        for heard in (self.hear, self.watch)[:devices]:
            socket = await connect(self.port, self.path, heard)
            self.sockets.append(socket)
            self.greet(socket)

    def greet(self, socket: Socket) -> None:
        """Ask for all there is."""
        socket.send(frame(self.head + bytes((SYNC, SYNC_STEP_1)) + varbytes(b"\0"), BINARY))

    def prepare(self, number: int) -> Stroke:
        """The next stroke as a frame."""
        self.strokes += 1
        content = put("", number, "")
        del content["id"], content["version"], content["op"]
        self.made.clear()
        self.map[key(self.strokes)] = content
        message = self.head + bytes((SYNC, UPDATE)) + varbytes(self.made[-1])
        return self.strokes, frame(message, BINARY)

    def draw(self, stroke: Stroke) -> None:
        """Send it."""
        number, ready = stroke
        self.sent[number] = self.unseen[number] = time.perf_counter()
        self.sockets[0].send(ready)

    @property
    def waiting(self) -> int:
        """Strokes without the answer that counts: here, that the second device has not seen."""
        return len(self.unseen)

    def hear(self, message: bytes) -> None:
        """The drawing device hears its own strokes as an echo."""
        body = message[len(self.head) :]
        if body[0] == SYNC and body[1] == SYNC_STEP_2:
            self.synced += 1
            self.content = body[2:]

    def watch(self, message: bytes) -> None:
        """The second device."""
        body = message[len(self.head) :]
        if body[0] != SYNC:
            return
        if body[1] == SYNC_STEP_2:
            self.synced += 1
        elif body[1] == UPDATE:
            for number in numbers(body):
                began = self.unseen.pop(number, None)
                if began is not None:
                    self.seen.append(time.perf_counter() - began)
                    self.acknowledged.append(self.seen[-1])


def numbers(update: bytes) -> list[int]:
    """The strokes that an update or a message brings, by their keys."""
    return [int(found) for found in NUMBER.findall(update)]


@dataclass
class HocuspocusRoom(YjsRoom):
    """The same with the room's name before each message, an authentication and acknowledgements.

    `durable`: a stroke counts when the server said that it is stored; else when it acknowledged.
    """

    durable: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.head = varbytes(self.room.encode())
        self.path = "/"
        self.unacknowledged: list[tuple[int, float]] = []

    def greet(self, socket: Socket) -> None:
        """A token that nobody looks at, then the question."""
        token = self.head + bytes((AUTH, 0)) + varbytes(b"token") + varbytes(b"4.7.0")
        socket.send(frame(token, BINARY))
        super().greet(socket)

    def draw(self, stroke: Stroke) -> None:
        """Send it."""
        super().draw(stroke)
        self.unacknowledged.append((stroke[0], self.sent[stroke[0]]))

    @property
    def waiting(self) -> int:
        """Strokes that were not acknowledged (durable: not stored)."""
        return len(self.unacknowledged)

    def hear(self, message: bytes) -> None:
        """The acknowledgement, which comes in the order of the strokes."""
        body = message[len(self.head) :]
        if body[0] in (SYNC, SYNC_REPLY) and body[1] == SYNC_STEP_2:
            self.synced += 1
            self.content = body[2:]
        elif body[0] == SYNC_STATUS and not self.durable and self.unacknowledged:
            self._count(self.unacknowledged[0][0])
        elif body[0] == STATELESS and self.durable:
            self._count(int(body.rsplit(b" ", 1)[1]))

    def _count(self, number: int) -> None:
        while self.unacknowledged and self.unacknowledged[0][0] <= number:
            _, began = self.unacknowledged.pop(0)
            self.acknowledged.append(time.perf_counter() - began)

    def watch(self, message: bytes) -> None:
        """The second device; its sightings are no acknowledgements here."""
        counted = len(self.acknowledged)
        body = message[len(self.head) :]
        if body[0] == SYNC_REPLY and body[1] == SYNC_STEP_2:
            self.synced += 1
        else:
            super().watch(message)
            del self.acknowledged[counted:]


@dataclass
class TldrawRoom(Drawer[Stroke]):
    """tldraw's sync protocol 8: one push per stroke, answered by `push_result`."""

    port: int
    room: str
    sent: dict[int, float] = field(default_factory=dict)
    unseen: dict[int, float] = field(default_factory=dict)
    strokes: int = 0
    synced: int = 0
    content: bytes = b""

    async def enter(self, devices: int = 2) -> None:
        """Both devices, connected."""
        for heard in (self.hear, self.watch)[:devices]:
            socket = await connect(self.port, self.path, heard)
            self.sockets.append(socket)
            self.greet(socket)

    @property
    def path(self) -> str:
        """Where the room is."""
        return f"/{self.room}"

    def greet(self, socket: Socket, clock: int = 0) -> None:
        """Ask for all there is since `clock`."""
        said = {
            "type": "connect",
            "connectRequestId": key(len(self.sockets)),
            "lastServerClock": clock,
            "protocolVersion": TLDRAW_PROTOCOL,
            "schema": {"schemaVersion": 2, "sequences": {}},
        }
        socket.send(frame(json.dumps(said).encode(), TEXT))

    def prepare(self, number: int) -> Stroke:
        """The next stroke as a frame."""
        self.strokes += 1
        id_ = f"stroke:{key(self.strokes)}"
        content = {**put("", number, ""), "id": id_, "typeName": "stroke"}
        del content["version"], content["op"]
        push = {"type": "push", "clientClock": self.strokes, "diff": {id_: ["put", content]}}
        return self.strokes, frame(json.dumps(push, separators=(",", ":")).encode(), TEXT)

    def draw(self, stroke: Stroke) -> None:
        """Send it."""
        number, ready = stroke
        self.sent[number] = self.unseen[number] = time.perf_counter()
        self.sockets[0].send(ready)

    @property
    def waiting(self) -> int:
        """Strokes without a result."""
        return len(self.sent)

    def hear(self, message: bytes) -> None:
        """Results, which come in bunches."""
        if b'"push_result"' in message:
            for found in CLOCK.findall(message):
                began = self.sent.pop(int(found), None)
                if began is not None:
                    self.acknowledged.append(time.perf_counter() - began)
        elif message.startswith(b'{"type":"connect"'):
            self.synced += 1
            self.content = message

    def watch(self, message: bytes) -> None:
        """The second device."""
        if message.startswith(b'{"type":"connect"'):
            self.synced += 1
            return
        for found in TLDRAW_NUMBER.findall(message):
            began = self.unseen.pop(int(found), None)
            if began is not None:
                self.seen.append(time.perf_counter() - began)
