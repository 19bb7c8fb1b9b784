"""Marks written straight into a database, by the same core that takes them from a tablet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from annotations.model import Layer
from annotations.session import Session
from annotations.store import Store
from server import clock
from tests.benchmarks.annotations.strokes import Pushes

AT_ONCE = 100


class Everything:
    """Rights of somebody who writes before the server runs."""

    def may_read(self, layer: Layer) -> bool:
        return True

    def may_write(self, layer: Layer) -> bool:
        return True

    def may_moderate(self, layer: Layer) -> bool:
        return True


def draw_into(store: Store, person: str, pushes: Pushes, ops: Sequence[dict[str, Any]]) -> None:
    """Push the operations as this person. Raises when one is refused."""
    core = Session(person, Everything())
    for first in range(0, len(ops), AT_ONCE):
        _, ready = pushes.push(*ops[first : first + AT_ONCE])
        message = json.loads(ready[ready.index(b"{") :])
        answer = core.receive(message, store, clock.unix_ms()).replies[0]
        if answer["t"] != "ann.ack":
            raise RuntimeError(f"not drawn: {answer}")
