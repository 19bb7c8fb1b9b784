"""The PDF a delegate takes away, over HTTP, read by another library than the one that wrote it."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pikepdf
import pytest

from tests.harness.marks import Outbox, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn

MARK = "0196f3a1-0000-7000-8000-0000000000{:02x}"


def highlight(version: str, number: int = 1) -> dict[str, Any]:
    return {
        "op": "put",
        "id": MARK.format(number),
        "version": version,
        "page": 0,
        "kind": "highlight",
        "created": 1763800000000,
        "geometry": {"quads": [[72, 78, 200, 78, 72, 95, 200, 95]]},
        "style": {"color": "#ffd84d", "opacity": 0.4},
        "body": "Cần làm rõ",
    }


async def marked(tablet: Tablet, document: str, number: int) -> str:
    """One highlight by this person; returns the version's id."""
    view = await tablet.do("GET", f"/documents/{document}")
    version = str(view["version"]["id"])
    async with tablet.live() as live:
        ops = [highlight(version, number)]
        push = {"outbox": str(uuid.uuid4()), "op_no": 1, "layer": view["my_layer"], "ops": ops}
        await live.send(t="ann.push", **push)
        await live.expect("ann.ack")
    return version


async def annotations(tablet: Tablet, document: str, version: str, marks: str) -> list[str]:
    """Subtypes of the annotations on the first page of an export."""
    path = f"/documents/{document}/versions/{version}/export?marks={marks}"
    content = await tablet.do("GET", path)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = pdf.pages[0].obj.get("/Annots", [])
        return [str(one["/Subtype"]) for one in found if str(one["/Subtype"]) != "/Popup"]


async def test_each_kind_of_export_holds_what_it_says(sign_in: SignIn) -> None:
    secretary, first, second = await sign_in("thuky"), await sign_in("daibieu1"), None
    second = await sign_in("daibieu2")
    people = ((first.person, "delegate"), (second.person, "delegate"))
    meeting = await make_meeting(secretary, *people)
    document = await add_paper(secretary, meeting)
    version = await marked(first, document, 1)
    assert await annotations(first, document, version, "annotations") == ["/Highlight"]
    assert await annotations(first, document, version, "flattened") == []
    assert await annotations(first, document, version, "clean") == []
    assert await annotations(second, document, version, "annotations") == []


async def test_an_export_holds_the_layers_asked_for_that_one_may_read(sign_in: SignIn) -> None:
    secretary, first = await sign_in("thuky"), await sign_in("daibieu1")
    second = await sign_in("daibieu2")
    people = ((first.person, "delegate"), (second.person, "delegate"))
    meeting = await make_meeting(secretary, *people)
    document = await add_paper(secretary, meeting)
    version = await marked(first, document, 7)
    path = f"/documents/{document}"
    body = {"title": "Nhóm thẩm tra", "audience": "people", "people": [second.person]}
    shared = (await first.do("POST", f"{path}/layers", body))["id"]
    await first.do("POST", f"{path}/layers", {"title": "Riêng", "audience": "me"})
    shown = (await secretary.do("PUT", f"{path}/presenter-layer"))["id"]
    question = put(version, body="Số nào đúng?")
    answered = put(version, body="Số trang 3", reply_to=question["id"])
    for tablet, layer, op in (
        (first, shared, question),
        (second, shared, answered),
        (secretary, shown, put(version, kind="rectangle", geometry={"rect": [9, 9, 90, 90]})),
    ):
        outbox = Outbox(layer, version)
        async with tablet.live() as live:
            assert (await outbox.send(live, outbox.push(op)))["t"] == "ann.ack"

    async def taken(tablet: Tablet, layers: str) -> tuple[list[str], list[str]]:
        where = f"{path}/versions/{version}/export?marks=annotations&layers={layers}"
        with pikepdf.open(io.BytesIO(await tablet.do("GET", where))) as pdf:
            found = [one for one in pdf.pages[0].obj.get("/Annots", []) if "/T" in one]
            answers = [one for one in found if "/IRT" in one]
            assert all(str(one["/IRT"]["/Contents"]) == "Số nào đúng?" for one in answers)
            assert [str(one["/T"]) for one in answers] in ([], ["Phạm Thị Bích Đại"])
            groups = pdf.Root.get("/OCProperties", {}).get("/OCGs", [])
            names = sorted(str(one["/Name"]) for one in groups)
            return sorted(str(one["/Subtype"]) for one in found), names

    mine, both = "Lê Hoàng Đại Biểu", ["Nhóm thẩm tra"]
    assert await taken(first, "mine") == (["/Highlight"], [mine])
    assert await taken(first, "mine,shared") == (
        ["/Highlight", "/Text", "/Text"],
        sorted([mine, *both]),
    )
    kinds, names = await taken(second, "mine,shared,presenter")
    assert kinds == ["/Square", "/Text", "/Text"]
    assert {*both, "Nguyễn Thị Thư Ký"} <= set(names)
    assert await taken(second, shared) == (["/Text", "/Text"], both)
    own = (await first.do("GET", path))["my_layer"]
    assert await taken(second, own) == ([], [])
    for bad in ("all", "", "mine;shared", ",".join(str(uuid.uuid4()) for _ in range(61))):
        where = f"{path}/versions/{version}/export?layers={bad}"
        assert (await second.refused("GET", where))[0] == 422, bad


async def test_an_unknown_kind_is_refused(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    document = await add_paper(secretary, meeting)
    version = (await secretary.do("GET", f"/documents/{document}"))["version"]["id"]
    path = f"/documents/{document}/versions/{version}/export?marks=all"
    assert await secretary.refused("GET", path) == (422, "invalid_input")


@pytest.mark.parametrize("part", ["export", "file", "words", "pages/0/image"])
async def test_nothing_of_a_document_reaches_a_stranger(sign_in: SignIn, part: str) -> None:
    secretary, stranger = await sign_in("thuky"), await sign_in("khach")
    meeting = await make_meeting(secretary, issue=False)
    document = await add_paper(secretary, meeting)
    version = (await secretary.do("GET", f"/documents/{document}"))["version"]["id"]
    path = f"/documents/{document}/versions/{version}/{part}"
    assert await stranger.refused("GET", path) == (404, "not_found")
