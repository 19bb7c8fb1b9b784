"""A paper that people had seen is withdrawn; what a delegate wrote on it stays in their list."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import PORTRAIT, Opener, shot
from tests.e2e.test_marks import saved
from tests.e2e.test_notes import note_at, to_notes
from tests.e2e.test_pages import faults
from tests.e2e.test_secretary import confirm, invite, prepare, send_paper
from tests.harness.papers import paper

MEETING = "Phiên họp có tài liệu được rút lại"
REPLACED = "Phiên họp có tài liệu thay giữa chừng"
KEPT = "Giữ nguyên điều 3 của bản này"
NOTE = "Số liệu trang này cần đối chiếu lại"


def test_a_withdrawn_paper_leaves_the_notes_on_it(window: Opener, tmp_path: Path) -> None:
    secretary, delegate = window(), window(viewport=PORTRAIT)
    secretary.enter("secretary")
    delegate.enter("delegate")
    page, other = secretary.page, delegate.page
    prepare(page, MEETING)
    invite(page, "vu dinh thuong")
    file = tmp_path / "bao-cao.pdf"
    file.write_bytes(paper(1))
    send_paper(page, file)
    expect(page.locator('[data-testid=document][data-state="ready"]')).to_have_count(1)
    confirm(page, "issue")
    other.get_by_test_id("meeting-card").filter(has_text=MEETING).first.tap()
    other.get_by_test_id("document-row").first.tap()
    expect(other.get_by_test_id("document-view")).to_be_visible()
    note_at(other, NOTE, 0.5, 0.3)
    saved(other)
    page.get_by_test_id("edit-document").first.tap()
    page.get_by_test_id("document-delete").tap()
    expect(page.get_by_test_id("question")).to_contain_text("danh sách ghi chú của người đó")
    shot(page, "withdraw")
    page.get_by_test_id("question-confirm").tap()
    expect(page.get_by_test_id("document")).to_have_count(0)
    to_notes(other)
    papers = other.get_by_test_id("notes-document").filter(has_text=NOTE)
    expect(papers.get_by_test_id("notes-withdrawn")).to_be_visible()
    expect(papers.get_by_test_id("note-line")).to_have_count(1)
    expect(papers.locator("a")).to_have_count(0)
    shot(other, "notes-withdrawn")
    assert faults(other) == []


def test_a_paper_that_is_replaced_under_the_hand_says_where_the_notes_are(
    window: Opener, tmp_path: Path
) -> None:
    secretary, delegate = window(), window(viewport=PORTRAIT)
    secretary.enter("secretary")
    delegate.enter("delegate")
    page, other = secretary.page, delegate.page
    prepare(page, REPLACED)
    invite(page, "vu dinh thuong")
    file, newer = tmp_path / "bao-cao.pdf", tmp_path / "bao-cao-2.pdf"
    file.write_bytes(paper(1))
    newer.write_bytes(paper(2))
    send_paper(page, file)
    expect(page.locator('[data-testid=document][data-state="ready"]')).to_have_count(1)
    confirm(page, "issue")
    other.get_by_test_id("meeting-card").filter(has_text=REPLACED).first.tap()
    other.get_by_test_id("document-row").first.tap()
    expect(other.get_by_test_id("document-view")).to_be_visible()
    note_at(other, KEPT, 0.5, 0.3)
    saved(other)
    expect(other.get_by_test_id("replaced")).to_have_count(0)
    page.get_by_test_id("edit-document").first.tap()
    page.get_by_test_id("document-file").set_input_files(str(newer))
    page.get_by_test_id("document-save").tap()
    expect(other.get_by_test_id("replaced")).to_contain_text("bản 2")
    shot(other, "replaced")
    other.get_by_test_id("replaced-seen").tap()
    expect(other.get_by_test_id("replaced")).to_have_count(0)
    to_notes(other)
    papers = other.get_by_test_id("notes-document").filter(has_text=KEPT)
    expect(papers.get_by_test_id("note-line")).to_have_count(1)
