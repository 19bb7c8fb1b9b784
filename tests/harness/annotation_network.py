"""The server, its connections and everything that can go wrong between them and the tablets.

The part of the world (annotation_world.py) that carries frames; who does what is not decided here.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter, deque
from dataclasses import dataclass, field

from annotations.errors import AnnotationError
from annotations.fullness import Fullness
from annotations.model import Layer
from annotations.session import Outcome, Session
from annotations.store import Store
from tests.harness.annotation_losses import Ledger
from tests.harness.annotation_model import Message, TabletClient
from tests.harness.annotation_stores import StoreUnderTest

MOST_MARKS = 12
"""On one layer: so few that the small layers of this world become full."""


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
class Circle:
    """Who reads, writes and moderates a layer just now."""

    readers: set[str]
    writers: set[str]
    moderators: set[str] = field(default_factory=set)


@dataclass
class Members:
    """One person's rights, which can be taken away."""

    person: str
    circles: dict[str, Circle]

    def may_read(self, layer: Layer) -> bool:
        return self.person in self.circles[layer.id].readers

    def may_write(self, layer: Layer) -> bool:
        return self.may_read(layer) and self.person in self.circles[layer.id].writers

    def may_moderate(self, layer: Layer) -> bool:
        return self.person in self.circles[layer.id].moderators


class Network:
    """One server with a store, and the connections of some tablets. `broken`: the server
    acknowledges before it commits. `applied`, `ledger` and `met` are what a check looks at;
    `authors` names who put a mark on a layer that others write on too."""

    def __init__(self, store: StoreUnderTest, circles: dict[str, Circle], *, broken: bool) -> None:
        self.store = store
        self.circles = circles
        self.broken = broken
        self.now = 1_763_800_000_000
        self.fullness = Fullness(MOST_MARKS)
        self.tablets: list[Tablet] = []
        self.connections: list[Connection] = []
        self.numbers = itertools.count(1)
        self.authors: dict[str, str] = {}
        self.applied: Counter[tuple[str, int]] = Counter()
        self.ledger = Ledger()
        self.met: Counter[str] = Counter()

    def _send(self, tablet: Tablet, messages: list[Message]) -> None:
        if tablet.connection is not None:
            tablet.connection.up.extend(messages)

    def _dial(self, tablet: Tablet) -> None:
        rights = Members(tablet.person, self.circles)
        session = Session(tablet.person, rights, self.fullness)
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
        self.fullness = Fullness(MOST_MARKS)
        for tablet in self.tablets:
            self._hang_up(tablet)
        self.connections.clear()

    def _serve(self, connection: Connection, fate: str) -> None:
        message = connection.up.popleft()
        if not connection.open and message["t"] == "ann.push":
            self.met["superseded push"] += 1

        def work(store: Store) -> Outcome:
            outcome = connection.session.receive(message, store, self.now)
            outcome.replies += _in_small_parts(outcome)
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
        self._note(connection, message, outcome)
        if fate == "after":
            self.met["crash after commit"] += 1
            self._crash()
        else:
            self._emit(connection, message, outcome)

    def _note(self, connection: Connection, message: Message, outcome: Outcome) -> None:
        if message["t"] != "ann.push":
            return
        answer = outcome.replies[0]
        key = (message["outbox"], message["op_no"])
        if answer["t"] == "ann.ack":
            self.ledger.committed(message)
        if answer["t"] == "ann.nack":
            self.met[answer["code"]] += 1
        elif outcome.announce is None and self.applied[key] > 0:
            self.met["repeated answer"] += 1
        if outcome.announce is not None:
            self.applied[key] += 1
            self._look_whose(connection.session.person, message)

    def _look_whose(self, person: str, push: Message) -> None:
        """Nobody's words, look or place are ever changed by another person."""
        for op in push["ops"]:
            author = self.authors.setdefault(op["id"], person)
            if op["op"] == "patch" and author != person:
                assert op.keys() <= {"op", "id", "base_rev", "resolved"}, f"{person}: {op}"

    def _emit(self, connection: Connection, message: Message, outcome: Outcome) -> None:
        for reply in outcome.replies:
            connection.answers.append(reply)
            if reply["t"] == "ann.ack":
                self.ledger.told((op["id"] for op in message["ops"]), reply["revs"])
        if outcome.announce is not None:
            for one in self.connections:
                self._deliver(one, outcome.layer, outcome.announce)

    def _moved(self, layer: str, person: str) -> None:
        """The gateway asks for the right again before anything else is delivered."""
        for one in self.connections:
            if one.session.person == person:
                self._deliver(one, layer, {"t": "ann.reset", "layer": layer})

    def _deliver(self, connection: Connection, layer: str, message: Message) -> None:
        frame = connection.session.deliver(layer, message)
        if frame is not None:
            reads = connection.session.person in self.circles[layer].readers
            assert reads or frame["t"] == "ann.revoke", "content for who may not read it"
            connection.stream.append(frame)

    def _arrive(self, connection: Connection, lane: deque[Message]) -> None:
        frame = lane.popleft()
        answer = connection.tablet.client.received(connection.number, frame)
        if connection.open:
            self._send(connection.tablet, answer)
        else:
            self.met["late frame"] += 1
            assert answer == [], "a tablet listened to a socket it had given up"


PART_ITEMS = 3
"""So few that the small layers of this world come in several parts, with faults in between."""


def _in_small_parts(outcome: Outcome) -> list[Message]:
    """A whole layer, cut finer than the server does."""
    made = [json.loads(part.text) for part in outcome.parts]
    if not made:
        return []
    items = [item for part in made for item in part["items"]]
    cuts = [items[at : at + PART_ITEMS] for at in range(0, len(items), PART_ITEMS)] or [[]]
    return [
        {**made[0], "part": number, "last": number == len(cuts) - 1, "items": some}
        for number, some in enumerate(cuts)
    ]
