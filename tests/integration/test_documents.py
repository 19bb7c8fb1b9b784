"""Documents: what is refused leaves nothing, what is hidden is hidden everywhere."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pikepdf
import pymupdf
import pytest

from tests.harness.meetings import add_paper, make_meeting, settled, upload
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "xin chào")
    return made.getvalue()


def encrypted() -> bytes:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper(1))) as document:
        document.save(made, encryption=pikepdf.Encryption(owner="o", user="u"))
    return made.getvalue()


def enormous() -> bytes:
    document = pymupdf.open()
    document.new_page(width=50_000, height=50_000)
    return bytes(document.tobytes())


AT_ONCE: dict[str, tuple[bytes, int, str]] = {
    "html": (b"<!DOCTYPE html><html></html>", 422, "not_a_pdf"),
    "zip": (zipped(), 422, "not_a_pdf"),
    "empty": (b"", 422, "empty_file"),
    "short": (b"%PDF", 422, "not_a_pdf"),
    "over size": (b"%PDF-1.7" + b"x" * 300_000, 413, "too_large"),
}
"""Refused while they arrive."""

IN_THE_SANDBOX: dict[str, tuple[bytes, str]] = {
    "html in disguise": (b"%PDF-1.7\n<!DOCTYPE html><html><body>x</body></html>", "disguised"),
    "zip in disguise": (b"%PDF-1.7\n" + zipped(), "disguised"),
    "encrypted": (encrypted(), "encrypted"),
    "damaged": (paper(2)[:300], "damaged"),
    "page too large": (enormous(), "page_too_large"),
    "too many pages": (paper(12), "too_many_pages"),
}
"""Taken, read, and refused: the card says why."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with small bounds."""
    bounds = {"upload_bytes": "200000", "pages_per_document": "10"}
    with running(tmp_path_factory.mktemp("small"), **bounds) as server:
        yield server


def files(server: RunningServer) -> list[str]:
    return sorted(str(one) for one in (server.data / "files").rglob("*") if one.is_file())


async def test_a_file_refused_on_arrival_changes_nothing(small: RunningServer) -> None:
    secretary = Tablet(small)
    await secretary.sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    document = await add_paper(secretary, meeting, paper(1))
    before, kept = await secretary.do("GET", f"/documents/{document}"), files(small)
    for name, (content, status, code) in AT_ONCE.items():
        answer = await secretary.http.put(f"/api/documents/{document}/file", content=content)
        assert (answer.status_code, answer.json()["code"]) == (status, code), name
        assert await secretary.do("GET", f"/documents/{document}") == before, name
        assert files(small) == kept, name
    await secretary.close()


