"""What an endpoint is, and what a handler gets.

`server/endpoints.py` is the flat table of them. A handler reaches the database only through
`Call.read` and `Call.write`, and both ask the gate (the rights table) in the same transaction
first: there is no way around it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from pydantic import BaseModel
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.database import Database, WriteSession
from server.errors import NotSignedIn
from server.http.idempotency import Remembered, recall, remember
from server.identity import Actor
from server.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Gate = Callable[[Session, Actor | None, str, Mapping[str, str]], None]
"""Raises NotSignedIn, NotAllowed or NotFound unless the actor may do the named action."""

NOBODY = Actor("anonymous", "anonymous", "anonymous", "anonymous")


class Replayed(Exception):
    """This command was answered before; `body` is that answer."""

    def __init__(self, body: str | None) -> None:
        super().__init__("replayed")
        self.body = body


@dataclass
class Rooms:
    """The parts of the running server a handler may reach, by their type."""

    database: Database
    settings: Settings
    parts: dict[type[Any], Any] = field(default_factory=dict)

    def add(self, part: Any) -> None:
        """Make a part reachable."""
        self.parts[type(part)] = part

    def get(self, kind: type[T]) -> T:
        """The one part of this type."""
        return cast(T, self.parts[kind])


@dataclass
class Call:
    """One request on its way through a handler."""

    request: Request
    endpoint: Endpoint
    rooms: Rooms
    gate: Gate
    maybe_actor: Actor | None
    ids: Mapping[str, str]
    body: Any = None
    key: str | None = None
    changes: dict[str, int] = field(default_factory=dict)
    cookies: list[Callable[[Response], None]] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """Who asks; endpoints for anybody look at `maybe_actor`."""
        if self.maybe_actor is None:
            raise NotSignedIn()
        return self.maybe_actor

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        return self.rooms.settings

    async def read(
        self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """A query, after the gate, on one snapshot."""

        def gated(session: Session) -> R:
            self.gate(session, self.maybe_actor, self.endpoint.may, self.ids)
            return query(session, *args, **kwargs)

        return await self.rooms.database.read(gated)

    async def write(
        self, action: Callable[Concatenate[WriteSession, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """An action, after the gate, in one transaction with its remembered answer."""
        actor = self.maybe_actor or NOBODY

        def gated(session: WriteSession) -> tuple[R, dict[str, int]]:
            self.gate(session, self.maybe_actor, self.endpoint.may, self.ids)
            if self.key is not None:
                before: Remembered | None = recall(session, actor.person_id, self.key)
                if before is not None:
                    raise Replayed(before.body)
            result = action(session, *args, **kwargs)
            known = self.maybe_actor is not None
            if self.key is not None and known and not self.endpoint.secret:
                body = result.model_dump_json() if isinstance(result, BaseModel) else None
                remember(session, actor.person_id, self.key, body)
            return result, {one.topic: one.seq for one in session.effects.announcements}

        result, changes = await self.rooms.database.write(actor, gated)
        self.changes.update(changes)
        return result


Handler = Callable[[Call], Awaitable[BaseModel | list[Any] | Response | None]]


@dataclass(frozen=True)
class Endpoint:
    """One row of the API: method, path, handler, who may, body, answer.

    `may` names an action of the rights table. An `answer` of None is 204; `raw` handlers read the
    request's stream or answer bytes themselves. A `secret` answer (a key) is never remembered: such
    a command may be done twice.
    """

    method: str
    path: str
    handler: Handler
    may: str
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    many: bool = False
    raw: bool = False
    secret: bool = False
    query: tuple[str, ...] = ()

    @property
    def unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD", "OPTIONS")
