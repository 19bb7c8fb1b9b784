"""The package of one's marks: names, contents, bounds, and the ZIP itself."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from server.annotating import package as sending
from server.annotating.export import Exports
from server.annotating.package import Package, Packages
from server.annotating.package_plan import Piece, Plan, contents_page, file_stem, plan_package
from server.annotating.zip_stream import CHUNK, ZipStream
from server.errors import Busy, DomainError, NotFound

from .test_notes import Desk, made
from .test_notes import desk as desk

PIECE = Piece("d", "v", "01 Báo cáo", 3, 100)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Tờ trình số 2318/TTr-STC: vốn?", "Tờ trình số 2318 TTr-STC vốn"),
        ("Báo cáo ...", "Báo cáo"),
        ("../../etc/passwd", ".. .. etc passwd"),
        ("///", "-"),
        ("chữ " * 40, ("chữ " * 22).strip()),
        ("Ba\u0301o ca\u0301o", "Báo cáo"),
    ],
)
def test_a_title_becomes_a_name_that_every_machine_takes(title: str, stem: str) -> None:
    assert file_stem(title) == stem


def package(person: str, at: float = 0.0) -> Package:
    return Package(f"of {person} {at}", person, "m", "vi", Plan(("Ghi chú",), "Họp", (PIECE,)), at)


def test_one_package_a_person_and_the_oldest_nobody_fetched_goes() -> None:
    packages = Packages(Exports(1, 1), most=2)
    first, second, third = package("a"), package("b", 1), package("c", 2)
    for one in (first, second, third):
        packages.add(one)
    with pytest.raises(NotFound):
        packages.of("a", first.id)
    assert packages.of("b", second.id) is second
    with pytest.raises(NotFound):
        packages.of("c", second.id)
    second.state = third.state = "making"
    with pytest.raises(Busy, match="busy"):
        packages.add(package("d", 3))
    with pytest.raises(Busy, match="package_under_way"):
        packages.add(package("b", 4))
    assert packages.of("b", second.id) is second


def test_the_contents_say_what_is_there_and_what_is_not() -> None:
    plan = Plan(("Ghi chú của bà Lan", "Phiên họp"), "Phiên họp", (PIECE,))
    missing = [("01 Báo cáo.xfdf", "timed_out"), ("Danh sách ghi chú.pdf", "crashed")]
    page = contents_page(plan, missing, "vi", ("14:05", "22/11/2026"))
    assert page.decode("utf-8-sig").splitlines() == [
        "Ghi chú của bà Lan",
        "Phiên họp",
        "Lập lúc 14:05, ngày 22/11/2026",
        "",
        "Trong gói này:",
        "- 01 Báo cáo.pdf: 3 nét và ghi chú",
        "- Danh sách ghi chú.docx",
        "",
        "Không lấy được:",
        "- 01 Báo cáo.xfdf: mất quá nhiều thời gian",
        "- Danh sách ghi chú.pdf: máy chủ không tạo được tệp này",
    ]


async def test_the_archive_is_whole_and_leaves_piece_by_piece() -> None:
    stream = ZipStream(datetime(2026, 11, 22, 14, 5, 6, tzinfo=UTC))
    large, words = bytes(range(256)) * (3 * CHUNK // 256), "Đường vành đai".encode() * 500
    sent: list[bytes] = []
    for name, content, packed in (("Báo cáo.pdf", large, False), ("Báo cáo.xfdf", words, True)):
        parts = [part async for part in stream.add(name, io.BytesIO(content), packed=packed)]
        assert all(len(part) < 2 * CHUNK for part in parts)
        sent += parts
    sent.append(stream.end())
    archive = zipfile.ZipFile(io.BytesIO(b"".join(sent)))
    assert archive.testzip() is None
    assert archive.read("Báo cáo.pdf") == large
    assert archive.read("Báo cáo.xfdf") == words
    stored, squeezed = archive.infolist()
    assert stored.compress_size == len(large)
    assert squeezed.compress_size < len(words) / 10
    assert stored.date_time == (2026, 11, 22, 14, 5, 6)


def test_papers_that_are_too_heavy_are_refused_before_anything_is_sent(desk: Desk) -> None:
    desk.put("delegate", "public", made(body="x"))
    actor, meeting = desk.actor("delegate"), desk.province.issued
    with pytest.raises(DomainError, match="no_notes"):
        desk.database.read_now(plan_package, desk.actor("guest"), meeting, "vi", 1_000)
    desk.add_version("public", size=900)
    plan = desk.database.read_now(plan_package, actor, meeting, "en", 900)
    assert [(piece.marks, piece.size) for piece in plan.pieces] == [(1, 900)]
    with pytest.raises(DomainError, match="package_too_large"):
        desk.database.read_now(plan_package, actor, meeting, "vi", 899)


async def test_who_takes_nothing_any_more_keeps_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LEAST_SECONDS", 0)
    monkeypatch.setattr(sending, "SLOWEST_LINE", 1e12)
    turns, never = Exports(1, 0), asyncio.Event()
    stack = AsyncExitStack()
    await stack.enter_async_context(turns.place())

    async def chunks() -> AsyncIterator[bytes]:
        yield b"PK"

    async def wait(message: object = None) -> Any:
        await never.wait()

    answer = sending._Download(chunks(), {}, stack)
    await answer({"type": "http"}, wait, wait)
    async with turns.place():
        assert turns.count == 1
