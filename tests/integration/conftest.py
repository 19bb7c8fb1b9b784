"""One populated server for all integration tests; those that break it start their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.server import RunningServer, running
from tests.harness.tablet import Tablet

SignIn = Callable[[str], Awaitable[Tablet]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The shared server."""
    with running(tmp_path_factory.mktemp("shared")) as started:
        yield started


@pytest.fixture
async def sign_in(server: RunningServer) -> AsyncIterator[SignIn]:
    """Sign in by username, each time on a new tablet."""
    opened: list[Tablet] = []

    async def one(username: str) -> Tablet:
        tablet = Tablet(server)
        opened.append(tablet)
        answer = await tablet.sign_in(username)
        assert answer.status_code == 200, answer.text
        return tablet

    yield one
    for tablet in opened:
        await tablet.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return tmp_path / "data"
