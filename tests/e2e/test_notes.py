"""The list of my marks: found, filtered, jumped from, and there without a network."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_delegate import set_pin
from tests.e2e.test_marks import read, saved, take
from tests.e2e.test_pages import faults
from tests.e2e.test_secretary import confirm, invite, prepare

REPORT = "Báo cáo tình hình kinh tế"
GOING = "Phiên họp mà ghi chú được xóa năm ngày sau khi bế mạc theo quy chế của đơn vị"
NOTE = "Hỏi lại Sở Tài chính về số liệu đường vành đai"


def note_at(page: Page, words: str, x: float, y: float) -> None:
    """A note with these words, at a fraction of the page on the screen."""
    take(page, "note")
    box = page_box(page)
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.get_by_test_id("note-body").fill(words)
    page.get_by_test_id("note-done").tap()
    expect(page.get_by_test_id("note-card")).to_have_count(0)


def write_some(tablet: Window) -> None:
    """Two strokes of one scribble and a note on the first page of the report."""
    page = tablet.page
    take(page, "pen")
    box = page_box(page)
    draw(page, across(box, 0.32))
    draw(page, across(box, 0.35))
    note_at(page, NOTE, 0.7, 0.5)
    saved(page)


def to_notes(page: Page) -> None:
    page.evaluate("location.hash = '#/'")
    page.get_by_test_id("my-notes").tap()
    expect(page.get_by_test_id("notes-page")).to_be_visible()


def test_my_marks_are_listed_found_and_lead_back_to_their_page(window: Opener) -> None:
    tablet = window(viewport=PORTRAIT)
    tablet.sign_in("gd.congan")
    tablet.open_paper(REPORT)
    write_some(tablet)
    page = tablet.page
    to_notes(page)
    lines = page.get_by_test_id("note-line")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text=NOTE)).to_have_count(1)
    expect(page.locator("[data-testid=note-line] svg path").last).to_be_visible()
    shot(page, "notes")
    assert faults(page) == []
    page.get_by_test_id("find-notes").fill("duong vanh dai")
    expect(lines).to_have_count(1)
    page.get_by_test_id("find-notes").fill("không có gì như thế")
    expect(page.get_by_test_id("notes-nothing")).to_be_visible()
    shot(page, "notes-nothing")
    page.get_by_test_id("find-notes").fill("")
    page.locator("[data-testid=notes-kind] [data-value=drawing]").tap()
    expect(lines).to_have_count(1)
    lines.first.tap()
    expect(page.get_by_test_id("document-view")).to_be_visible()
    expect(page.locator("[data-testid=mark-overlay] [data-kind=ink]").first).to_be_visible()
    page.go_back()
    expect(lines).to_have_count(1)
    page.get_by_test_id("back-home").tap()
    page.get_by_test_id("group-now").get_by_test_id("meeting-card").first.tap()
    page.get_by_test_id("notes-way").tap()
    expect(lines).to_have_count(2)


def test_an_empty_list_says_what_to_do(window: Opener) -> None:
    tablet = window()
    tablet.enter("admin")
    to_notes(tablet.page)
    expect(tablet.page.get_by_test_id("notes-empty")).to_be_visible()
    shot(tablet.page, "notes-empty")
    assert faults(tablet.page) == []


def test_without_a_network_the_list_shows_what_lies_on_the_tablet(window: Opener) -> None:
    tablet = window(color_scheme="dark")
    tablet.sign_in("gd.yte")
    set_pin(tablet.page)
    tablet.open_paper("Dự thảo Nghị quyết")
    write_some(tablet)
    page = tablet.page
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.line.cut()
    take(page, "pen")
    draw(page, across(page_box(page), 0.2))
    expect(page.get_by_test_id("mark-status")).to_have_attribute("data-unsent", "1")
    to_notes(page)
    expect(page.get_by_test_id("notes-alone")).to_be_visible()
    paper = page.get_by_test_id("notes-document").filter(has_text="Dự thảo Nghị quyết")
    expect(paper.get_by_test_id("note-line")).to_have_count(3)
    page.get_by_test_id("find-notes").fill("so lieu")
    expect(page.get_by_test_id("note-line").filter(has_text=NOTE)).not_to_have_count(0)
    shot(page, "notes-offline")
    tablet.line.mend()
    expect(page.get_by_test_id("notes-alone")).to_have_count(0)
    page.get_by_test_id("find-notes").fill("")
    expect(paper.get_by_test_id("note-line")).to_have_count(3)


def test_the_list_is_taken_away_as_pdf_and_word(window: Opener) -> None:
    tablet = read(window, "approver", REPORT)
    words = "Đề nghị làm rõ nguồn vốn đối ứng"
    note_at(tablet.page, words, 0.5, 0.3)
    saved(tablet.page)
    to_notes(tablet.page)
    expect(tablet.page.get_by_test_id("note-line").filter(has_text=words)).to_have_count(1)
    for form, magic in (("pdf", b"%PDF-"), ("docx", b"PK")):
        with tablet.page.expect_download() as waiting:
            tablet.page.get_by_test_id(f"print-{form}").tap()
        assert waiting.value.suggested_filename == f"Ghi chú của tôi.{form}"
        assert waiting.value.path().read_bytes().startswith(magic)


def test_everybody_is_warned_before_marks_are_deleted(window: Opener) -> None:
    """From the secretary's choice to the warning on the delegate's meeting, lists and notes."""
    secretary, delegate = window(), window(viewport=PORTRAIT)
    secretary.enter("secretary")
    delegate.enter("delegate")
    prepare(secretary.page, GOING)
    invite(secretary.page, "vu dinh thuong")
    page, other = secretary.page, delegate.page
    expect(page.get_by_test_id("marks-plan")).to_contain_text("được giữ lại")
    page.get_by_test_id("retention").tap()
    page.locator("[data-testid=retention-rule] [data-value=purge_after_days]").tap()
    page.get_by_test_id("retention-days").fill("0")
    expect(page.get_by_test_id("retention-save")).to_be_disabled()
    page.get_by_test_id("retention-days").fill("5")
    shot(page, "retention")
    assert faults(page) == []
    page.get_by_test_id("retention-save").tap()
    expect(page.get_by_test_id("marks-plan")).to_contain_text("5 ngày sau khi bế mạc")
    confirm(page, "issue")
    card = other.get_by_test_id("meeting-card").filter(has_text=GOING)
    card.first.tap()
    expect(other.get_by_test_id("meeting-page")).to_have_attribute("data-state", "issued")
    expect(other.get_by_test_id("purge-warning")).to_have_count(0)
    confirm(page, "open")
    page.get_by_test_id("step-close").tap()
    expect(page.get_by_test_id("question")).to_contain_text("sẽ bị xóa")
    page.get_by_test_id("question-confirm").tap()
    expect(other.get_by_test_id("purge-warning")).to_be_visible()
    shot(other, "purge-warning")
    assert faults(other) == []
    other.get_by_test_id("back-home").tap()
    expect(card.first.get_by_test_id("marks-go")).to_be_visible()
    shot(other, "home-purge")
    other.get_by_test_id("my-notes").tap()
    expect(other.get_by_test_id("purge-warning").filter(has_text=GOING)).to_be_visible()
