"""Filling an empty server with the demo province (placeholder until server/demo lands)."""

from __future__ import annotations

from server.database import Database
from server.http.files import Files
from server.jobs.queue import Lane
from server.settings import Settings


async def start_demo(database: Database, files: Files, settings: Settings) -> Lane:
    """Seed what is missing; the lane makes the papers one after the other."""
    return Lane({})
