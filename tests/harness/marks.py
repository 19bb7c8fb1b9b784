"""Marks as a tablet's core sends them over the live socket."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from server import clock
from tests.harness.tablet import Live, Tablet

NUMBERS = itertools.count(1)


def put(version: str, page: int = 0, **more: Any) -> dict[str, Any]:
    """One new note."""
    return {
        "op": "put",
        "id": clock.new_id(),
        "version": version,
        "page": page,
        "kind": "note",
        "created": clock.unix_ms(),
        "geometry": {"point": [10, 20]},
        "style": {"color": "#ffd84d"},
        **more,
    }


class Outbox:
    """A queue of pushes to one layer."""

    def __init__(self, layer: str, version: str) -> None:
        self.layer = layer
        self.version = version
        self.id = str(uuid.uuid4())
        self.op_no = 0

    def push(self, *ops: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The next push; without operations one new note."""
        self.op_no += 1
        return {
            "t": "ann.push",
            "outbox": self.id,
            "op_no": self.op_no,
            "layer": self.layer,
            "ops": list(ops) or [put(self.version)],
            **more,
        }

    async def send(self, live: Live, frame: dict[str, Any]) -> dict[str, Any]:
        """Send and wait for the answer."""
        await live.send(**frame)
        return await answer(live, frame["op_no"])


async def answer(live: Live, op_no: int) -> dict[str, Any]:
    """The ack or nack of a push."""
    return await live.take(lambda f: f["t"] in ("ann.ack", "ann.nack") and f["op_no"] == op_no)


async def opened(live: Live, layer: str, cursor: int = 0) -> dict[str, Any]:
    """Follow a layer: its first answer."""
    await live.send(t="ann.open", layer=layer, cursor=cursor)
    kinds = ("ann.snapshot", "ann.delta", "ann.revoke")
    return await live.take(lambda f: f["t"] in kinds and f["layer"] == layer)


async def outbox_on(tablet: Tablet, document: str) -> Outbox:
    """An outbox for the tablet's own layer of a document."""
    view = await tablet.do("GET", f"/documents/{document}")
    return Outbox(view["my_layer"], view["version"]["id"])
