"""A server, its network and several tablets in one process, every fault at will.

Used by the Hypothesis machine (annotation_machine.py) and by seeded schedules (schedules.py).
Every action takes whole numbers and turns them into a choice, so that both can drive it.
"""

from __future__ import annotations

import itertools
import json
import operator
from collections.abc import Callable

from annotations.ink import encode_ink, ink_to_text
from annotations.model import Layer, to_wire
from tests.harness.annotation_model import Message, TabletClient
from tests.harness.annotation_network import Circle, Network, Tablet
from tests.harness.annotation_stores import StoreUnderTest


def person_id(number: int) -> str:
    return f"00000000-0000-4000-8000-0000000000{number:02x}"


def layer_id(number: int) -> str:
    return f"00000000-0000-4000-8000-00000000010{number:x}"


VERSION = "00000000-0000-4000-8000-000000000200"
DOCUMENT = "00000000-0000-4000-8000-000000000300"
ALICE, BINH, CHI = person_id(1), person_id(2), person_id(3)
PRIVATE, SHARED, PRESENTED = layer_id(0), layer_id(1), layer_id(2)
LAYERS = (PRIVATE, SHARED, PRESENTED)
INK = ink_to_text(encode_ink([10, 20, 30], [10, 15, 10], [0.5, 0.6, 0.4], [0, 8, 16]))
KINDS: list[Message] = [
    {"kind": "note", "geometry": {"point": [10, 20]}, "style": {"color": "#ffd84d"}},
    {"kind": "ink", "geometry": {"rect": [10, 10, 30, 15]}, "style": {"width": 2}, "ink": INK},
    {"kind": "rectangle", "geometry": {"rect": [0, 0, 5, 5]}, "style": {"color": "#c62828"}},
]


