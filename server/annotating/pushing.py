"""Pushes on the writer's thread: rights asked once more, the rules, and one writing for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from annotations.fullness import Fullness
from annotations.model import JsonObject, Layer
from annotations.operations import Push
from annotations.session import Outcome, Session, read_push
from server import clock
from server.annotating.group_store import GroupStore
from server.annotating.layers import layer_topic, rights_on
from server.annotating.rules import NO_RIGHTS, LayerRights
from server.database import Database
from server.identity import Actor
from server.writer import Announcement, Effects


@dataclass(slots=True)
class Known:
    """What a connection may do where, and the rights epoch at which that was asked."""

    allowed: dict[str, tuple[int, LayerRights]] = field(default_factory=dict)

    def on(self, layer: Layer) -> LayerRights:
        """What was asked last; nothing on a layer never asked about."""
        return self.allowed.get(layer.id, (0, NO_RIGHTS))[1]

    def may_read(self, layer: Layer) -> bool:
        return self.on(layer).read

    def may_write(self, layer: Layer) -> bool:
        return self.on(layer).write

    def may_moderate(self, layer: Layer) -> bool:
        return self.on(layer).moderate


@dataclass(frozen=True, slots=True)
class Waiting:
    """A push that waits for the writer. `asked`: the right on its layer, with the rights epoch of
    the asking; None for what is no layer's id. It is the push's own copy: what it may do is the
    writer's business from here on, and what the connection knew may have been cleared meanwhile."""

    actor: Actor
    frame: JsonObject
    asked: tuple[int, LayerRights] | None


@dataclass
class Pushing:
    """Takes the pushes of all connections."""

    database: Database
    _fullness: Fullness = field(default_factory=Fullness)

    def take(self, raw: Any, waiting: Sequence[Waiting]) -> list[tuple[Outcome, Effects]]:
        """Decide what waits, in its order, and write all of it (`server.writer.Take`)."""
        now = clock.unix_ms()
        read = [read_push(one.frame) for one in waiting]
        store = GroupStore(raw, [push for push in read if isinstance(push, Push)])
        taken = []
        for one, push in zip(waiting, read, strict=True):
            if isinstance(push, Push):
                session = Session(
                    one.actor.person_id, self._rights(one, push.layer), self._fullness
                )
                outcome = session.take(push, store, now)
            else:
                outcome = Outcome([push])
            taken.append((outcome, _effects(outcome)))
        store.write()
        return taken

    def _rights(self, one: Waiting, layer: str) -> Known:
        if one.asked is None:
            return Known()
        settled = self.database.rights_settled
        if settled(one.asked[0], layer_topic(layer), one.actor.person_id):
            return Known({layer: one.asked})
        allowed = self.database.read_within(rights_on, one.actor, layer)
        return Known({layer: (-1, allowed)})


def _effects(outcome: Outcome) -> Effects:
    if outcome.announce is None:
        return Effects()
    seq = int(outcome.announce["to"])
    frame = to_json(outcome.announce).decode()
    return Effects([Announcement(layer_topic(outcome.layer), seq, frame)])
