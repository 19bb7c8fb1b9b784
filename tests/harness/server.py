"""A real server in its own process on a free loopback port, with a small province in it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from server.app import build_server
from server.database import WriteSession
from server.identity import SYSTEM
from server.migrations.migrate import migrate
from server.people import actions as people
from server.settings import Settings

PASSWORD = "mat-khau-dai-1"
ROOT = Path(__file__).parents[2]
START_SECONDS = 90

PEOPLE: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("admin", "Quản Trị Viên", "tinh", ("system_admin",)),
    ("thuky", "Nguyễn Thị Thư Ký", "tinh", ("secretariat",)),
    ("chutich", "Trần Văn Chủ Tịch", "tinh", ("approver", "delegate")),
    ("daibieu1", "Lê Hoàng Đại Biểu", "xa", ("delegate",)),
    ("daibieu2", "Phạm Thị Bích Đại", "xa", ("delegate",)),
    ("khach", "Võ Khách Mời", "xa", ("guest",)),
    ("thuky2", "Hồ Thư Ký Xã", "xa", ("secretariat",)),
)


def free_port() -> int:
    """A port nobody listens on just now, below those that the system gives to outgoing connections
    (32768 and up): another test's connection cannot take it before the server does."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def populate(settings: Settings) -> dict[str, str]:
    """Two units and one account of each kind; returns ids by username."""
    server = build_server(settings)
    migrate(server.database)
    hashed = people.HASHER.hash(PASSWORD)
    ids: dict[str, str] = {}

    def make(session: WriteSession) -> None:
        units = {"tinh": people.add_organisation(session, "Ủy ban nhân dân tỉnh", "province")}
        units["xa"] = people.add_organisation(session, "Xã Đồng Mạ", "commune", units["tinh"])
        for username, name, unit, roles in PEOPLE:
            ids[username] = people.add_person(
                session,
                username=username,
                name=name,
                organisation_id=units[unit],
                form_of_address="ông",
                roles=roles,
                password_hash=hashed,
            )

    server.database.write_now(SYSTEM, make)
    server.database.stop()
    return ids


@dataclass
class RunningServer:
    """`start`, `kill` (as a crash would), `stop` (as an operator would)."""

    data: Path
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    demo: bool = False
    people: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    module: str = "server.cli"

    @property
    def base(self) -> str:
        """The address a browser would use."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The server's settings as its environment."""
        return (
            {key: value for key, value in os.environ.items() if not key.startswith("PHONGHOP_")}
            | {"PHONGHOP_DATA": str(self.data), "PHONGHOP_PORT": str(self.port)}
            | self.more
        )

    def start(self) -> RunningServer:
        """Start and wait until it can do its job."""
        command = [sys.executable, "-m", self.module, "serve"]
        if self.demo:
            command.append("--demo")
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.base}/healthz", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.03)
        raise RuntimeError(f"the server did not start:\n{self.log()[-4000:]}")

    def log(self) -> str:
        """What it has written so far."""
        path = self.data / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def running(data: Path, **more: str) -> Iterator[RunningServer]:
    """A populated server while the block runs; `more` are settings by their names in lower case."""
    settings = {f"PHONGHOP_{key.upper()}": value for key, value in more.items()}
    server = RunningServer(data, more=settings)
    server.people = populate(Settings(data=data))
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def until(condition: object, seconds: float = 10.0) -> None:
    """Wait until `condition()` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise AssertionError("the awaited state did not come")
        await asyncio.sleep(0.02)