class World(Network):
    """Alice has two tablets and a private layer; she shares another with Binh and Chi, who have two
    each. On a third one of them presents and all read. Where the client knows tabs, the first
    tablets of Alice, and with `tabs` of 2 of Binh too, have a second tab."""

    def __init__(
        self,
        store: StoreUnderTest,
        make_client: Callable[[str], TabletClient],
        *,
        tabs: int = 1,
        acknowledge_before_commit: bool = False,
    ) -> None:
        everybody = {ALICE, BINH, CHI}
        circles = {
            PRIVATE: Circle({ALICE}, {ALICE}),
            SHARED: Circle(set(everybody), set(everybody), {ALICE}),
            PRESENTED: Circle(set(everybody), {ALICE}),
        }
        super().__init__(store, circles, broken=acknowledge_before_commit)
        store.add_layer(Layer(PRIVATE, DOCUMENT, "private", ALICE))
        store.add_layer(Layer(SHARED, DOCUMENT, "shared", ALICE))
        store.add_layer(Layer(PRESENTED, DOCUMENT, "presenter", ALICE))
        people = {"a1": ALICE, "a2": ALICE, "b1": BINH, "b2": BINH, "c1": CHI, "c2": CHI}
        self.tablets = [
            Tablet(
                name,
                person,
                make_client(person),
                [layer for layer in LAYERS if person in circles[layer].readers],
            )
            for name, person in people.items()
        ]
        for first in [one for one in self.tablets if one.name in ("a1", "b1")[:tabs]]:
            beside = getattr(first.client, "second_tab", None)
            if beside is not None:
                # Two tabs of one tablet share one outbox.
                tab = Tablet(f"{first.name}b", first.person, beside(), list(first.layers))
                self.tablets.append(tab)
        self.ids = itertools.count(1)
        self.known: dict[str, list[str]] = {layer: [] for layer in LAYERS}
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

    def hold_back(self, a: int, b: int, c: int) -> None:
        """One device hears the answers to its own work before what the other one wrote on the same
        mark, as when its right is asked again and its stream is held; then it writes there too."""
        first, second = self.tablets[a % 6 // 2 * 2 :][:2]
        layer = first.layers[b % len(first.layers)]
        for tablet in (first, second):
            if tablet.connection is None:
                self._dial(tablet)
            self._hear(tablet)
        seen = second.client.view(layer)
        mine = [
            id_
            for id_, mark in first.client.view(layer).items()
            if mark["author"] == first.person and id_ in seen
        ]
        if not mine:
            return
        id_ = mine[c % len(mine)]
        for tablet, values in (
            (second, {"body": f"xa {a}.{b}.{c}"}),
            (first, {"page": c % 3}),
            (first, {"body": f"gần {a}.{b}.{c}"}),
        ):
            self._edit(tablet, layer, [{"op": "patch", "id": id_, **values}])
            self._flush(tablet)
            self._hear(tablet, held=tablet is first)

    def _hear(self, tablet: Tablet, *, held: bool = False) -> None:
        """The server reads all that a tablet says, and the tablet what it answers."""
        connection = tablet.connection
        while connection is not None and connection.up:
            self._serve(connection, "")
            for lane in (connection.answers,) if held else (connection.stream, connection.answers):
                while lane:
                    self._arrive(connection, lane)

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

    def answer(self, a: int, b: int, c: int) -> None:
        """A reply to some mark, mostly of the same layer, living or not."""
        tablet, layer = self._place(a, b)
        there = LAYERS[b % len(LAYERS)] if c % 8 == 0 else layer
        if not self.known[there]:
            return
        note = {**self._put(layer, 0), "body": f"đáp {a}.{c}"}
        note["reply_to"] = self.known[there][c % len(self.known[there])]
        self._edit(tablet, layer, [note])

    def moderate(self, a: int, b: int, c: int) -> None:
        """Alice takes a mark of another person away, or its author wants it back."""
        others = [one for one in self.known[SHARED] if self.authors.get(one, ALICE) != ALICE]
        if not others:
            return
        id_ = others[c % min(3, len(others))]
        op, person = ("delete", ALICE) if a % 2 else ("restore", self.authors[id_])
        tablets = [tablet for tablet in self.tablets if tablet.person == person]
        self._edit(tablets[b % len(tablets)], SHARED, [{"op": op, "id": id_}])

    def poison(self, a: int, b: int, c: int) -> None:
        """An operation that the server must refuse."""
        tablet, layer = self._place(a, b)
        bad = self._put(layer, c)
        bad["geometry"] = [{"point": [10**9, 0]}, {}, {"rect": [5, 5, 0, 0]}][c % 3]
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
        self.ledger.died(tablet.name)
        self._reopen(tablet)

    def restart_server(self, a: int, b: int, c: int) -> None:
        self._crash()

    def wake(self, a: int, b: int, c: int) -> None:
        tablet = self.tablets[a % len(self.tablets)]
        self._send(tablet, tablet.client.wake())

    def forget_deleted(self, a: int, b: int, c: int) -> None:
        """The server purges deleted marks; old cursors can no longer be caught up."""
        self.ledger.forgotten |= self.store.forget_deleted(LAYERS[a % len(LAYERS)])

    def take_rights(self, a: int, b: int, c: int) -> None:
        """Somebody loses the shared layer, or only the right to write on it, or gets all back."""
        person = (BINH, CHI)[a % 2]
        circle = self.circles[SHARED]
        if {person} <= circle.readers & circle.writers:
            (circle.readers if b % 2 else circle.writers).discard(person)
            self._moved(SHARED, person)
        else:
            circle.readers.add(person)
            circle.writers.add(person)
            for tablet in self.tablets:
                if tablet.person == person:
                    self._reopen(tablet)

    def hand_over(self, a: int, b: int, c: int) -> None:
        """Another one presents: all go on reading."""
        self.circles[PRESENTED].writers = {(ALICE, BINH, CHI)[a % 3]}

    ACTIONS = (
        *("draw",) * 6,
        *("change",) * 4,
        *("hold_back",) * 2,
        *("remove",) * 3,
        *("answer",) * 2,
        *("moderate",) * 2,
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
        *("take_rights",) * 2,
        "hand_over",
    )

    def do(self, action: str, a: int, b: int, c: int) -> None:
        self.now += 7
        getattr(self, action)(a, b, c)

    # -- the end

    def settle(self) -> None:
        """Everyone comes back, the network behaves, all work is done."""
        for circle in self.circles.values():
            circle.writers |= circle.readers
        self.circles[SHARED] = Circle({ALICE, BINH, CHI}, {ALICE, BINH, CHI}, {ALICE})
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
        """After `settle`: nothing lost, nothing doubled, all replicas equal the server."""
        stored = self.store.transact(lambda store: store.records(self.ledger.ids()))
        refused = [
            (tablet.client.outbox, [op for one in tablet.client.refused() for op in _ops(one)])
            for tablet in self.tablets
        ]
        self.ledger.check(stored, refused)
        doubled = {key for key, times in self.applied.items() if times > 1}
        assert not doubled, f"applied twice: {doubled}"
        for layer in LAYERS:
            marks = self.store.transact(operator.methodcaller("snapshot", layer))
            truth = {mark.id: to_wire(mark) for mark in marks}
            for page in (None, 0, 1):
                texts = self._texts(layer, page)
                assert {one["id"]: one for one in texts} == truth
                assert texts == sorted(
                    texts, key=lambda one: (page is not None and one["page"] != page, one["seq"])
                )
            for tablet in self.tablets:
                if layer in tablet.layers:
                    seen = tablet.client.view(layer)
                    assert seen == truth, f"{tablet.name} differs on {layer}"

    # -- inside

    def _texts(self, layer: str, page: int | None) -> list[Message]:
        """What a snapshot would send."""
        made = self.store.transact(
            lambda store: [
                *store.snapshot_texts(layer, page, False, 0),
                *store.snapshot_texts(layer, page, True, 0),
            ]
        )
        assert all(seq == json.loads(text)["seq"] for seq, text in made)
        return [json.loads(text) for _, text in made]

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
        self.ledger.drew(tablet.name, tablet.client.outbox, edits)
        for edit in edits:
            if edit["op"] == "patch" and "body" in edit:
                shown = tablet.client.view(layer).get(edit["id"])
                if shown is not None:
                    over = shown.get("body", "")
                    self.ledger.typed(tablet.client.outbox, edit["id"], edit["body"], over)
        self._send(tablet, tablet.client.edit(layer, edits))

    def _flush(self, tablet: Tablet) -> None:
        self._send(tablet, tablet.client.flush())
        self.ledger.wrote(tablet.name)


def _ops(refused: Message) -> list[Message]:
    """What an entry of a quarantine holds; the model keeps one operation in each."""
    ops: list[Message] = refused["ops"] if "ops" in refused else [refused["op"]]
    return ops
