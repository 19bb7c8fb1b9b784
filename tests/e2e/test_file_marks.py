"""Remarks that a paper's file brings along, as a delegate meets them; XFDF in and out."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from playwright.sync_api import expect

from annotations.xfdf import NAMESPACE
from tests.e2e.conftest import DEVICE, Opener, shot
from tests.e2e.test_marks import MARKS, count, read, saved, until
from tests.e2e.test_sharing import open_layers
from tests.harness.papers import reviewed
from tests.harness.server import RunningServer

TITLE = "Dự thảo gửi lấy ý kiến lần hai"
XFDF = (
    f'<xfdf xmlns="{NAMESPACE}"><annots><text page="0" rect="400,700,424,724" name="n-1" '
    'title="Sở Y tế" color="#FFD84D"><contents>Xem lại Điều 3</contents></text></annots></xfdf>'
)


@pytest.fixture(scope="module", autouse=True)
def paper_with_remarks(demo: RunningServer) -> None:
    """A paper of the running session whose PDF two units have written into."""
    headers = {"Origin": demo.base}
    with httpx.Client(base_url=demo.base + "/api", headers=headers, timeout=60) as http:
        body = {"tile": "secretary", "device": {"id": DEVICE, "label": "test"}}
        assert http.post("/demo/enter", json=body).status_code == 200
        meetings = [one["meeting"] for one in http.get("/meetings").json()["meetings"]]
        running = next(one["id"] for one in meetings if one["state"] == "in_session")
        card = http.post(f"/meetings/{running}/documents", json={"title": TITLE}).json()
        sent = http.put(f"/documents/{card['id']}/file?name=a.pdf", content=reviewed())
        assert sent.status_code == 200, sent.text

        def ready() -> bool:
            return bool(http.get(f"/documents/{card['id']}").json()["card"]["state"] == "ready")

        until(ready, 60)


def test_remarks_of_the_file_are_seen_hidden_and_read_only(window: Opener) -> None:
    tablet = read(window, "delegate", TITLE)
    page = tablet.page
    remark = page.locator(MARKS + "[data-kind=highlight]")
    expect(remark).to_have_count(1)
    place = remark.bounding_box()
    assert place is not None
    page.touchscreen.tap(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(page.get_by_test_id("selection-author")).to_have_text("Sở Tài chính")
    expect(page.get_by_test_id("selection-delete")).to_have_count(0)
    page.get_by_test_id("selection-thread").click()
    thread = page.get_by_test_id("thread")
    expect(thread).to_contain_text("Đề nghị làm rõ nguồn vốn")
    expect(thread).to_contain_text("Đã bổ sung")
    expect(thread.get_by_test_id("answer")).to_have_count(0)
    shot(page, "file-marks-thread")
    page.get_by_test_id("sheet-close").click()
    open_layers(page)
    layer = page.locator("[data-testid=layer][data-kind=imported]")
    expect(layer).to_contain_text("Có sẵn trong tệp")
    layer.get_by_test_id("layer-seen").click()
    expect(remark).to_have_count(0)
    shot(page, "file-marks-layers")
    layer.get_by_test_id("layer-seen").click()
    expect(remark).to_have_count(1)


def test_marks_come_and_leave_as_xfdf(window: Opener, tmp_path: Path) -> None:
    tablet = read(window, "operator", TITLE)
    page = tablet.page
    before = count(page, "note")
    page.get_by_test_id("open-menu").tap()
    expect(page.get_by_test_id("file-marks")).to_contain_text("2")
    shot(page, "view-menu-xfdf")
    source = {"name": "a.xfdf", "mimeType": "application/vnd.adobe.xfdf", "buffer": XFDF.encode()}
    page.get_by_test_id("take-marks").set_input_files([source])  # type: ignore[list-item]
    expect(page.get_by_test_id("toast")).to_contain_text("1")
    until(lambda: count(page, "note") == before + 1)
    saved(page)
    page.get_by_test_id("open-menu").tap()
    with page.expect_download() as waiting:
        page.get_by_test_id("download-xfdf").tap()
    root = ElementTree.fromstring(Path(waiting.value.path()).read_bytes())
    (note,) = root.findall(f".//{{{NAMESPACE}}}text")
    assert (note.attrib["name"], note.attrib["title"]) == ("n-1", "Sở Y tế")
    assert waiting.value.suggested_filename == "a.xfdf"
