"""Remarks that a paper's file brings along, as a delegate meets them; XFDF in and out."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import httpx
import pikepdf
import pytest
from playwright.sync_api import expect

from annotations.limits import MAX_IMPORTED
from annotations.xfdf import NAMESPACE
from tests.e2e.conftest import DEVICE, Opener, shot
from tests.e2e.pen import across, draw, page_box, resting_box
from tests.e2e.test_marks import MARKS, count, read, saved, take, until
from tests.e2e.test_sharing import open_layers, still
from tests.harness.papers import CROWDED_PAGES, crowded, reviewed
from tests.harness.server import RunningServer

TITLE = "Dự thảo gửi lấy ý kiến lần hai"
XFDF = (
    f'<xfdf xmlns="{NAMESPACE}"><annots><text page="0" rect="400,700,424,724" name="n-1" '
    'title="Sở Y tế" color="#FFD84D"><contents>Xem lại Điều 3</contents></text></annots></xfdf>'
)


@pytest.fixture(scope="module", autouse=True)
def paper_with_remarks(demo: RunningServer) -> None:
    """A paper of the running session whose PDF two units have written into."""
    add_paper(demo, TITLE, reviewed())


def add_paper(demo: RunningServer, title: str, content: bytes) -> None:
    """Hand a paper in to the running session, and wait until it has been read."""
    headers = {"Origin": demo.base}
    with httpx.Client(base_url=demo.base + "/api", headers=headers, timeout=120) as http:
        body = {"tile": "secretary", "device": {"id": DEVICE, "label": "test"}}
        assert http.post("/demo/enter", json=body).status_code == 200
        meetings = [one["meeting"] for one in http.get("/meetings").json()["meetings"]]
        running = next(one["id"] for one in meetings if one["state"] == "in_session")
        card = http.post(f"/meetings/{running}/documents", json={"title": title}).json()
        sent = http.put(f"/documents/{card['id']}/file?name=a.pdf", content=content)
        assert sent.status_code == 200, sent.text

        def ready() -> bool:
            return bool(http.get(f"/documents/{card['id']}").json()["card"]["state"] == "ready")

        until(ready, 120)


def test_remarks_of_the_file_are_seen_hidden_and_read_only(window: Opener) -> None:
    tablet = read(window, "delegate", TITLE)
    page = tablet.page
    remark = page.locator(MARKS + "[data-kind=highlight]")
    expect(remark).to_have_count(1)
    place = resting_box(remark)
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
    expect(layer.get_by_test_id("file-left")).to_contain_text("2")
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


def test_the_layers_that_go_into_the_pdf_are_chosen(window: Opener) -> None:
    tablet = read(window, "guest", TITLE, color_scheme="dark")
    page = tablet.page

    def kinds() -> list[str]:
        with page.expect_download() as waiting:
            page.get_by_test_id("take-chosen").click()
        with pikepdf.open(waiting.value.path()) as pdf:
            return [str(one.Subtype) for one in pdf.pages[0].obj.get("/Annots", [])]

    expect(page.locator(MARKS + "[data-kind=highlight]")).to_have_count(1)
    page.get_by_test_id("open-menu").tap()
    page.get_by_test_id("download-layers").tap()
    sheet = page.get_by_test_id("take-layers")
    expect(sheet.get_by_role("checkbox")).to_have_count(2)
    still(page, "take-layers")
    assert "/Highlight" in kinds()
    page.get_by_test_id("open-menu").tap()
    page.get_by_test_id("download-layers").tap()
    sheet.locator("[data-kind=imported] input").uncheck()
    assert "/Highlight" not in kinds()
    # What is hidden on the pages is not taken along unasked.
    open_layers(page)
    page.locator("[data-testid=layer][data-kind=imported]").get_by_test_id("layer-seen").click()
    page.get_by_test_id("open-menu").tap()
    page.get_by_test_id("download-layers").tap()
    expect(sheet.locator("[data-kind=imported] input")).not_to_be_checked()
    sheet.locator("[data-kind=private] input").uncheck()
    expect(sheet.get_by_role("button", name="Hãy chọn một lớp")).to_be_disabled()


def test_a_paper_with_thousands_of_marks_opens(demo: RunningServer, window: Opener) -> None:
    open_crowded(demo, window, 2_000)


@pytest.mark.proof  # reading and drawing fifty thousand takes longer than a test should
def test_a_paper_with_fifty_thousand_annotations_opens(demo: RunningServer, window: Opener) -> None:
    open_crowded(demo, window, 50_000)


def open_crowded(demo: RunningServer, window: Opener, marks: int) -> None:
    """Through the real upload onto a tablet: what became a layer is drawn, the rest is told."""
    title = f"Bảng rà soát {marks} ô"
    add_paper(demo, title, crowded(marks))
    tablet = read(window, "operator", title)
    page = tablet.page
    taken = min(marks, MAX_IMPORTED)
    on_first = min(taken, marks // CROWDED_PAGES)
    expect(page.locator(MARKS + "[data-kind=rectangle]")).to_have_count(on_first, timeout=120_000)
    page.get_by_test_id("open-menu").tap()
    expect(page.get_by_test_id("file-marks")).to_contain_text(str(taken))
    page.keyboard.press("Escape")
    open_layers(page)
    over = page.locator("[data-testid=layer][data-kind=imported]").get_by_test_id("file-over")
    if marks > taken:
        expect(over).to_contain_text(str(marks - taken))
        still(page, "file-marks-over")
    else:
        expect(over).to_have_count(0)
    take(page, "pen")
    draw(page, across(page_box(page), 0.5))
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    saved(page)
