"""Before marks are deleted, a delegate takes all of them along in one package."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DEVICE, PORTRAIT, Opener, shot
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_marks import saved, take, until
from tests.e2e.test_notes import note_at
from tests.e2e.test_pages import faults
from tests.harness.meetings import TIMES
from tests.harness.papers import paper
from tests.harness.server import RunningServer

MEETING = "Phiên họp chuyên đề về chính sách hỗ trợ giáo dục và y tế cơ sở ở địa bàn khó khăn"
PAPER = "Tờ trình về việc ban hành chính sách hỗ trợ người dân ở thôn, bản đặc biệt khó khăn"
WORDS = "Đề nghị nói rõ nguồn vốn đối ứng của huyện"


@pytest.fixture
def secretary(demo: RunningServer) -> Iterator[httpx.Client]:
    """The secretary's hand, without a browser."""
    headers = {"Origin": demo.base}
    with httpx.Client(base_url=demo.base + "/api", headers=headers, timeout=60) as http:
        body = {"tile": "secretary", "device": {"id": DEVICE, "label": "test"}}
        assert http.post("/demo/enter", json=body).status_code == 200
        yield http


def prepare(http: httpx.Client, delegate: str) -> str:
    """A meeting that is on, with one paper and one delegate, found by name; its id."""
    made = http.post("/meetings", json={"kind": "thematic", "title": MEETING, **TIMES}).json()
    meeting = str(made["view"]["meeting"]["id"])
    found = http.get("/people", params={"q": delegate}).json()["people"]
    (person,) = [one for one in found if one["name"] == delegate]
    path = f"/meetings/{meeting}"
    http.put(f"{path}/participants/{person['id']}", json={"role": "delegate"})
    item = http.post(f"{path}/items", json={"title": "Thông qua chính sách"}).json()
    new = {"title": PAPER, "item_id": item["id"]}
    card = http.post(f"{path}/documents", json=new).json()
    file = f"/documents/{card['id']}/file?name=to-trinh.pdf"
    assert http.put(file, content=paper(2)).status_code == 200
    until(lambda: http.get(f"/documents/{card['id']}").json()["card"]["state"] == "ready", 60)
    for step in ("issue", "open"):
        assert http.post(f"{path}/{step}").status_code == 200
    return meeting


def test_everything_is_taken_along_in_one_package(window: Opener, secretary: httpx.Client) -> None:
    meeting = prepare(secretary, "Hồ A Sử")
    tablet = window(viewport=PORTRAIT)
    tablet.sign_in("gd.dantoc")
    page = tablet.page
    page.evaluate(f"location.hash = '#/meetings/{meeting}'")
    page.get_by_test_id("document-row").filter(has_text=PAPER).first.tap()
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()
    take(page, "pen")
    draw(page, across(page_box(page), 0.3))
    note_at(page, WORDS, 0.7, 0.5)
    saved(page)
    rule = {"rule": "purge_after_days", "days": 5}
    assert secretary.put(f"/meetings/{meeting}/retention", json=rule).status_code == 200
    assert secretary.post(f"/meetings/{meeting}/close").status_code == 200
    page.get_by_test_id("back").tap()
    expect(page.get_by_test_id("purge-warning")).to_be_visible()
    shot(page, "package-offered")
    assert faults(page) == []
    with page.expect_download() as waiting:
        page.get_by_test_id("package-take").tap()
        expect(page.get_by_test_id("package-progress")).to_be_visible()
        shot(page, "package-progress")
    assert waiting.value.suggested_filename.endswith(".zip")
    expect(page.get_by_test_id("toast")).to_contain_text("Đã gói xong")
    expect(page.get_by_test_id("package-take")).to_be_visible()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert [name.rpartition(".")[2] for name in names] == ["pdf", "xfdf", "pdf", "docx", "txt"]
        assert WORDS in archive.read(names[1]).decode()
