"""Pushes on the writer's thread: rights asked once more, the rules, and one writing for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic_core import to_json

from annotations.allowance import Allowance
from annotations.fullness import Fullness
from annotations.limits import PERSON_BURST_BYTES, PERSON_BYTES_PER_SECOND
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

log = structlog.get_logger(__name__)
PEOPLE_NOTED = 10_000
"""People whose writing is weighed at once: more than a province has in its meetings."""
TOLD_MS = 3_600_000
"""How often one person's excess is logged."""


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

    @property
    def size(self) -> int:
        """Operations, as far as that is one."""
        ops = self.frame.get("ops")
        return len(ops) if type(ops) is list else 1


@dataclass
class Pushing:
    """Takes the pushes of all connections; everything here is the writer's thread's alone."""

    database: Database
    burst: float = PERSON_BURST_BYTES
    _fullness: Fullness = field(default_factory=Fullness)
    _allowances: dict[str, Allowance] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    def take(self, raw: Any, waiting: Sequence[Waiting]) -> list[tuple[Outcome, Effects]]:
        """Decide what waits, in its order, and write all of it (`server.writer.Take`)."""
        now = clock.unix_ms()
        read = [read_push(one.frame) for one in waiting]
        store = GroupStore(raw, [push for push in read if isinstance(push, Push)])
        taken = []
        try:
            for one, push in zip(waiting, read, strict=True):
                outcome = self._take_one(one, push, store, now)
                taken.append((outcome, _effects(outcome)))
            store.write()
        except BaseException:
            self._fullness.forget()  # it was told of what will not stay
            raise
        return taken

    def _take_one(
        self, one: Waiting, push: Push | JsonObject, store: GroupStore, now: int
    ) -> Outcome:
        person = one.actor.person_id
        if not isinstance(push, Push):
            return Outcome([push])
        if not self._within_allowance(person, push.weight, now):
            return Outcome([try_later(one.frame)])
        session = Session(person, self._rights(one, push.layer), self._fullness)
        return session.take(push, store, now)

    def _within_allowance(self, person: str, weight: int, now: int) -> bool:
        allowance = self._allowances.get(person)
        if allowance is None:
            if len(self._allowances) >= PEOPLE_NOTED:
                del self._allowances[next(iter(self._allowances))]
            allowance = Allowance(self.burst, PERSON_BYTES_PER_SECOND)
            self._allowances[person] = allowance
        if allowance.take(now, weight):
            return True
        if now - self._told.get(person, 0) > TOLD_MS:
            if len(self._told) >= PEOPLE_NOTED:
                self._told.clear()
            self._told[person] = now
            log.warning("person_writes_too_much", person=person)
        return False

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


def try_later(frame: JsonObject) -> JsonObject:
    """The answer to a push that could not be stored now; nothing remembers it."""
    number = frame.get("op_no")
    return {"t": "ann.nack", "op_no": number if type(number) is int else 0, "code": "try_later"}
