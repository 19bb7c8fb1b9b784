"""What a person takes away before marks are deleted: one ZIP of all papers with their marks."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pikepdf
import pymupdf

from annotations.xfdf import NAMESPACE
from tests.harness.marks import Outbox, outbox_on, put
from tests.harness.meetings import INGEST_SECONDS, add_paper, make_meeting
from tests.harness.papers import paper, reviewed
from tests.harness.server import RunningServer
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn

MINE = "Hỏi lại Sở Tài chính về đường vành đai"
SECRET = "Lời của người khác"


async def write(tablet: Tablet, outbox: Outbox, *bodies: str) -> None:
    async with tablet.live() as live:
        for body in bodies:
            sent = await outbox.send(live, outbox.push(put(outbox.version, body=body)))
            assert sent["t"] == "ann.ack", sent


async def people(sign_in: SignIn) -> tuple[Tablet, Tablet, Tablet, str]:
    """(secretary, a delegate, another one, their meeting)."""
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    other = await sign_in("daibieu2")
    taking_part = ((delegate.person, "delegate"), (other.person, "delegate"))
    return secretary, delegate, other, await make_meeting(secretary, *taking_part)


async def fetched(tablet: Tablet, meeting: str) -> tuple[zipfile.ZipFile, Any]:
    """The package, and what is said of it afterwards."""
    planned = await tablet.do("POST", f"/meetings/{meeting}/my-package")
    assert (planned["state"], planned["done"]) == ("waiting", 0)
    path = f"/me/packages/{planned['id']}"
    answer = await tablet.http.get(f"/api{path}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    name = unquote(answer.headers["content-disposition"].partition("''")[2])
    assert name == "Phiên họp thường kỳ tháng 11.zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive, await tablet.do("GET", path)


def notes_in(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        marks = list(opened.pages[0].obj.get("/Annots", []))
        return sorted(str(one.Contents) for one in marks if one.Subtype == "/Text")


async def test_all_papers_with_my_marks_and_nobody_elses(sign_in: SignIn) -> None:
    secretary, delegate, other, meeting = await people(sign_in)
    first = await add_paper(secretary, meeting, paper(1), title="Tờ trình: vốn / nợ?")
    await add_paper(secretary, meeting, paper(2), title="Không có ghi chú")
    third = await add_paper(secretary, meeting, reviewed(), title="Dự thảo")
    mine = await outbox_on(delegate, first)
    await write(delegate, mine, MINE)
    await write(other, await outbox_on(other, first), SECRET)
    new = {"title": "Góp ý", "audience": "everyone"}
    shared = (await secretary.do("POST", f"/documents/{first}/layers", new))["id"]
    for tablet, body in ((other, SECRET), (delegate, "Tôi đồng ý")):
        await write(tablet, Outbox(shared, mine.version), body)
    await write(delegate, await outbox_on(delegate, third), "Bổ sung Điều 3")

    archive, after = await fetched(delegate, meeting)
    assert (after["state"], after["papers"], after["done"], after["missing"]) == ("done", 2, 2, 0)
    assert archive.namelist() == [
        "01 Tờ trình vốn nợ.pdf",
        "01 Tờ trình vốn nợ.xfdf",
        "02 Dự thảo.pdf",
        "02 Dự thảo.xfdf",
        "Danh sách ghi chú.pdf",
        "Danh sách ghi chú.docx",
        "Nội dung.txt",
    ]
    assert after["sent"] > sum(one.compress_size for one in archive.infolist())
    assert notes_in(archive.read("01 Tờ trình vốn nợ.pdf")) == sorted([MINE, "Tôi đồng ý"])
    # What the file brought along stays in the paper, and out of my own marks.
    assert notes_in(archive.read("02 Dự thảo.pdf")) == ["Bổ sung Điều 3", "Đã bổ sung"]
    root = ElementTree.fromstring(archive.read("02 Dự thảo.xfdf"))
    assert len(root.findall(f".//{{{NAMESPACE}}}annots/*")) == 1
    text = pymupdf.open("pdf", archive.read("Danh sách ghi chú.pdf"))[0].get_text()
    for words in (MINE, "Tôi đồng ý", "Bổ sung Điều 3"):
        assert words in text
    contents = archive.read("Nội dung.txt").decode("utf-8-sig")
    assert "- 01 Tờ trình vốn nợ.pdf: 2 nét và ghi chú" in contents
    assert "Không lấy được" not in contents
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert SECRET.encode() not in everything
    assert SECRET.encode("utf-16-be") not in everything


async def next_version(tablet: Tablet, document: str, former: Outbox) -> Outbox:
    async with asyncio.timeout(INGEST_SECONDS):
        while True:
            newest = await outbox_on(tablet, document)
            if newest.version != former.version:
                return newest
            await asyncio.sleep(0.05)


async def test_marks_on_a_former_version_come_along(sign_in: SignIn) -> None:
    secretary, delegate, _, meeting = await people(sign_in)
    document = await add_paper(secretary, meeting, paper(1, "Bản đầu"))
    former = await outbox_on(delegate, document)
    await write(delegate, former, "Trên bản đầu")
    sent = await secretary.http.put(
        f"/api/documents/{document}/file?name=b.pdf", content=paper(1, "Bản sau")
    )
    assert sent.status_code == 200
    await write(delegate, await next_version(delegate, document, former), "Trên bản sau")
    archive, _ = await fetched(delegate, meeting)
    stem = "01 Báo cáo kinh tế - xã hội"
    assert notes_in(archive.read(f"{stem}.pdf")) == ["Trên bản sau"]
    assert notes_in(archive.read(f"{stem} (bản 1).pdf")) == ["Trên bản đầu"]


async def test_what_cannot_be_put_in_does_not_stop_the_rest(
    sign_in: SignIn, server: RunningServer
) -> None:
    secretary, delegate, _, meeting = await people(sign_in)
    lost = await add_paper(secretary, meeting, paper(1, "Tệp sẽ mất"), title="Mất tệp")
    whole = await add_paper(secretary, meeting, paper(1, "Tệp còn nguyên"), title="Còn nguyên")
    for document in (lost, whole):
        await write(delegate, await outbox_on(delegate, document), MINE)
    view = await delegate.do("GET", f"/documents/{lost}")
    sha256 = view["version"]["sha256"]
    (server.data / "files" / sha256[:2] / sha256).unlink()
    archive, after = await fetched(delegate, meeting)
    assert (after["state"], after["missing"]) == ("done", 2)
    names = archive.namelist()
    assert "02 Còn nguyên.pdf" in names
    assert "01 Mất tệp.pdf" not in names
    contents = archive.read("Nội dung.txt").decode("utf-8-sig")
    assert "Không lấy được:" in contents
    assert "- 01 Mất tệp.pdf" in contents.partition("Không lấy được:")[2]


async def test_a_package_is_its_owners_and_holds_something(sign_in: SignIn) -> None:
    secretary, delegate, other, meeting = await people(sign_in)
    document = await add_paper(secretary, meeting)
    assert await delegate.refused("POST", f"/meetings/{meeting}/my-package") == (422, "no_notes")
    await write(delegate, await outbox_on(delegate, document), MINE)
    path = f"/meetings/{meeting}/my-package"
    planned = await delegate.do("POST", path)
    for way in ("", "/file"):
        found = await other.refused("GET", f"/me/packages/{planned['id']}{way}")
        assert found == (404, "not_found")
    stranger = await sign_in("khach")
    assert await stranger.refused("POST", path) == (404, "not_found")
    assert await delegate.refused("POST", f"{path}?language=fr") == (422, "invalid_input")
    # Planned anew, the former one is no more.
    await delegate.do("POST", path)
    assert await delegate.refused("GET", f"/me/packages/{planned['id']}") == (404, "not_found")


async def test_a_restricted_paper_stays_and_its_notes_come_along(sign_in: SignIn) -> None:
    secretary, delegate, _, meeting = await people(sign_in)
    closed = await add_paper(secretary, meeting, title="Hạn chế", shown_to=[delegate.person])
    await write(delegate, await outbox_on(delegate, closed), MINE)
    archive, after = await fetched(delegate, meeting)
    assert (after["state"], after["missing"]) == ("done", 1)
    names = archive.namelist()
    assert "01 Hạn chế.xfdf" in names
    assert not [name for name in names if name.startswith("01") and name.endswith(".pdf")]
    contents = archive.read("Nội dung.txt").decode("utf-8-sig")
    assert "- 01 Hạn chế.pdf: tài liệu hạn chế chỉ được đọc trong ứng dụng" in contents
