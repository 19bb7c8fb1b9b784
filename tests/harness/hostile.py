"""Hostile operations from one seed: what a broken or wicked tablet could send over its own session.

Each frame holds one operation that breaks a rule, reaches for what is another's, or lies; a few
are lawful as far as they go (a clock a year off). They are sent as text, because some are no JSON.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.harness.wired import new_id

Message = dict[str, Any]
NOW = 1_763_800_000_000
YEAR = 365 * 86_400_000
MOST_FRAME = 2**20
"""What the server takes in one frame (settings, `live_frame_bytes`)."""
HUGE_EACH = 60
"""One operation of so many weighs some hundred kilobytes, or a megabyte."""
_RAW = "\u0001raw\u0001"


@dataclass(frozen=True)
class Foreign:
    """What is not the sender's: layers they may not read, and marks of others there, on a layer
    they share, and the outboxes of others."""

    layers: Sequence[str]
    marks: Sequence[str]
    shared_marks: Sequence[str]
    outboxes: Sequence[str]


@dataclass
class Hostile:
    """A sender with a layer of their own and one that is shared with them."""

    rng: random.Random
    own: str
    shared: str
    version: str
    foreign: Foreign
    outbox: str = field(default_factory=lambda: str(uuid.uuid4()))
    op_no: int = 0
    sent: Counter[str] = field(default_factory=Counter)

    def frame(self) -> str:
        """The next frame, of one hostile operation."""
        if self.rng.randrange(HUGE_EACH) == 0:
            huge = self._huge()  # in turn, so that a short run meets each
            make = huge[sum(self.sent[one.__name__] for one in huge) % len(huge)]
        else:
            make = self.rng.choice(self._small())
        self.sent[make.__name__] += 1
        made = make()
        return made if isinstance(made, str) else json.dumps(made)

    def _small(self) -> list[Callable[[], Message | str]]:
        return [
            self.foreign_layer,
            self.foreign_layer,
            self.unknown_layer,
            self.foreign_mark,
            self.foreign_mark,
            self.shared_mark,
            self.shared_mark,
            self.foreign_answer,
            self.foreign_outbox,
            self.unknown_kind,
            self.no_number,
            self.far_away,
            self.ink_that_lies,
            self.clock_off,
            self.wrong_type,
            self.wrong_type,
            self.wrong_frame,
            self.reused_number,
            self.bad_text,
            self.no_json,
            self.wild_open,
            self.wild_ephemeral,
        ]

    def _huge(self) -> list[Callable[[], Message | str]]:
        return [self.many_points, self.huge_words, self.deep, self.too_many, self.huge_ink]

    # -- pieces

    def push(self, *ops: Any, layer: Any = None, **more: Any) -> Message:
        """A push under the sender's own outbox."""
        self.op_no += 1
        return {
            "t": "ann.push",
            "outbox": self.outbox,
            "op_no": self.op_no,
            "layer": self.own if layer is None else layer,
            "ops": list(ops),
            **more,
        }

    def put(self, **more: Any) -> Message:
        return {
            "op": "put",
            "id": new_id(self.rng),
            "version": self.version,
            "page": 0,
            "kind": "note",
            "created": NOW,
            "geometry": {"point": [10, 20]},
            "style": {"color": "#ffd84d"},
            **more,
        }

    def change(self, id_: str) -> Message:
        """Somebody else's mark: its words, its look, its place, its life."""
        op = self.rng.choice(["patch", "patch", "delete", "restore"])
        base = {"op": op, "id": id_, "base_rev": self.rng.choice([0, 1, 1, 2, 2**53 - 1])}
        if op == "patch":
            what: list[Message] = [
                {"body": "bị sửa"},
                {"style": {"color": "#000000"}},
                {"page": 0, "geometry": {"point": [1, 1]}},
                {"body": "", "resolved": True},
            ]
            base |= self.rng.choice(what)
        return base

    # -- what is another's

    def foreign_layer(self) -> Message:
        layer = self.rng.choice(self.foreign.layers)
        op = self.put() if self.rng.random() < 0.5 else self.change(self._mark())
        return self.push(op, layer=layer)

    def _mark(self) -> str:
        return self.rng.choice(self.foreign.marks)

    def unknown_layer(self) -> Message:
        layers = [str(uuid.UUID(int=self.rng.getrandbits(128))), "", "x" * 36, 7, None, [], {}]
        return self.push(self.put(), layer=self.rng.choice(layers) or "0")

    def foreign_mark(self) -> Message:
        """By way of a layer that the sender may write."""
        op = self.put(id=self._mark()) if self.rng.random() < 0.3 else self.change(self._mark())
        return self.push(op, layer=self.rng.choice([self.own, self.shared]))

    def shared_mark(self) -> Message:
        return self.push(self.change(self.rng.choice(self.foreign.shared_marks)), layer=self.shared)

    def foreign_answer(self) -> Message:
        return self.push(self.put(reply_to=self._mark(), body="đáp"), layer=self.shared)

    def foreign_outbox(self) -> Message:
        outbox = self.rng.choice(self.foreign.outboxes)
        return self.push(self.put(), outbox=outbox, op_no=self.rng.randrange(1, 5))

    # -- what breaks a rule

    def unknown_kind(self) -> Message:
        kinds: list[Any] = ["script", "", "note\x00", "NOTE", 7, None, ["note"], "image", "popup"]
        return self.push(self.put(kind=self.rng.choice(kinds)))

    def no_number(self) -> str:
        """NaN and the infinities, as literals that JSON does not have."""
        literal = self.rng.choice(["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
        where: list[Message] = [
            self.put(geometry={"point": [_RAW, 0]}),
            self.put(style={"color": "#ffd84d", "width": _RAW}),
            self.put(page=_RAW),
            self.put(created=_RAW),
            {**self.change(self._mark()), "base_rev": _RAW},
        ]
        text = json.dumps(self.push(self.rng.choice(where)))
        return text.replace(json.dumps(_RAW), literal)

    def far_away(self) -> Message:
        far = self.rng.choice([1e9, -1e300, 20_000.001, 2**63, -(2**31)])
        shapes: list[Message] = [
            {"point": [far, 0]},
            {"rect": [0, 0, far, 5]},
            {"rect": [5, 5, 0, 0]},
            {"quads": [[far] * 8]},
            {},
        ]
        return self.push(self.put(geometry=self.rng.choice(shapes)))

    def ink_that_lies(self) -> Message:
        """A stroke whose header says other than what follows."""
        points = self.rng.choice([0, 1, 2, 10_001, 65_535])
        head = struct.pack("<BBHff", self.rng.choice([0, 1, 1, 2, 255]), 3, points, 1.0, 2.0)
        body = self.rng.randbytes(self.rng.randrange(64))
        return self._ink(head + body)

    def _ink(self, stroke: bytes) -> Message:
        text = base64.urlsafe_b64encode(stroke).rstrip(b"=").decode()
        ink = self.rng.choice([text, text, text + "=", text + "!", "é" + text])
        return self.push(self.put(kind="ink", geometry={"rect": [0, 0, 5, 5]}, ink=ink))

    def clock_off(self) -> Message:
        """A year before or behind, or no time at all; lawful where it is a whole number."""
        when = self.rng.choice([NOW - YEAR, NOW + YEAR, 0, -1, 2**53, 2**70, 1.5, "2026"])
        return self.push(self.put(created=when))

    def wrong_type(self) -> Message:
        junk: list[Any] = [None, True, -1, 2**64, 0.5, "", "x", "\ud800", [], [[]], {}, {"a": 1}]
        op = self.rng.choice([self.put(), self.change(self._mark())])
        name = self.rng.choice([*op, "more"])
        return self.push({**op, name: self.rng.choice(junk)})

    def wrong_frame(self) -> Message:
        junk: list[Any] = [None, True, -1, 0, 2**64, 0.5, "", "x", [], [None], {}, {"a": 1}]
        frame = self.push(self.put())
        name = self.rng.choice(["t", "outbox", "op_no", "ops", "more"])
        return {**frame, name: self.rng.choice(junk)}

    def reused_number(self) -> Message:
        return self.push(self.put(body="khác"), op_no=max(1, self.op_no - self.rng.randrange(50)))

    def bad_text(self) -> Message:
        words = self.rng.choice(["a\x00b", "\x1b[2J", "\ud800", "\u202e" * 50, "x" * 20_001])
        return self.push(self.put(body=words))

    def no_json(self) -> str:
        whole = json.dumps(self.push(self.put()))
        cut = whole[: self.rng.randrange(len(whole))]
        return self.rng.choice([cut, whole + whole, "", "null", "[]", "{", '{"t":"ann.push"}'])

    def wild_open(self) -> Message:
        layer = self.rng.choice([*self.foreign.layers, "x", None, 7])
        cursor = self.rng.choice([0, -1, 2**60, None, "0", 1.5])
        return {"t": "ann.open", "layer": layer, "cursor": cursor, "page": self.rng.choice([0, -1])}

    def wild_ephemeral(self) -> Message:
        layer = self.rng.choice([self.shared, *self.foreign.layers])
        data = self.rng.choice([{}, [], "x", {"points": [[0, 0]] * 3_000}])
        return {"t": "ann.ephemeral", "layer": layer, "kind": "wet", "data": data}

    # -- what is huge

    def many_points(self) -> str:
        """A million points: more than a frame holds, so that half of them say fewer."""
        count = self.rng.choice([1_000_000, 100_000])
        text = json.dumps(self.push(self.put(kind="highlight", geometry={"quads": _RAW})))
        return text.replace(json.dumps(_RAW), "[" + ",".join(["[0,0]"] * count) + "]")

    def huge_words(self) -> Message:
        words = "ế" * self.rng.choice([20_001, 60_000, 150_000])
        where: list[Message] = [
            {"body": words},
            {"style": {"color": words}},
            {"anchor": [{"type": "TextQuoteSelector", "exact": words}]},
            {words: 1},
            {"id": words},
        ]
        return self.push(self.put(**self.rng.choice(where)))

    def deep(self) -> str:
        depth = self.rng.choice([50, 150, 1_000, 100_000])
        text = json.dumps(self.push(self.put(geometry={"point": _RAW})))
        return text.replace(json.dumps(_RAW), "[" * depth + "]" * depth)

    def too_many(self) -> Message:
        count = self.rng.choice([201, 1_000])
        return self.push(*[self.put() for _ in range(count)])

    def huge_ink(self) -> Message:
        return self._ink(struct.pack("<BBHff", 1, 0, 65_535, 0, 0) + bytes(262_136))
