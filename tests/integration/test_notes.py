"""The list of my marks and its printed form over HTTP."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import unquote

import pymupdf

from tests.harness.marks import outbox_on, put
from tests.harness.meetings import add_paper, make_meeting
from tests.integration.conftest import SignIn

NOTE = "Hỏi lại Sở Tài chính về số liệu đường vành đai"


async def test_my_marks_are_listed_and_printed_and_nobody_elses(sign_in: SignIn) -> None:
    secretary, delegate, other = (
        await sign_in("thuky"),
        await sign_in("daibieu1"),
        await sign_in("daibieu2"),
    )
    people = ((delegate.person, "delegate"), (other.person, "delegate"))
    meeting = await make_meeting(secretary, *people)
    document = await add_paper(secretary, meeting)
    outbox = await outbox_on(delegate, document)
    async with delegate.live() as live:
        await outbox.send(live, outbox.push(put(outbox.version, body=NOTE)))
    found = await delegate.do("GET", f"/me/marks?meeting={meeting}&q=duong vanh dai")
    assert [row["body"] for row in found["rows"]] == [NOTE]
    assert found["documents"][0]["id"] == document
    assert (await other.do("GET", f"/me/marks?meeting={meeting}"))["rows"] == []
    path = f"/api/me/marks/print?meeting={meeting}"
    pdf = await delegate.http.get(f"{path}&form=pdf")
    assert pdf.status_code == 200, pdf.text
    assert pdf.headers["content-type"] == "application/pdf"
    assert "Ghi chú của tôi" in unquote(pdf.headers["content-disposition"])
    text = pymupdf.open("pdf", pdf.content)[0].get_text()
    for line in (NOTE, "Lê Hoàng Đại Biểu", "Phiên họp thường kỳ tháng 11", "Trang 1"):
        assert line in text
    word = await delegate.http.get(f"{path}&form=docx&language=en")
    with zipfile.ZipFile(io.BytesIO(word.content)) as archive:
        document_xml = archive.read("word/document.xml").decode()
    assert NOTE in document_xml
    assert "My notes" in document_xml
    refused = await other.refused("GET", f"/me/marks/print?meeting={meeting}")
    assert refused == (422, "no_notes")
    for wrong in ("form=odt", "language=fr", "meeting=x"):
        assert await delegate.refused("GET", f"/me/marks/print?{wrong}") == (422, "invalid_input")
