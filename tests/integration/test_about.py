"""What anybody may take from the server: its source and the licences inside."""

from __future__ import annotations

import io
import tarfile

from tests.harness.server import RunningServer
from tests.harness.tablet import Tablet


async def test_the_running_source_is_offered_whole(server: RunningServer) -> None:
    stranger = Tablet(server)
    offer = (await stranger.do("GET", "/about"))["source_url"]
    content = (await stranger.http.get(offer)).content
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"LICENSE", "Makefile", "server/app.py", "client_web/package.json"} <= names
    assert not [name for name in names if "node_modules" in name or name.endswith(".pyc")]


async def test_each_library_names_its_licence(server: RunningServer) -> None:
    parts = await Tablet(server).do("GET", "/about/parts")
    licences = {part["name"].lower(): part["licence"] for part in parts}
    assert "affero" in licences["pymupdf"].lower()
    assert licences["starlette"]
