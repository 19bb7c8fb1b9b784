"""A secretary's path, thin but whole; the delegates see each step without a refresh."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, shot
from tests.harness.papers import paper

TITLE = "Phiên họp chuyên đề về nhà ở xã hội và tái định cư vùng sạt lở các xã miền núi"
FINANCE = "Vũ Đình Thường"


def confirm(page: Page, step: str) -> None:
    """Take a step of the meeting and confirm it."""
    page.get_by_test_id(f"step-{step}").tap()
    page.get_by_test_id("question-confirm").tap()


def prepare(page: Page, title: str = TITLE) -> None:
    """A meeting with its head and one agenda item."""
    page.get_by_test_id("create-meeting").tap()
    page.get_by_test_id("meeting-title-field").fill(title)
    page.get_by_test_id("meeting-place").fill("Phòng họp số 3")
    page.get_by_test_id("choose-chair").tap()
    page.get_by_test_id("people-search").fill("trinh khai hoan")
    found = page.get_by_test_id("found-person").filter(has_text="Trịnh Khải Hoàn")
    found.get_by_test_id("pick-chair").tap()
    page.get_by_test_id("meeting-create").tap()
    expect(page.get_by_test_id("meeting-page")).to_have_attribute("data-state", "draft")
    expect(page.get_by_test_id("agenda-empty")).to_be_visible()
    shot(page, "meeting-empty")
    page.get_by_test_id("add-item").first.tap()
    page.get_by_test_id("item-title").fill("Báo cáo tiến độ các khu tái định cư")
    page.get_by_test_id("item-minutes").fill("30")
    page.get_by_test_id("item-save").tap()
    expect(page.get_by_test_id("agenda-item")).to_have_count(1)


def invite(page: Page, words: str) -> None:
    """Put a person on the list, found without diacritics."""
    page.get_by_test_id("choose-people").tap()
    page.get_by_test_id("people-search").fill(words)
    found = page.get_by_test_id("found-person").filter(has_text=FINANCE)
    found.get_by_test_id("add-person").tap()
    shot(page, "people")
    page.get_by_test_id("people-done").tap()


def name_presenter(page: Page) -> None:
    """Say who presents the first item; what is printed follows."""
    page.get_by_test_id("edit-item").first.tap()
    account = page.get_by_test_id("item-presenter-account")
    wanted = account.locator("option").filter(has_text=FINANCE).get_attribute("value")
    account.select_option(wanted)
    expect(page.get_by_test_id("item-presenter")).to_have_value(re.compile(FINANCE))
    shot(page, "item")
    page.get_by_test_id("item-save").tap()
    expect(page.get_by_test_id("agenda-item").first).to_contain_text(FINANCE)
    page.get_by_test_id("edit-item").first.tap()
    expect(page.get_by_test_id("item-presenter-account")).to_have_value(str(wanted))
    page.keyboard.press("Escape")


def send_paper(page: Page, file: Path) -> None:
    """Attach a PDF to the first item."""
    page.get_by_test_id("add-document").first.tap()
    page.get_by_test_id("document-file").set_input_files(str(file))
    page.get_by_test_id("document-title").fill("Báo cáo tiến độ")
    page.get_by_test_id("document-sharing").locator("[data-value=people]").tap()
    page.get_by_test_id("document-save").tap()


def test_a_meeting_from_draft_to_closed(window: Opener, tmp_path: Path) -> None:
    secretary, delegate = window(), window(viewport=PORTRAIT)
    secretary.enter("secretary")
    delegate.enter("delegate")
    page = secretary.page
    prepare(page)
    invite(page, "vu dinh thuong")
    expect(page.get_by_test_id("participants")).to_contain_text(FINANCE)
    name_presenter(page)
    good = tmp_path / "bao-cao.pdf"
    good.write_bytes(paper(3))
    send_paper(page, good)
    expect(page.locator('[data-testid=document][data-state="ready"]')).to_have_count(1)
    shot(page, "secretary")
    page.get_by_test_id("edit-document").first.tap()
    sharing = page.get_by_test_id("document-sharing").locator("[data-value=people] input")
    expect(sharing).to_be_checked()
    page.keyboard.press("Escape")
    card = delegate.page.get_by_test_id("meeting-card").filter(has_text=TITLE)
    expect(card).to_have_count(0)
    confirm(page, "issue")
    expect(card).to_have_count(1)
    card.first.tap()
    state = delegate.page.get_by_test_id("meeting-page")
    expect(state).to_have_attribute("data-state", "issued")
    for step, reached in (("open", "in_session"), ("close", "closed")):
        confirm(page, step)
        expect(state).to_have_attribute("data-state", reached)


def test_a_file_that_is_no_pdf_is_refused_in_words(window: Opener, tmp_path: Path) -> None:
    secretary = window()
    secretary.enter("secretary")
    prepare(secretary.page)
    bad = tmp_path / "trang.pdf"
    bad.write_bytes(b"<html>not a pdf</html>")
    send_paper(secretary.page, bad)
    refusal = secretary.page.get_by_test_id("document-refusal").first
    expect(refusal).to_be_visible()
    expect(refusal).to_contain_text("PDF")


def test_a_refused_replacement_says_so_on_the_card(window: Opener, tmp_path: Path) -> None:
    secretary = window()
    secretary.enter("secretary")
    page = secretary.page
    prepare(page, "Phiên họp có tài liệu được thay thế")
    good, bad = tmp_path / "bao-cao.pdf", tmp_path / "thay-the.pdf"
    good.write_bytes(paper(1))
    bad.write_bytes(b"%PDF-1.7\n<!DOCTYPE html><html><body>x</body></html>")
    send_paper(page, good)
    document = page.locator('[data-testid=document][data-state="ready"]')
    expect(document).to_have_count(1)
    page.get_by_test_id("edit-document").first.tap()
    page.get_by_test_id("document-file").set_input_files(str(bad))
    page.get_by_test_id("document-save").tap()
    expect(page.get_by_test_id("replacement-refused")).to_contain_text("thay-the.pdf")
    expect(document).to_have_count(1)
    shot(page, "replacement-refused")
