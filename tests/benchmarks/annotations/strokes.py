"""Ink records of about 1 kB from one seeded generator: the same for us and for every peer."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

from annotations.ink import encode_ink, ink_to_text
from server import clock
from tests.benchmarks.annotations.wire import frame

POINTS = 78
"""Points that make a push of about 1 kB."""
POOL = 200
"""Different strokes; a longer run draws them again under new ids."""


def strokes(seed: int = 1) -> list[dict[str, Any]]:
    """The pool: what a put says besides its ids and time."""
    dice = random.Random(seed)
    made = []
    for _ in range(POOL):
        x, y = dice.uniform(50, 400), dice.uniform(50, 700)
        xs = [x + step + dice.uniform(-0.5, 0.5) for step in range(POINTS)]
        ys = [y + dice.uniform(-2, 2) for _ in range(POINTS)]
        pressure = [dice.random() for _ in range(POINTS)]
        ink = encode_ink(xs, ys, pressure, [8 * step for step in range(POINTS)])
        made.append(
            {
                "page": 0,
                "kind": "ink",
                "geometry": {"rect": [round(n, 2) for n in (min(xs), min(ys), max(xs), max(ys))]},
                "style": {"color": "#1a3c8b", "width": 1.6},
                "ink": ink_to_text(ink),
            }
        )
    return made


STROKES = strokes()


def put(version: str, number: int, id_: str | None = None) -> dict[str, Any]:
    """One stroke as an operation."""
    head = {"op": "put", "id": id_ or clock.new_id(), "version": version}
    return {**head, "created": clock.unix_ms(), **STROKES[number % POOL]}


class Pushes:
    """The pushes of one tablet, ready to send."""

    def __init__(self, layer: str, version: str) -> None:
        self.layer, self.version = layer, version
        self.outbox = str(uuid.uuid4())
        self.op_no = 0

    def push(self, *ops: dict[str, Any]) -> tuple[int, bytes]:
        """Number and frame of a push."""
        self.op_no += 1
        message = {
            "t": "ann.push",
            "outbox": self.outbox,
            "op_no": self.op_no,
            "layer": self.layer,
            "ops": list(ops),
        }
        return self.op_no, frame(json.dumps(message, separators=(",", ":")).encode())

    def stroke(self, number: int) -> tuple[int, str, bytes]:
        """Number, mark id and frame of a push of one stroke."""
        op = put(self.version, number)
        op_no, ready = self.push(op)
        return op_no, op["id"], ready