async def test_a_file_refused_by_the_sandbox_leaves_the_readable_version(
    small: RunningServer,
) -> None:
    secretary = Tablet(small)
    await secretary.sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    document = await add_paper(secretary, meeting, paper(1))
    before = await secretary.do("GET", f"/documents/{document}")
    for name, (content, code) in IN_THE_SANDBOX.items():
        card = await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": name})
        await upload(secretary, card["id"], content)
        refused = (await settled(secretary, card["id"]))["card"]
        assert (refused["state"], refused["refusal"]) == ("refused", code), name
        assert refused["pages"] == refused["pages_ready"] == 0
        raw = f"/documents/{card['id']}/versions/{refused['version_id']}/file"
        assert await secretary.refused("GET", raw) == (422, code), "a refused file goes nowhere"
        await upload(secretary, document, content)
    last = (await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": "x"}))["id"]
    await upload(secretary, last, paper(1))
    await settled(secretary, last)  # one lane reads them in order: all before are done
    assert await secretary.do("GET", f"/documents/{document}") == before
    await secretary.close()


async def test_an_upload_needs_its_length_and_an_open_meeting(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, (secretary.person, "secretary"))
    document = await add_paper(secretary, meeting, paper(1))

    async def pieces() -> Any:
        yield paper(1)

    path = f"/api/documents/{document}/file"
    answer = await secretary.http.put(path, content=pieces())
    assert (answer.status_code, answer.json()["params"]["field"]) == (422, "Content-Length")
    await secretary.do("POST", f"/meetings/{meeting}/open")
    started, go_on = asyncio.Event(), asyncio.Event()
    content = paper(1)

    async def slowly() -> Any:
        yield content[:10]
        started.set()
        await go_on.wait()
        yield content[10:]

    length = {"Content-Length": str(len(content))}
    late = asyncio.create_task(secretary.http.put(path, content=slowly(), headers=length))
    await started.wait()
    await secretary.do("POST", f"/meetings/{meeting}/close")
    go_on.set()
    assert (await late).json()["code"] == "meeting_closed"
    early = await secretary.http.put(path, content=b"not even a PDF")
    assert early.json()["code"] == "meeting_closed", "asked before the first byte is looked at"
    view = await secretary.do("GET", f"/documents/{document}")
    assert view["version"]["ordinal"] == 1


async def test_pages_words_tiles_and_the_original(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    content = paper(3)
    document = await add_paper(secretary, meeting, content)
    view = await delegate.do("GET", f"/documents/{document}")
    version = view["version"]
    assert version["frozen_at"] is not None
    assert version["sha256"] == hashlib.sha256(content).hexdigest()
    path = f"/api/documents/{document}/versions/{version['id']}"
    for page in version["pages"]:
        image = await delegate.http.get(f"{path}/pages/{page['index']}/image")
        assert image.headers["content-type"] == "image/webp"
        assert image.headers["cache-control"] == "private, no-store"
        assert hashlib.sha256(image.content).hexdigest() == page["image_sha"]
        words = await delegate.http.get(f"{path}/pages/{page['index']}/words")
        assert hashlib.sha256(words.content).hexdigest() == page["words_sha"]
        assert str(page["index"] + 1) in [word[4] for word in words.json()["words"]]
        etag = {"If-None-Match": image.headers["etag"]}
        again = await delegate.http.get(f"{path}/pages/{page['index']}/image", headers=etag)
        assert (again.status_code, again.content) == (304, b"")
    everything = (await delegate.http.get(f"{path}/words")).json()
    assert len(everything) == 3
    tile = await delegate.http.get(f"{path}/pages/0/tiles/2/0/0")
    assert (tile.status_code, tile.headers["content-type"]) == (200, "image/webp")
    original = await delegate.http.get(f"{path}/file")
    assert original.content == content
    assert original.headers["content-disposition"].startswith("attachment")
    part = await delegate.http.get(f"{path}/file", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, content[5:10])
    for bad in ("bytes=-", "bytes=99999999-", "bytes=9-5", "bytes=" + "0-0," * 3000 + "0-0"):
        answer = await delegate.http.get(f"{path}/file", headers={"Range": bad})
        assert answer.status_code in (200, 206, 400, 416), bad
        assert len(answer.content) < 3 * len(content) + 300_000, bad


async def test_no_page_that_is_not_there(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    one, two = [await add_paper(secretary, meeting, paper(1)) for _ in range(2)]
    version = (await secretary.do("GET", f"/documents/{one}"))["version"]["id"]
    path = f"/documents/{one}/versions/{version}"
    for there in (
        f"{path}/pages/1/image",
        f"{path}/pages/999999/words",
        f"{path}/pages/-1/thumb",
        f"{path}/pages/0%0A/thumb",
        f"{path}/pages/²/thumb",
        f"{path}/pages/0/tiles/3/0/0",
        f"{path}/pages/0/tiles/2/99/0",
        f"{path}/pages/0/tiles/2/0/999999",
        f"/documents/{two}/versions/{version}/pages/0/image",
        f"/documents/{two}/versions/{version}/file",
        f"/documents/{one}/versions/{two}/file",
    ):
        assert (await secretary.refused("GET", there))[0] == 404, there
    empty = await secretary.do("POST", f"/meetings/{meeting}/documents", {"title": "Chưa có"})
    assert (await secretary.do("GET", f"/documents/{empty['id']}"))["version"] is None


async def test_hidden_papers_are_hidden_by_every_endpoint_and_topic(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    chosen = await sign_in("daibieu2")
    people = [(one.person, "delegate") for one in (delegate, chosen)]
    meeting = await make_meeting(secretary, *people)
    inner = {"title": "Nội bộ", "internal": True}
    item = await secretary.do("POST", f"/meetings/{meeting}/items", inner)
    restricted = await add_paper(
        secretary, meeting, paper(1), title="MẬT-A", shown_to=[chosen.person]
    )
    internal = await add_paper(secretary, meeting, paper(1), title="MẬT-B", item_id=item["id"])
    both = await add_paper(
        secretary,
        meeting,
        paper(1),
        title="MẬT-C",
        item_id=item["id"],
        shown_to=[chosen.person],
    )
    seen = {secretary: {restricted, internal, both}, chosen: {restricted}, delegate: set()}
    for tablet, allowed in seen.items():
        for document in (restricted, internal, both):
            version = (await secretary.do("GET", f"/documents/{document}"))["version"]["id"]
            base = f"/api/documents/{document}"
            for path in (
                base,
                f"{base}/versions/{version}/pages/0/image",
                f"{base}/versions/{version}/pages/0/thumb",
                f"{base}/versions/{version}/pages/0/words",
                f"{base}/versions/{version}/pages/0/tiles/2/0/0",
                f"{base}/versions/{version}/words",
            ):
                status = (await tablet.http.get(path)).status_code
                assert status == (200 if document in allowed else 404), path
                if document not in allowed:
                    assert (await tablet.http.head(path)).status_code == 404
            for path in ("file", "export?marks=clean", "export?marks=xfdf&layers=mine"):
                answer = await tablet.http.get(f"{base}/versions/{version}/{path}")
                named = 403 if document in allowed else 404
                assert answer.status_code == (200 if tablet is secretary else named), path
    for tablet, may in ((secretary, True), (chosen, False)):
        assert (await tablet.do("GET", f"/documents/{restricted}"))["may_download"] is may
    async with delegate.live() as live, chosen.live() as other:
        states = [
            await delegate.do("GET", f"/meetings/{meeting}"),
            await delegate.do("GET", "/meetings"),
            await live.subscribe(f"meeting:{meeting}"),
            await live.subscribe(f"inbox:{delegate.person}"),
        ]
        assert "MẬT" not in json.dumps(states, ensure_ascii=False)
        mine = await other.subscribe(f"inbox:{chosen.person}")
        assert [one["title"] for one in mine["data"]["documents"]] == ["MẬT-A"]
        await secretary.do("PATCH", f"/documents/{restricted}", {"title": "MẬT-D"})
        await secretary.do("PATCH", f"/documents/{internal}", {"title": "MẬT-E"})
        await other.take(lambda frame: "MẬT-D" in json.dumps(frame, ensure_ascii=False))
        assert "MẬT" not in json.dumps(await live.silent(), ensure_ascii=False)


async def test_words_travel_packed_and_unpack(sign_in: SignIn, server: RunningServer) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    document = await add_paper(secretary, meeting, paper(2, "Tổng mức đầu tư"))
    version = (await secretary.do("GET", f"/documents/{document}"))["version"]["id"]
    path = f"/api/documents/{document}/versions/{version}/words"
    async with secretary.http.stream("GET", path) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(raw))) == 2
