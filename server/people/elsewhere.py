"""Sessions that another process ended: `phonghop user`, while the server runs.

What the server writes itself tells the live sockets with its COMMIT. The command line opens the
database for itself and cannot reach them, so the server looks whether somebody else has committed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from sqlmodel import Session, select

from server.database import Database
from server.live.hub import Hub
from server.people.tables import SessionRow

log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.5
"""A revoked session is closed within a second (ASVS 5.0, 8.3.2); a look costs some 20 µs."""


def _living(session: Session) -> set[str]:
    return set(session.exec(select(SessionRow.id)))


@dataclass
class Elsewhere:
    """Looks for COMMITs of other processes and ends the sockets whose session they took away."""

    database: Database
    hub: Hub
    known: int | None = None

    async def look(self) -> None:
        """Once. The first look only learns where things stand."""
        version = await self.database.committed_elsewhere()
        if self.known is not None and version != self.known:
            # Before the read: a socket that joins during it is asked about by its greeting.
            open_now = {one.actor.session_id for one in self.hub.connections.values()}
            self.hub.end_sessions(open_now - await self.database.read(_living))
        self.known = version

    async def listen(self) -> None:
        """For as long as the server runs."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("not_looked_elsewhere")
            await asyncio.sleep(LOOK_SECONDS)
