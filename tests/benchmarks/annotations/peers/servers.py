"""The peers' servers as processes on the server's core, each in the ways it is compared."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.annotations.machine import anywhere, on_server_core
from tests.benchmarks.annotations.peers.clients import HocuspocusRoom, TldrawRoom, YjsRoom
from tests.harness.server import ROOT, free_port, until

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
START_S = 30.0


@functools.cache
def node_binary() -> str:
    """Node itself, not a script that starts it: what is killed and measured must be the server."""
    said = subprocess.run(
        ["node", "-p", "process.execPath"], capture_output=True, text=True, check=True
    )
    return said.stdout.strip()


def node(script: Path | str) -> list[str]:
    """The command for a script beside this file."""
    return [node_binary(), "--no-warnings", str(HERE / script)]


@dataclass(frozen=True)
class Way:
    """A peer in one of its ways. `acknowledges` says what its answer means."""

    peer: str
    mode: str
    acknowledges: str
    package: str
    room: Callable[[int, str], Any]
    first_per_s: float
    """Where the search for what it sustains begins: below what it was seen to hold, so that no
    backlog of a rate beyond its strength is measured instead."""

    @property
    def version(self) -> str:
        """As installed."""
        if self.peer == "pycrdt-websocket":
            from importlib.metadata import version

            return version("pycrdt-websocket")
        said = json.loads((MODULES / self.package / "package.json").read_text())
        return str(said["version"])

    @property
    def said(self) -> dict[str, Any]:
        """What stands beside its figures."""
        return {
            "peer": self.peer,
            "peer_version": self.version,
            "mode": self.mode,
            "acknowledges": self.acknowledges,
        }

    def command(self, port: int, folder: Path) -> list[str]:
        """How it is started."""
        rest = [str(port), str(folder), self.mode]
        match self.peer:
            case "hocuspocus":
                return node("hocuspocus.mjs") + rest
            case "tldraw":
                return node("tldraw.mjs") + rest
            case "y-websocket":
                return node(MODULES / "@y" / "websocket-server" / "src" / "server.js")
            case _:
                module = "tests.benchmarks.annotations.peers.pycrdt_server"
                return [sys.executable, "-m", module, *rest]


WAYS: Sequence[Way] = (
    Way("hocuspocus", "shipped", "before the save", "@hocuspocus/server", HocuspocusRoom, 1000),
    Way(
        "hocuspocus",
        "durable",
        "a store per update, then our own message",
        "@hocuspocus/server",
        lambda port, room: HocuspocusRoom(port, room, durable=True),
        400,
    ),
    Way(
        "y-websocket", "shipped", "nothing; seen by the other", "@y/websocket-server", YjsRoom, 4000
    ),
    Way("pycrdt-websocket", "shipped", "nothing; seen by the other", "", YjsRoom, 300),
    Way("pycrdt-websocket", "durable", "nothing; seen after the write", "", YjsRoom, 50),
    Way("tldraw", "shipped", "after the commit", "@tldraw/sync-core", TldrawRoom, 500),
    Way("tldraw", "durable", "after the commit (WAL)", "@tldraw/sync-core", TldrawRoom, 1500),
)


@dataclass
class PeerServer:
    """One running server."""

    way: Way
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    pinned: bool = True

    @property
    def pid(self) -> int:
        """Of the server."""
        if self.process is None:
            raise RuntimeError("not running")
        return self.process.pid

    async def start(self) -> PeerServer:
        """Start and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        more = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "YPERSISTENCE": str(self.folder / "leveldb"),
        }
        with (self.folder / "log").open("ab") as log:
            pinned = on_server_core if self.pinned else anywhere
            self.process = pinned(
                lambda: subprocess.Popen(
                    self.way.command(self.port, self.folder),
                    cwd=ROOT,
                    env={**os.environ, **more},
                    stdout=log,
                    stderr=log,
                )
            )
        try:
            await listening(self.port, START_S)
        except TimeoutError:
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.way.peer} did not start:\n{said}") from None
        return self

    async def rooms(self, count: int, devices: int = 2) -> list[Any]:
        """So many rooms, entered and synced."""
        made = [self.way.room(self.port, f"room{number}") for number in range(count)]
        for first in range(0, count, 25):
            await asyncio.gather(*(one.enter(devices) for one in made[first : first + 25]))
        await until(lambda: all(one.synced >= devices for one in made), 60)
        return made

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


async def listening(port: int, seconds: float) -> None:
    """Wait until somebody listens."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
