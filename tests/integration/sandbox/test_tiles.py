"""Tiles are the page image, only sharper, from a bounded number of warm processes."""

import asyncio
import dataclasses
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image, ImageChops, ImageStat

from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxBusy
from server.sandbox.tiles import NoSuchTile, TileRenderer
from tests.harness.server import until
from tests.integration.sandbox.conftest import ingest_all

Write = Callable[..., Path]


@pytest.fixture
async def tiles(sandbox: Sandbox) -> AsyncIterator[TileRenderer]:
    limits = dataclasses.replace(sandbox.limits, warm_processes=2)
    renderer = TileRenderer(dataclasses.replace(sandbox, limits=limits))
    yield renderer
    await renderer.aclose()


def turned(document: Any) -> None:
    page = document.new_page(width=300, height=420)
    page.insert_text((40, 80), "Nghị quyết", fontsize=24)
    page.draw_rect((40, 200, 260, 380), fill=(0.9, 0.2, 0.1))
    page.set_rotation(90)


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


async def test_tiles_together_are_the_page(
    sandbox: Sandbox, tiles: TileRenderer, write_pdf: Write
) -> None:
    path = write_pdf(turned)
    _, [page], _ = await ingest_all(sandbox, path)
    wide, high = page.image_w * 2, page.image_h * 2
    whole = Image.new("RGB", (wide, high))
    for row in range(-(-high // 512)):
        for column in range(-(-wide // 512)):
            tile = picture(await tiles.render_tile("a", path, 0, 2, column, row))
            assert tile.size == (min(512, wide - column * 512), min(512, high - row * 512))
            whole.paste(tile, (column * 512, row * 512))
    small = whole.resize((page.image_w, page.image_h), Image.Resampling.BOX)
    difference = ImageChops.difference(small, picture(page.image))
    assert max(ImageStat.Stat(difference).mean) < 2


@pytest.mark.parametrize("place", [(1, 2, 0, 0), (0, 3, 0, 0), (0, 2, 99, 0), (0, 2, -1, 0)])
async def test_a_place_outside_is_no_tile(
    tiles: TileRenderer, write_pdf: Write, place: tuple[int, int, int, int]
) -> None:
    path = write_pdf(turned)
    with pytest.raises(NoSuchTile):
        await tiles.render_tile("a", path, *place)
    assert await tiles.render_tile("a", path, 0, 8, 1, 1)


async def test_the_oldest_document_makes_room(tiles: TileRenderer, write_pdf: Write) -> None:
    path = write_pdf(turned)
    for name in ("a", "b", "a", "c"):
        assert await tiles.render_tile(name, path, 0, 2, 0, 0)
    assert tiles.warm == ("a", "c")


async def test_a_caller_who_leaves_spoils_nothing(tiles: TileRenderer, write_pdf: Write) -> None:
    path = write_pdf(turned)
    wanted = await tiles.render_tile("a", path, 0, 4, 1, 1)
    asked = [asyncio.ensure_future(tiles.render_tile("a", path, 0, 4, n, 0)) for n in range(4)]
    await asyncio.sleep(0)
    asked[0].cancel()
    asked[2].cancel()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(r, bytes) for r in results] == [False, True, False, True]
    assert await tiles.render_tile("a", path, 0, 4, 1, 1) == wanted


async def test_an_idle_document_is_closed(sandbox: Sandbox, write_pdf: Write) -> None:
    limits = dataclasses.replace(sandbox.limits, warm_idle_s=0.0)
    renderer = TileRenderer(dataclasses.replace(sandbox, limits=limits))
    await renderer.render_tile("a", write_pdf(turned), 0, 2, 0, 0)
    deadline = asyncio.get_running_loop().time() + 10
    while renderer.warm and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert renderer.warm == ()
    await renderer.aclose()


async def test_a_broken_document_is_refused_and_forgotten(
    tiles: TileRenderer, write_pdf: Write, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(DocumentRefused):
        await tiles.render_tile("a", broken, 0, 2, 0, 0)
    assert await tiles.render_tile("b", write_pdf(turned), 0, 2, 0, 0)


async def test_requests_without_room_wait_up_to_a_bound(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = dataclasses.replace(sandbox.limits, warm_processes=1, warm_queue=2)
    renderer = TileRenderer(dataclasses.replace(sandbox, limits=limits))
    held = await renderer._take_place("a", tmp_path, marks_drawn=False)
    held.waiting = 1
    waiting = [
        asyncio.create_task(renderer._take_place(name, tmp_path, marks_drawn=False))
        for name in ("b", "c")
    ]
    await until(lambda: renderer._homeless == 2)
    with pytest.raises(SandboxBusy):
        await renderer._take_place("d", tmp_path, marks_drawn=False)
    held.waiting = 0
    async with renderer._room:
        renderer._room.notify_all()
    await asyncio.gather(*waiting)
    await renderer.aclose()


async def test_nobody_waits_for_a_process_that_takes_its_time_to_die(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    limits = dataclasses.replace(sandbox.limits, warm_processes=1)
    renderer = TileRenderer(dataclasses.replace(sandbox, limits=limits))
    dead = asyncio.Event()

    class Lingering:
        async def end(self) -> None:
            await dead.wait()

    held = await renderer._take_place("a", tmp_path, marks_drawn=False)
    held.process = cast(Any, Lingering())
    await renderer._take_place("b", tmp_path, marks_drawn=False)
    assert renderer.warm == ("b",)
    dead.set()
    await renderer.aclose()
