"""Whether the server can do its job."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import text
from sqlmodel import Session

from server import __version__
from server.http.endpoint import Call
from server.http.wire import WireModel


class Health(WireModel):
    """Answered only once the database answers."""

    status: Literal["ok"]
    version: str


def _answers(session: Session) -> bool:
    return session.connection().execute(text("SELECT 1")).scalar() == 1


async def health(call: Call) -> Health:
    """For `make run`, monitoring and balancers."""
    await call.read(_answers)
    return Health(status="ok", version=__version__)
