"""People of a small province who write marks through the sync core and the store, no socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from dataclasses import dataclass
from typing import Any

from annotations.model import Annotation, Layer
from annotations.session import Session
from server import clock
from server.annotating import layers
from server.database import Database, WriteSession
from server.identity import SYSTEM, Actor
from tests.unit.server.world import Province


class Anything:
    """Rights are another test's matter."""

    def may_read(self, layer: Layer) -> bool:
        return True

    def may_write(self, layer: Layer) -> bool:
        return True

    def may_moderate(self, layer: Layer) -> bool:
        return False


@dataclass(frozen=True)
class Written:
    """A mark that was written."""

    id: str
    layer: str


class Desk:
    """The province, and hands that write. The database must be running."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.province = Province(database)
        self.outbox = str(uuid.uuid4())
        self._numbers = itertools.count(1)
        database.write_now(SYSTEM, self.province.make)

    def actor(self, who: str) -> Actor:
        return self.province.actors[who]

    async def note(
        self, who: str, paper: str, body: str, *, layer: str | None = None, count: int = 1
    ) -> Written:
        """Notes with this text on a paper; by default on the private layer. The last of them."""
        document = self.province.papers[paper]
        if layer is None:
            layer = await self.database.write(self.actor(who), layers.open_private_layer, document)
        ops = [_note(document, body) for _ in range(count)]
        await self.push(who, layer, ops)
        return Written(ops[-1]["id"], layer)

    async def change(self, who: str, mark: Written, body: str) -> None:
        """Other words on a note."""
        patch = {"op": "patch", "id": mark.id, "base_rev": 1, "body": body}
        await self.push(who, mark.layer, [patch])

    async def delete(self, who: str, mark: Written) -> None:
        """Take it away."""
        await self.push(who, mark.layer, [{"op": "delete", "id": mark.id, "base_rev": 1}])

    async def push(self, who: str, layer: str, ops: list[dict[str, Any]]) -> dict[str, Any]:
        """As the gateway does; the ack."""
        frame = {
            "t": "ann.push",
            "outbox": self.outbox,
            "op_no": next(self._numbers),
            "layer": layer,
            "ops": ops,
        }
        return await self.send(who, frame)

    async def send(self, who: str, frame: dict[str, Any]) -> dict[str, Any]:
        """Any frame; its first answer."""
        person = self.actor(who).person_id

        def write(session: WriteSession) -> dict[str, Any]:
            core = Session(person, Anything())
            outcome = core.receive(frame, layers.raw(session), clock.unix_ms())
            first: dict[str, Any]
            first = outcome.replies[0] if outcome.replies else json.loads(next(outcome.parts).text)
            return first

        return await self.database.write(self.actor(who), write)

    def find(self, mark: Written) -> Annotation:
        """The mark as it is."""
        return self.database.read_now(lambda s: layers.raw(s).records([mark.id])[mark.id])


def _note(version: str, body: str) -> dict[str, Any]:
    return {
        "op": "put",
        "id": clock.new_id(),
        "version": version,
        "page": 0,
        "kind": "note",
        "created": clock.unix_ms(),
        "geometry": {"point": [10, 20]},
        "style": {"color": "#ffd84d"},
        "body": body,
    }


async def write_raw(database: Database, action: Any) -> Any:
    """In its turn among others that are awaited together."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def answered(result: Any, error: BaseException | None) -> None:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    database.put_taken(lambda connection, items: [action(connection)], None, answered)
    return await future
