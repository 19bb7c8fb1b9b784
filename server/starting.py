"""What can keep a server from starting, found before anybody is told an address, in one line each:
a setting that is none, a folder that cannot be written or is served already, a port that is taken.
"""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Awaitable, Callable
from typing import IO

import uvicorn
from pydantic import ValidationError

from server.settings import Settings

LOCK = "serving.lock"
"""In the data folder. Two servers on one folder would tell their clients different things; the
system lets go of the lock however the server ends."""


class CannotStart(Exception):
    """What is wrong and what to do about it, in one sentence."""


def read_settings() -> Settings:
    """The settings of the environment. Raises `CannotStart`."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"PHONGHOP_{str(one['loc'][0]).upper()}={one['input']!r}: {one['msg']}"
            for one in error.errors()
        ]
        raise CannotStart("; ".join(wrong)) from None


def hold_folder(settings: Settings) -> IO[str]:
    """Keep other servers away from the data folder while the file is open. Raises
    `CannotStart`."""
    data = settings.data
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / LOCK).open("a+", encoding="ascii")
    except OSError as error:
        reason = error.strerror or error
        raise CannotStart(
            f"The data folder {data} cannot be used ({reason}); choose another with PHONGHOP_DATA."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        there = lock.read().strip() or "another server"
        lock.close()
        raise CannotStart(
            f"The data folder {data} is served already, by {there}; stop that one first."
        ) from None
    lock.truncate(0)
    lock.write(f"http://{settings.host}:{settings.port}")
    lock.flush()
    return lock


def take_port(settings: Settings) -> socket.socket:
    """The socket to serve on, held but not open: who came before the server is ready would only
    wait in line. Raises `CannotStart`."""
    port = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        port.bind((settings.host, settings.port))
        return port
    except OSError as error:
        port.close()
        reason = error.strerror or error
        raise CannotStart(
            f"Port {settings.port} of {settings.host} cannot be used ({reason}); "
            "choose another with PHONGHOP_PORT."
        ) from None


class Farewell(uvicorn.Server):
    """uvicorn, which closes WebSockets before the application hears of the end: here the clients
    are told first when to come back. `welcome` is called once the first client can come."""

    def __init__(
        self,
        config: uvicorn.Config,
        leave: Callable[[], Awaitable[None]],
        welcome: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self.leave = leave
        self.welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As always, then the welcome."""
        await super().startup(sockets)
        if self.started:
            self.welcome()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye, then as always."""
        if self.started:
            await self.leave()
        await super().shutdown(sockets)
