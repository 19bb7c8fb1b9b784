"""Whether the sessions behind sockets still live, asked for many at once.

Each socket asks with its heartbeat. One reading for each of them cost the server 15 % of a core for
2,000 idle tablets (docs/decisions/live-0001).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from server.database import Database
from server.identity import Actor
from server.people.queries import InSession, Living, living_sessions
from server.people.rules import SessionBounds

TOGETHER_SECONDS = 0.5
"""Sockets that ask within it share a reading. Who is signed out is told at once by other ways; this
is for sessions that end by themselves."""
AT_ONCE = 500
"""Sessions in one reading: some 10 ms of a reader."""


@dataclass
class SignedIn:
    """Answers for all sockets of the process."""

    database: Database
    bounds: SessionBounds
    in_session: InSession
    _waiting: dict[str, asyncio.Future[Living | None]] = field(default_factory=dict)
    _asking: asyncio.Task[None] | None = None

    async def ask(self, actor: Actor) -> bool:
        """Whether the session lives with the roles of then. Raises what the reading raised."""
        answer = self._waiting.get(actor.session_id)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[actor.session_id] = answer
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        living = await asyncio.shield(answer)
        return living is not None and living.actor.roles == actor.roles

    async def _ask(self) -> None:
        while self._waiting:
            await asyncio.sleep(TOGETHER_SECONDS)
            asked = list(self._waiting)[:AT_ONCE]
            answers = {id_: self._waiting.pop(id_) for id_ in asked}
            try:
                living = await self.database.read(
                    living_sessions, asked, self.bounds, self.in_session
                )
            except Exception as error:
                for answer in answers.values():
                    answer.set_exception(error)
                    answer.exception()  # a socket that has gone hears no answer
            else:
                for id_, answer in answers.items():
                    answer.set_result(living.get(id_))
