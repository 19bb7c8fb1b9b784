"""Marks as XFDF: downloaded, taken into one's own layer, refused where the file is hostile."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any
from xml.etree import ElementTree

from annotations.xfdf import NAMESPACE
from tests.harness.marks import Outbox, opened, outbox_on, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper, reviewed
from tests.harness.server import ROOT
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn

ONE = (
    f'<xfdf xmlns="{NAMESPACE}"><annots><text page="0" rect="72,700,94,722" name="from-foxit" '
    'title="Sở Y tế" subject="Góp ý"><contents>Xem lại</contents></text></annots></xfdf>'
)


async def a_paper(sign_in: SignIn, file: bytes = b"") -> tuple[Tablet, Outbox, str]:
    """(a delegate, their outbox, the path of a version: of `file`, or one with remarks in it)."""
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    document = await add_paper(secretary, meeting, file or reviewed())
    outbox = await outbox_on(delegate, document)
    return delegate, outbox, f"/documents/{document}/versions/{outbox.version}"


async def marks_of(tablet: Tablet, path: str, layers: str) -> list[ElementTree.Element]:
    data = await tablet.do("GET", f"{path}/export?marks=xfdf&layers={layers}")
    return list(ElementTree.fromstring(data).find(f"{{{NAMESPACE}}}annots") or [])


async def take(tablet: Tablet, path: str, content: bytes, key: str = "") -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await tablet.http.put(f"/api{path}/marks", content=content, headers=headers)
    return answer.status_code, answer.json()


async def test_marks_leave_as_xfdf_and_come_back_once(sign_in: SignIn) -> None:
    delegate, outbox, path = await a_paper(sign_in)
    async with delegate.live() as live:
        await outbox.send(live, outbox.push(put(outbox.version, body="Của tôi")))
    (mine,) = await marks_of(delegate, path, "mine")
    assert mine.findtext(f"{{{NAMESPACE}}}contents") == "Của tôi"
    both = await marks_of(delegate, path, "mine,file")
    assert {one.attrib["title"] for one in both} > {"Sở Tài chính", "Văn phòng"}
    data = await delegate.do("GET", f"{path}/export?marks=xfdf&layers=mine")
    assert await take(delegate, path, data) == (
        200,
        {"layer": outbox.layer, "added": 0, "known": 1, "left": 0, "over": 0},
    )


async def test_marks_of_another_program_become_mine(sign_in: SignIn) -> None:
    delegate, outbox, path = await a_paper(sign_in)
    async with delegate.live() as live:
        await opened(live, outbox.layer)
        status, added = await take(delegate, path, ONE.encode())
        assert (status, added["added"]) == (200, 1)
        delta = await live.expect("ann.delta")
        (note,) = delta["items"]
        assert (note["body"], note["by"], note["author"]) == ("Xem lại", "Sở Y tế", delegate.person)
        change = {"op": "patch", "id": note["id"], "base_rev": note["rev"], "body": "Đã xem"}
        assert (await outbox.send(live, outbox.push(change)))["t"] == "ann.ack"
    (again,) = await marks_of(delegate, path, "mine")
    assert again.attrib["name"] == "from-foxit"
    assert (again.attrib["title"], again.attrib["subject"]) == ("Sở Y tế", "Góp ý")
    assert (await take(delegate, path, ONE.encode()))[1]["known"] == 1


async def test_a_command_sent_again_is_answered_again_and_done_once(sign_in: SignIn) -> None:
    delegate, _, path = await a_paper(sign_in)
    nameless = ONE.replace('name="from-foxit"', "").encode()
    first = await take(delegate, path, nameless, "the-same-key")
    assert (first[0], first[1]["added"]) == (200, 1)
    assert await take(delegate, path, nameless, "the-same-key") == first
    assert len(await marks_of(delegate, path, "mine")) == 1


def file_of(*notes: str) -> bytes:
    return f'<xfdf xmlns="{NAMESPACE}"><annots>{"".join(notes)}</annots></xfdf>'.encode()


def note(body: str, name: str = "", answers: str = "") -> str:
    more = f' name="{name}"' if name else ""
    more += f' inreplyto="{answers}"' if answers else ""
    return (
        f'<text page="0" rect="72,700,94,722"{more} title="Sở Y tế">'
        f"<contents>{body}</contents></text>"
    )


STROKES = (
    '<ink page="0" rect="70,600,200,640" color="#FF0000" width="2"><inklist>'
    "<gesture>72,610;100,630</gesture><gesture>120,610;150,630</gesture></inklist></ink>"
)


async def test_a_file_taken_twice_at_once_is_there_once(sign_in: SignIn) -> None:
    """The line drops behind the file, and the person picks it again."""
    delegate, _, path = await a_paper(sign_in)
    notes = [note(f"Ý {number}") for number in range(240)]
    data = file_of(*notes, note("Cùng lời"), note("Cùng lời"), note("Có tên", "a"), STROKES)
    both = await asyncio.gather(*(take(delegate, path, data, f"the-key-{n}") for n in range(2)))
    assert [status for status, _ in both] == [200, 200]
    assert sum(added["added"] for _, added in both) == 245
    assert sum(added["known"] for _, added in both) == 245
    assert (await take(delegate, path, data))[1]["added"] == 0
    more = file_of(note("Thêm"), *notes, STROKES)
    assert (await take(delegate, path, more))[1]["added"] == 1
    whole = await delegate.do("GET", f"{path}/export?marks=xfdf&layers=mine")
    assert (await take(delegate, path, whole))[1]["added"] == 0
    assert len(await marks_of(delegate, path, "mine")) == 246


async def test_an_answer_that_comes_later_finds_the_note_it_answers(sign_in: SignIn) -> None:
    delegate, outbox, path = await a_paper(sign_in)
    assert (await take(delegate, path, file_of(note("Hỏi", "a"))))[1]["added"] == 1
    late = file_of(note("Đáp", "b", answers="a"), note("Hỏi", "a"))
    assert (await take(delegate, path, late))[1]["added"] == 1
    async with delegate.live() as live:
        items = {item["body"]: item for item in (await opened(live, outbox.layer))["items"]}
    assert items["Đáp"]["reply_to"] == items["Hỏi"]["id"]


async def test_what_was_taken_away_comes_back_with_its_file(sign_in: SignIn) -> None:
    delegate, outbox, path = await a_paper(sign_in)
    assert (await take(delegate, path, ONE.encode()))[1]["added"] == 1
    async with delegate.live() as live:
        (item,) = (await opened(live, outbox.layer))["items"]
        gone = {"op": "delete", "id": item["id"], "base_rev": item["rev"]}
        assert (await outbox.send(live, outbox.push(gone)))["t"] == "ann.ack"
    assert (await take(delegate, path, ONE.encode()))[1]["added"] == 1
    assert len(await marks_of(delegate, path, "mine")) == 1


async def test_a_mark_deleted_while_its_file_is_still_taken_stays_deleted(sign_in: SignIn) -> None:
    delegate, outbox, path = await a_paper(sign_in)
    many = file_of(*(note(f"Ý {number}", f"n{number}") for number in range(1500)))
    async with delegate.live() as live:
        snapshot = await opened(live, outbox.layer)
        assert snapshot["items"] == []
        taking = asyncio.create_task(take(delegate, path, many))
        first = (await live.expect("ann.delta"))["items"][0]
        gone = {"op": "delete", "id": first["id"], "base_rev": first["rev"]}
        assert (await outbox.send(live, outbox.push(gone)))["revs"] == [2]
        status, added = await taking
        assert (status, added["added"], added["known"]) == (200, 1500, 0)
        whole = await opened(live, outbox.layer)
    assert first["id"] not in {item["id"] for item in whole["items"]}
    assert len(await marks_of(delegate, path, "mine")) == 1499


async def test_what_is_no_xfdf_is_refused_and_a_stranger_adds_nothing(sign_in: SignIn) -> None:
    delegate, _, path = await a_paper(sign_in)
    for content in (
        b"%PDF-1.7",
        b"",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xfdf>&a;</xfdf>',
        b"<html/>",
    ):
        status, problem = await take(delegate, path, content)
        assert (status, problem["code"]) == (422, "not_xfdf")
    stranger = await sign_in("khach")
    assert (await take(stranger, path, ONE.encode()))[0] == 404


async def test_refused_work_of_a_tablet_becomes_mine(sign_in: SignIn) -> None:
    vectors = ROOT / "tests/contract/vectors"
    given = json.loads((vectors / "refused.json").read_text(encoding="utf-8"))
    puts = {op["id"]: op for one in given["refused"] for op in one["ops"] if op["op"] == "put"}
    delegate, outbox, path = await a_paper(sign_in, paper(2))
    data = (vectors / "refused.xfdf").read_bytes()
    status, added = await take(delegate, path, data)
    assert (status, added["known"], added["left"]) == (200, 0, 0)
    mine = await marks_on_server(delegate, outbox.layer)
    assert len(mine) == added["added"]
    kinds = Counter(one["kind"] for one in mine)
    assert all(
        kinds[kind] >= made for kind, made in Counter(one["kind"] for one in puts.values()).items()
    )
    bodies = {one.get("body", "") for one in mine}
    assert {"Lời của tôi", "Bản trên máy chủ\nLời trên máy chủ", "Viết dần từng đoạn"} <= bodies
    (ellipse,) = (one for one in mine if one["kind"] == "ellipse")
    (drawn,) = (one for one in puts.values() if one["kind"] == "ellipse")
    assert ellipse["geometry"] == drawn["geometry"]
    assert (await take(delegate, path, data))[1]["known"] == added["added"]


async def marks_on_server(tablet: Tablet, layer: str) -> list[dict[str, Any]]:
    """The marks of a layer, as a tablet is sent them."""
    async with tablet.live() as live:
        answer = await opened(live, layer)
        return list(answer["items"])
