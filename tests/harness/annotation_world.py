"""A server, its network and several tablets in one process, every fault at will.

Used by the Hypothesis machine (annotation_machine.py) and by seeded schedules (schedules.py).
Every action takes whole numbers and turns them into a choice, so that both can drive it.
"""

from __future__ import annotations

import itertools
import operator
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from annotations.errors import AnnotationError
from annotations.ink import encode_ink, ink_to_text
from annotations.model import Layer, to_wire
from annotations.session import Outcome, Session
from annotations.store import MemoryStore, Store
from tests.harness.annotation_model import Message, TabletClient

T = TypeVar("T")


class StoreUnderTest(Protocol):
    """A store with real transactions and real crashes."""

    def transact(self, work: Callable[[Store], T]) -> T:
        """Run `work` in a transaction; commit when it returns, roll back when it raises."""
        ...

    def crash(self) -> None:
        """As after kill -9 and a new start: only what was committed is there."""
        ...

    def add_layer(self, layer: Layer) -> None: ...
    def forget_deleted(self, layer: str) -> None: ...
    def close(self) -> None: ...


class MemoryStoreUnderTest:
    """MemoryStore with transactions by copying."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def transact(self, work: Callable[[Store], T]) -> T:
        attempt = self.store.copy()
        result = work(attempt)
        self.store = attempt
        return result

    def crash(self) -> None:
        self.store = self.store.copy()

    def add_layer(self, layer: Layer) -> None:
        self.store.add_layer(layer)

    def forget_deleted(self, layer: str) -> None:
        self.store.forget_deleted(layer)

    def close(self) -> None:
        self.store = MemoryStore()


class Crash(Exception):
    """The server dies here."""


@dataclass
class Connection:
    """A socket: frames on their way up and down. `open` as the client sees it; the server may
    go on reading what was sent before (a superseded socket closes late). Answers and the layer's
    stream are each in order, but a gateway may interleave them as it likes."""

    number: int
    tablet: Tablet
    session: Session
    up: deque[Message] = field(default_factory=deque)
    answers: deque[Message] = field(default_factory=deque)
    stream: deque[Message] = field(default_factory=deque)
    open: bool = True


@dataclass
class Tablet:
    name: str
    person: str
    client: TabletClient
    layers: list[str]
    connection: Connection | None = None


@dataclass
class Members:
    """Rights that can be taken away: people by layer."""

    person: str
    allowed: dict[str, set[str]]

    def may_read(self, layer: Layer) -> bool:
        return self.person in self.allowed[layer.id]

    def may_write(self, layer: Layer) -> bool:
        return self.may_read(layer)

    def may_moderate(self, layer: Layer) -> bool:
        return False


def person_id(number: int) -> str:
    return f"00000000-0000-4000-8000-0000000000{number:02x}"


def layer_id(number: int) -> str:
    return f"00000000-0000-4000-8000-00000000010{number:x}"


VERSION = "00000000-0000-4000-8000-000000000200"
DOCUMENT = "00000000-0000-4000-8000-000000000300"
ALICE, BINH = person_id(1), person_id(2)
PRIVATE, SHARED = layer_id(0), layer_id(1)
INK = ink_to_text(encode_ink([10, 20, 30], [10, 15, 10], [0.5, 0.6, 0.4], [0, 8, 16]))
KINDS: list[Message] = [
    {"kind": "note", "geometry": {"point": [10, 20]}, "style": {"color": "#ffd84d"}},
    {"kind": "ink", "geometry": {"rect": [10, 10, 30, 15]}, "style": {"width": 2}, "ink": INK},
    {"kind": "rectangle", "geometry": {"rect": [0, 0, 5, 5]}, "style": {"color": "#c62828"}},
]


class World:
    """Alice has two tablets and a private layer; Binh has one; both share a layer."""

    def __init__(
        self,
        store: StoreUnderTest,
        make_client: Callable[[str], TabletClient],
        *,
        acknowledge_before_commit: bool = False,
    ) -> None:
        self.store = store
        self.broken = acknowledge_before_commit
        self.now = 1_763_800_000_000
        self.allowed = {PRIVATE: {ALICE}, SHARED: {ALICE, BINH}}
        store.add_layer(Layer(PRIVATE, DOCUMENT, "private", ALICE))
        store.add_layer(Layer(SHARED, DOCUMENT, "shared", ALICE))
        self.tablets = [
            Tablet("a1", ALICE, make_client(ALICE), [PRIVATE, SHARED]),
            Tablet("a2", ALICE, make_client(ALICE), [PRIVATE, SHARED]),
            Tablet("b1", BINH, make_client(BINH), [SHARED]),
        ]
        first = self.tablets[0]
        beside = getattr(first.client, "second_tab", None)
        if beside is not None:
            # Two tabs of one tablet share one outbox.
            self.tablets.append(Tablet("a1b", ALICE, beside(), list(first.layers)))
        self.connections: list[Connection] = []
        self.numbers = itertools.count(1)
        self.ids = itertools.count(1)
        self.known: dict[str, list[str]] = {PRIVATE: [], SHARED: []}
        self.durable_puts: dict[str, str] = {}
        self.drawn_puts: list[tuple[Tablet, str]] = []
        self.applied: Counter[tuple[str, int]] = Counter()
        self.acknowledged: dict[str, int] = {}
        self.met: Counter[str] = Counter()
        self.purged = False
        for tablet in self.tablets:
            for layer in tablet.layers:
                tablet.client.open(layer)

    def close(self) -> None:
        for tablet in self.tablets:
            tablet.client.close()
        self.store.close()

    # -- what can happen; numbers choose

    def draw(self, a: int, b: int, c: int) -> None:
        """A new mark, or one gesture of two."""
        tablet, layer = self._place(a, b)
        count = 2 if c % 5 == 0 else 1
        self._edit(tablet, layer, [self._put(layer, c + i) for i in range(count)])

    def change(self, a: int, b: int, c: int) -> None:
        """A patch of one group or more of some mark, living or not, one's own or not."""
        tablet, layer = self._place(a, b)
        if not self.known[layer]:
            return
        id_ = self.known[layer][c % len(self.known[layer])]
        values: list[Message] = [
            {"style": {"color": f"#0000{(a + c) % 256:02x}"}},
            {"body": f"lời {a}.{b}.{c}"},
            {"page": c % 3},
            {"body": f"chữ {c}", "style": {"opacity": 0.5}},
            {"resolved": c % 2 == 0},
        ]
        self._edit(tablet, layer, [{"op": "patch", "id": id_, **values[(a + b) % len(values)]}])

    def remove(self, a: int, b: int, c: int) -> None:
        """Delete, restore, or erase by splitting: a delete and two puts in one gesture."""
        tablet, layer = self._place(a, b)
        if not self.known[layer]:
            return
        id_ = self.known[layer][c % len(self.known[layer])]
        if (a + c) % 4 == 0:
            self._edit(tablet, layer, [{"op": "restore", "id": id_}])
        elif (a + c) % 4 == 1:
            pieces = [self._put(layer, 1), self._put(layer, 1)]
            self._edit(tablet, layer, [{"op": "delete", "id": id_}, *pieces])
        else:
            self._edit(tablet, layer, [{"op": "delete", "id": id_}])

    def poison(self, a: int, b: int, c: int) -> None:
        """An operation that the server must refuse."""
        tablet, layer = self._place(a, b)
        bad = self._put(layer, c)
        bad["geometry"] = [{"point": [1e9, 0]}, {}, {"rect": [5, 5, 0, 0]}][c % 3]
        self._edit(tablet, layer, [bad])

    def flush(self, a: int, b: int, c: int) -> None:
        """The tablet's storage gets round to it."""
        self._flush(self.tablets[a % len(self.tablets)])

    def storage_fails(self, a: int, b: int, c: int) -> None:
        """The tablet's storage refuses once."""
        tablet = self.tablets[a % len(self.tablets)]
        self._send(tablet, tablet.client.flush(fail=True))

    def connect(self, a: int, b: int, c: int) -> None:
        """A new connection; the old one, if any, is dropped first by the client."""
        tablet = self.tablets[a % len(self.tablets)]
        self._hang_up(tablet)
        self._dial(tablet)

    def cut(self, a: int, b: int, c: int) -> None:
        """The connection breaks; what was on its way up may still arrive, or part of it."""
        tablet = self.tablets[a % len(self.tablets)]
        connection = tablet.connection
        if connection is None:
            return
        self._hang_up(tablet)
        keep = b % (len(connection.up) + 1)
        while len(connection.up) > keep:
            connection.up.pop()

    def serve(self, a: int, b: int, c: int) -> None:
        """The server reads one frame of some socket, also of one the client has given up."""
        waiting = [one for one in self.connections if one.up]
        if not waiting:
            return
        connection = waiting[a % len(waiting)]
        fate = b % 16
        if self.broken and fate < 4:
            self._serve(connection, "before")
        else:
            self._serve(connection, {0: "before", 1: "after"}.get(fate, "") if c % 2 == 0 else "")

    def arrive(self, a: int, b: int, c: int) -> None:
        """A tablet reads some frames, maybe of a socket it has given up (and must not hear)."""
        lanes = [
            (one, lane) for one in self.connections for lane in (one.answers, one.stream) if lane
        ]
        if lanes:
            connection, lane = lanes[a % len(lanes)]
            for _ in range(1 + b % 4):
                if lane:
                    self._arrive(connection, lane)

    def repeat(self, a: int, b: int, c: int) -> None:
        """The network delivers a push twice."""
        waiting = [one for one in self.connections if one.up]
        if waiting:
            connection = waiting[a % len(waiting)]
            frame = connection.up[b % len(connection.up)]
            if frame["t"] == "ann.push":
                connection.up.append(frame)

    def restart_tablet(self, a: int, b: int, c: int) -> None:
        """The tab is closed and opened again: only the stored outbox remains."""
        tablet = self.tablets[a % len(self.tablets)]
        self._hang_up(tablet)
        tablet.client.restart()
        self.drawn_puts = [one for one in self.drawn_puts if one[0] is not tablet]
        self._reopen(tablet)

    def restart_server(self, a: int, b: int, c: int) -> None:
        self._crash()

    def wake(self, a: int, b: int, c: int) -> None:
        tablet = self.tablets[a % len(self.tablets)]
        self._send(tablet, tablet.client.wake())

    def forget_deleted(self, a: int, b: int, c: int) -> None:
        """The server purges deleted marks; old cursors can no longer be caught up."""
        self.store.forget_deleted([PRIVATE, SHARED][a % 2])
        self.purged = True

    def take_rights(self, a: int, b: int, c: int) -> None:
        """Binh loses the shared layer, or gets it back."""
        if BINH in self.allowed[SHARED]:
            self.allowed[SHARED].discard(BINH)
            for one in self.connections:
                if one.session.person == BINH:
                    self._deliver(one, SHARED, {"t": "ann.reset", "layer": SHARED})
        else:
            self.allowed[SHARED].add(BINH)
            self._reopen(self.tablets[2])

    ACTIONS = (
        *("draw",) * 6,
        *("change",) * 4,
        *("remove",) * 3,
        "poison",
        *("flush",) * 8,
        "storage_fails",
        *("connect",) * 3,
        "cut",
        *("serve",) * 14,
        *("arrive",) * 14,
        "repeat",
        "restart_tablet",
        "restart_server",
        "wake",
        "forget_deleted",
        "take_rights",
    )

    def do(self, action: str, a: int, b: int, c: int) -> None:
        self.now += 7
        getattr(self, action)(a, b, c)

    # -- the end

    def settle(self) -> None:
        """Everyone comes back, the network behaves, all work is done."""
        self.allowed[SHARED].add(BINH)
        for tablet in self.tablets:
            self._hang_up(tablet)
        while any(one.up for one in self.connections):
            for connection in [one for one in self.connections if one.up]:
                self._serve(connection, "")
        self.connections.clear()
        for tablet in self.tablets:
            self._dial(tablet)
            self._reopen(tablet)
        for _ in range(1000):
            for tablet in self.tablets:
                self._flush(tablet)
            busy = [one for one in self.connections if one.up or one.answers or one.stream]
            if not busy and not any(tablet.client.unsent() for tablet in self.tablets):
                return
            for connection in busy:
                while connection.up:
                    self._serve(connection, "")
                for lane in (connection.stream, connection.answers):
                    while lane:
                        self._arrive(connection, lane)
        raise AssertionError("the tablets never came to rest")

    def check(self) -> None:
        """After `settle`: all replicas equal the server, nothing lost, nothing doubled."""
        for layer in (PRIVATE, SHARED):
            marks = self.store.transact(operator.methodcaller("snapshot", layer))
            truth = {mark.id: to_wire(mark) for mark in marks}
            for tablet in self.tablets:
                if layer in tablet.layers:
                    seen = tablet.client.view(layer)
                    assert seen == truth, f"{tablet.name} differs on {layer}"
        doubled = {key for key, times in self.applied.items() if times > 1}
        assert not doubled, f"applied twice: {doubled}"
        ids = list({*self.durable_puts, *self.acknowledged})
        stored = self.store.transact(lambda store: store.records(ids))
        refused = {
            op["id"]
            for tablet in self.tablets
            for one in tablet.client.refused()
            for op in one.get("ops", [one.get("op")])
        }
        for id_, rev in self.acknowledged.items():
            assert self.purged or id_ in stored, f"acknowledged and lost: {id_}"
            assert id_ not in stored or stored[id_].rev >= rev, f"went back: {id_}"
        for id_ in self.durable_puts:
            assert self.purged or id_ in stored or id_ in refused, f"vanished: {id_}"

    # -- inside

    def _place(self, a: int, b: int) -> tuple[Tablet, str]:
        tablet = self.tablets[a % len(self.tablets)]
        return tablet, tablet.layers[b % len(tablet.layers)]

    def _put(self, layer: str, c: int) -> Message:
        id_ = f"00000000-0000-7000-8000-{next(self.ids):012x}"
        self.known[layer].append(id_)
        return {
            "op": "put",
            "id": id_,
            "version": VERSION,
            "page": 0,
            "created": self.now,
            **KINDS[c % len(KINDS)],
        }

    def _edit(self, tablet: Tablet, layer: str, edits: list[Message]) -> None:
        self.drawn_puts += [(tablet, edit["id"]) for edit in edits if edit["op"] == "put"]
        self._send(tablet, tablet.client.edit(layer, edits))

    def _flush(self, tablet: Tablet) -> None:
        self._send(tablet, tablet.client.flush())
        for owner, id_ in self.drawn_puts:
            if owner is tablet:
                self.durable_puts[id_] = tablet.name
        self.drawn_puts = [one for one in self.drawn_puts if one[0] is not tablet]

    def _send(self, tablet: Tablet, messages: list[Message]) -> None:
        if tablet.connection is not None:
            tablet.connection.up.extend(messages)

    def _dial(self, tablet: Tablet) -> None:
        session = Session(tablet.person, Members(tablet.person, self.allowed))
        connection = Connection(next(self.numbers), tablet, session)
        tablet.connection = connection
        self.connections.append(connection)
        self._send(tablet, tablet.client.connected(connection.number))

    def _hang_up(self, tablet: Tablet) -> None:
        connection = tablet.connection
        if connection is None:
            return
        tablet.connection = None
        connection.open = False
        tablet.client.disconnected(connection.number)

    def _reopen(self, tablet: Tablet) -> None:
        for layer in tablet.layers:
            self._send(tablet, tablet.client.open(layer))

    def _crash(self) -> None:
        self.store.crash()
        for tablet in self.tablets:
            self._hang_up(tablet)
        self.connections.clear()

    def _serve(self, connection: Connection, fate: str) -> None:
        message = connection.up.popleft()
        if not connection.open and message["t"] == "ann.push":
            self.met["superseded push"] += 1

        def work(store: Store) -> Outcome:
            outcome = connection.session.receive(message, store, self.now)
            if fate == "before":
                if self.broken:
                    self._emit(connection, message, outcome)
                    for reply in list(connection.answers):
                        connection.tablet.client.received(connection.number, reply)
                raise Crash
            return outcome

        try:
            outcome = self.store.transact(work)
        except AnnotationError as error:
            raise AssertionError(f"{error} for {message}") from error
        except Crash:
            self.met["crash before commit"] += 1
            self._crash()
            return
        self._note(message, outcome)
        if fate == "after":
            self.met["crash after commit"] += 1
            self._crash()
        else:
            self._emit(connection, message, outcome)

    def _note(self, message: Message, outcome: Outcome) -> None:
        if message["t"] != "ann.push":
            return
        answer = outcome.replies[0]
        key = (message["outbox"], message["op_no"])
        if answer["t"] == "ann.nack":
            self.met[answer["code"]] += 1
        elif outcome.announce is None and self.applied[key] > 0:
            self.met["repeated answer"] += 1
        if outcome.announce is not None:
            self.applied[key] += 1

    def _emit(self, connection: Connection, message: Message, outcome: Outcome) -> None:
        for reply in outcome.replies:
            connection.answers.append(reply)
            if reply["t"] == "ann.ack":
                for op, rev in zip(message["ops"], reply["revs"], strict=True):
                    self.acknowledged[op["id"]] = max(rev, self.acknowledged.get(op["id"], 0))
        if outcome.announce is not None:
            for one in self.connections:
                self._deliver(one, outcome.layer, outcome.announce)

    def _deliver(self, connection: Connection, layer: str, message: Message) -> None:
        frame = connection.session.deliver(layer, message)
        if frame is not None:
            connection.stream.append(frame)

    def _arrive(self, connection: Connection, lane: deque[Message]) -> None:
        frame = lane.popleft()
        answer = connection.tablet.client.received(connection.number, frame)
        if connection.open:
            self._send(connection.tablet, answer)
        else:
            self.met["late frame"] += 1
            assert answer == [], "a tablet listened to a socket it had given up"
