"""Marks that a paper's file brought along: a layer of its own, from the upload to the download."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pikepdf

from tests.harness.marks import Outbox, opened, outbox_on, put
from tests.harness.meetings import INGEST_SECONDS, add_paper, make_meeting, upload
from tests.harness.papers import paper, reviewed
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn


async def imported(tablet: Tablet, document: str) -> list[dict[str, Any]]:
    layers = await tablet.do("GET", f"/documents/{document}/layers")
    return [layer for layer in layers if layer["kind"] == "imported"]


async def marks_on(tablet: Tablet, layer: str) -> list[dict[str, Any]]:
    async with tablet.live() as live:
        first = await opened(live, layer)
        assert first["t"] == "ann.snapshot", first
        return list(first["items"])


async def reviewed_paper(sign_in: SignIn) -> tuple[Tablet, Tablet, str]:
    """(secretary, a delegate, a paper with remarks in its file)."""
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    return secretary, delegate, await add_paper(secretary, meeting, reviewed())


async def test_readers_see_the_remarks_and_nobody_writes_there(sign_in: SignIn) -> None:
    _, delegate, document = await reviewed_paper(sign_in)
    (layer,) = await imported(delegate, document)
    may = [layer[name] for name in ("may_write", "may_moderate", "may_manage", "mine", "owner")]
    assert may == [False, False, False, False, None]
    remark, answer = await marks_on(delegate, layer["id"])
    assert (remark["kind"], remark["by"]) == ("highlight", "Sở Tài chính")
    assert remark["body"] == "Đề nghị làm rõ nguồn vốn"
    assert (answer["body"], answer["reply_to"]) == ("Đã bổ sung", remark["id"])
    view = await delegate.do("GET", f"/documents/{document}")
    assert view["version"]["file_marks"] == {"read": 2, "left": 2, "over": 0}
    async with delegate.live() as live:
        outbox = Outbox(layer["id"], view["version"]["id"])
        for op in (
            put(outbox.version),
            {"op": "delete", "id": remark["id"], "base_rev": 1},
            {"op": "patch", "id": remark["id"], "base_rev": 1, "resolved": True},
        ):
            refused = await outbox.send(live, outbox.push(op))
            assert (refused["t"], refused["code"]) == ("ann.nack", "forbidden")
    path = f"/layers/{layer['id']}"
    for method, body in (("PATCH", {"title": "x"}), ("DELETE", None)):
        assert (await delegate.refused(method, path, body))[0] in (403, 404)


async def test_who_may_not_read_the_paper_does_not_see_them(sign_in: SignIn) -> None:
    _, delegate, document = await reviewed_paper(sign_in)
    (layer,) = await imported(delegate, document)
    stranger = await sign_in("khach")
    async with stranger.live() as live:
        assert (await opened(live, layer["id"]))["t"] == "ann.revoke"


async def replaced(secretary: Tablet, document: str, content: bytes, ordinal: int) -> None:
    """Send the next version and wait until it is the one people read."""
    await upload(secretary, document, content)
    async with asyncio.timeout(INGEST_SECONDS):
        while True:
            version = (await secretary.do("GET", f"/documents/{document}"))["version"]
            if (version["ordinal"], version["state"]) == (ordinal, "ready"):
                return
            await asyncio.sleep(0.05)


async def test_a_new_version_has_the_marks_of_its_own_file(sign_in: SignIn) -> None:
    secretary, delegate, document = await reviewed_paper(sign_in)
    (first,) = await imported(delegate, document)
    await replaced(secretary, document, paper(), 2)
    assert await imported(delegate, document) == []
    await replaced(secretary, document, reviewed(squares=3), 3)
    (third,) = await imported(delegate, document)
    assert third["id"] != first["id"]
    assert len(await marks_on(delegate, third["id"])) == 5


async def exported(tablet: Tablet, document: str, query: str) -> list[dict[str, str]]:
    """What stands on the first page of an export, popups aside."""
    view = await tablet.do("GET", f"/documents/{document}")
    path = f"/documents/{document}/versions/{view['version']['id']}/export?{query}"
    with pikepdf.open(io.BytesIO(await tablet.do("GET", path))) as pdf:
        return [
            {key: str(one.get("/" + key, "")) for key in ("Subtype", "Contents", "T", "Subj")}
            | {"layer": str(one.OC.Name) if "/OC" in one else ""}
            for one in pdf.pages[0].obj.get("/Annots", [])
            if one.Subtype != "/Popup"
        ]


async def test_they_go_back_as_they_came(sign_in: SignIn) -> None:
    _, delegate, document = await reviewed_paper(sign_in)
    outbox = await outbox_on(delegate, document)
    async with delegate.live() as live:
        await outbox.send(live, outbox.push(put(outbox.version, body="Của tôi")))
    kinds = ["/Highlight", "/Text", "/Stamp", "/Link"]
    whole = await exported(delegate, document, "marks=annotations")
    assert [one["Subtype"] for one in whole] == [*kinds, "/Text"]
    assert whole[0] == {
        "Subtype": "/Highlight",
        "Contents": "Đề nghị làm rõ nguồn vốn",
        "T": "Sở Tài chính",
        "Subj": "Review",
        "layer": "Có sẵn trong tệp",
    }
    assert whole[4]["layer"] not in ("", "Có sẵn trong tệp")
    mine = await exported(delegate, document, "marks=annotations&layers=mine")
    assert [one["Subtype"] for one in mine] == ["/Stamp", "/Link", "/Text"]
    for query in ("marks=clean", "marks=flattened&layers=mine", "marks=flattened"):
        left = await exported(delegate, document, query)
        assert [one["Subtype"] for one in left] == ["/Stamp", "/Link"], query
    theirs = await exported(delegate, document, "marks=annotations&layers=file")
    assert [one["Subtype"] for one in theirs] == kinds
