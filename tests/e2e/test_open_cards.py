"""A note that is open while the tablet locks, goes to somebody else, or another device writes."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from server.demo.seed import PASSWORD
from tests.e2e.conftest import Opener, Window
from tests.e2e.pen import click_on, page_box
from tests.e2e.test_delegate import set_pin, unlock
from tests.e2e.test_marks import MARKS, saved, take, take_rare, until
from tests.e2e.test_sharing import answer, name_of, note, open_thread, share

LETTER, SCAN = "Tờ trình điều chỉnh", "rà soát các dự án có sử dụng đất"
NOTES, TEXTS = MARKS + "[data-kind=note]", MARKS + "[data-kind=free_text]"
LOCKED, FIRST, SECOND, TWICE = "gd.khoahoc", "chanhthanhtra", "gd.tuphap", "gd.yte"
ASKS, ANSWERS, BOTH = "pgd.datdai", "gd.dantoc", "tr.thue"

MOVABLE_CLOCK = """(() => {
  const now = Date.now.bind(Date);
  window.ahead = 0;
  Date.now = () => now() + window.ahead;
})()"""
UNTOUCHED = """() => {
  window.ahead = 5 * 60 * 60 * 1000;
  document.dispatchEvent(new Event('visibilitychange'));
  window.ahead = 0;
}"""
"""Five hours without a touch, and then somebody looks."""
HIDDEN = """() => {
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
  delete document.hidden;
}"""
"""All that iPadOS says before it throws a tab away."""


def sign_in(window: Opener, account: str) -> Window:
    """A tablet whose clock can be moved, of somebody on whose papers no other test writes."""
    tablet = window()
    tablet.page.add_init_script(MOVABLE_CLOCK)
    tablet.sign_in(account)
    return tablet


def open_letter(window: Opener, account: str) -> Window:
    """A tablet that shows the letter."""
    tablet = sign_in(window, account)
    tablet.open_paper(LETTER)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    return tablet


def begin_note(page: Page, words: str) -> None:
    """A new note on the page, left open."""
    take(page, "note")
    box = page_box(page)
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3)
    page.get_by_test_id("note-body").press_sequentially(words)


def open_note(page: Page) -> Locator:
    """The field of the one note on the page."""
    expect(page.locator(NOTES)).to_have_count(1)
    click_on(page.locator(NOTES))
    return page.get_by_test_id("note-body")


def test_a_note_being_written_when_the_tablet_locks_is_there_after_the_pin(window: Opener) -> None:
    tablet = sign_in(window, LOCKED)
    set_pin(tablet.page)
    tablet.open_paper(LETTER)
    page = tablet.page
    begin_note(page, "Cần hỏi thêm Sở Tài chính")
    page.evaluate(UNTOUCHED)
    unlock(page)
    expect(page.locator("[data-testid=pages] canvas").first).to_be_visible()
    expect(page.get_by_test_id("note-card")).to_have_count(0)
    field = open_note(page)
    expect(field).to_have_value("Cần hỏi thêm Sở Tài chính")
    # Written on, locked once more: not what it was when the card was opened.
    field.press_sequentially(" về nguồn vốn")
    page.evaluate(UNTOUCHED)
    unlock(page)
    expect(open_note(page)).to_have_value("Cần hỏi thêm Sở Tài chính về nguồn vốn")
    page.get_by_test_id("note-done").click()
    saved(page)
    expect(page.locator(NOTES)).to_have_count(1)


def test_nothing_that_one_person_left_open_is_seen_by_the_next(window: Opener) -> None:
    tablet = open_letter(window, FIRST)
    page = tablet.page
    begin_note(page, "Không đồng tình, chưa nên nói")
    page.evaluate("window.same = true")
    leave_to(tablet, SECOND)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_text("chưa nên nói")).to_have_count(0)
    expect(page.locator(NOTES)).to_have_count(0)
    # And the first person's words are kept where they belong.
    leave_to(tablet, FIRST)
    expect(open_note(page)).to_have_value("Không đồng tình, chưa nên nói")
    assert page.evaluate("window.same")


def leave_to(tablet: Window, account: str) -> None:
    """The tablet lies untouched; without a PIN it asks who comes, and the page is not loaded
    anew."""
    page = tablet.page
    page.evaluate(UNTOUCHED)
    expect(page.get_by_test_id("sign-in-page")).to_be_visible()
    expect(page.get_by_test_id("note-card")).to_have_count(0)
    page.evaluate("location.hash = '#/'")
    page.get_by_test_id("username").fill(account)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("password").press("Enter")
    expect(page.get_by_test_id("home")).to_be_visible()
    tablet.open_paper(LETTER)
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()


def test_a_note_that_is_only_looked_at_leaves_what_the_other_device_writes(
    window: Opener,
) -> None:
    here, there = open_letter(window, TWICE), open_letter(window, TWICE)
    begin_note(here.page, "Bổ sung số liệu")
    here.page.get_by_test_id("note-done").click()
    take(here.page, "hand")
    saved(here.page)
    looked = open_note(there.page)
    expect(looked).to_have_value("Bổ sung số liệu")
    field = open_note(here.page)
    field.press("End")
    field.press_sequentially(" quý III")
    here.page.get_by_test_id("note-done").click()
    saved(here.page)
    # The open card goes on with the newest words, and closing it writes nothing.
    expect(looked).to_have_value("Bổ sung số liệu quý III")
    there.page.get_by_test_id("note-done").click()
    saved(there.page)
    until(lambda: here.page.locator(NOTES + " title").text_content() == "Bổ sung số liệu quý III")
    assert there.page.get_by_test_id("undo").count() == 0


def test_words_typed_while_the_other_device_changes_or_deletes_the_note_are_kept(
    window: Opener,
) -> None:
    here, there = open_letter(window, BOTH), open_letter(window, BOTH)
    begin_note(here.page, "Nợ thuế")
    here.page.get_by_test_id("note-done").click()
    take(here.page, "hand")
    saved(here.page)
    begun = open_note(there.page)
    expect(begun).to_have_value("Nợ thuế")
    # What others have not seen yet is typed within one pause.
    there.line.cut()
    begun.press("End")
    begun.press_sequentially(" tăng")
    field = open_note(here.page)
    field.press("End")
    field.press_sequentially(" giảm")
    here.page.get_by_test_id("note-done").click()
    saved(here.page)
    there.line.mend()
    there.page.get_by_test_id("note-done").click()
    badge = there.page.get_by_test_id("refused-badge")
    expect(badge).to_have_text("1")
    there.page.get_by_test_id("mark-status").click()
    item = there.page.get_by_test_id("refused-item")
    expect(item).to_contain_text("Nợ thuế tăng")
    expect(item).to_contain_text("Nợ thuế giảm")
    there.page.get_by_test_id("refused-both").click()
    expect(item).to_have_count(0)
    there.page.get_by_test_id("sheet-close").click()
    saved(there.page)
    title = NOTES + " title"
    until(lambda: here.page.locator(title).text_content() == "Nợ thuế giảm\n\nNợ thuế tăng")

    begun = open_note(there.page)
    open_note(here.page)
    here.page.get_by_test_id("note-delete").click()
    saved(here.page)
    expect(there.page.locator(NOTES)).to_have_count(0)
    begun.press_sequentially("Vẫn cần: ")
    expect(there.page.get_by_test_id("toast").filter(has_text="ghi chú riêng")).to_be_visible()
    there.page.get_by_test_id("note-done").click()
    saved(there.page)
    expect(here.page.locator(NOTES)).to_have_count(1)
    until(lambda: "Vẫn cần" in (here.page.locator(title).text_content() or ""))


def test_a_half_written_answer_waits_for_its_author_and_is_sent_by_the_button_alone(
    window: Opener,
) -> None:
    asks, answers = sign_in(window, ASKS), sign_in(window, ANSWERS)
    set_pin(answers.page)
    for tablet in (asks, answers):
        tablet.open_paper(SCAN)
        expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    share(asks, "Rà soát đất nông nghiệp", name_of(answers))
    note(asks.page, "Khu này đã thu hồi chưa?", 0.8, 0.3)
    saved(asks.page)
    page = answers.page
    expect(page.locator(NOTES)).to_have_count(1)
    open_thread(page, NOTES)
    page.get_by_test_id("answer").press_sequentially("Chưa, vì hộ dân")
    page.get_by_test_id("sheet-close").click()
    expect(page.get_by_test_id("toast").filter(has_text="chưa gửi")).to_be_visible()
    open_thread(page, NOTES)
    field = page.get_by_test_id("answer")
    expect(field).to_have_value("Chưa, vì hộ dân")
    field.press_sequentially(" chưa nhận")
    page.evaluate(UNTOUCHED)
    unlock(page)
    expect(page.get_by_test_id("thread")).to_have_count(0)
    page.reload()
    expect(page.locator(NOTES)).to_have_count(1)
    open_thread(page, NOTES)
    expect(field).to_have_value("Chưa, vì hộ dân chưa nhận")
    # Whoever asked has seen nothing of it until now.
    thread = open_thread(asks.page, NOTES)
    expect(thread.get_by_test_id("thread-entry")).to_have_count(1)
    page.get_by_test_id("sheet-close").click()
    answer(page, NOTES, "Chưa, vì hộ dân chưa nhận tiền")
    expect(thread.get_by_test_id("thread-entry")).to_have_count(2)
    expect(thread).to_contain_text("chưa nhận tiền")
    open_thread(page, NOTES)
    expect(field).to_have_value("")
    asks.page.get_by_test_id("sheet-close").click()
    # Text for others leaves when it is done, or at the last moment of a page that is hidden.
    take_rare(asks.page, "tool-text")
    box = page_box(asks.page)
    asks.page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.25)
    asks.page.get_by_test_id("text-editor").press_sequentially("Đề nghị kiểm tra lại")
    expect(asks.page.locator(TEXTS)).to_have_count(0)
    page.get_by_test_id("sheet-close").click()
    expect(page.locator(TEXTS)).to_have_count(0)
    asks.page.evaluate(HIDDEN)
    expect(page.locator(TEXTS)).to_have_count(1)
    expect(asks.page.get_by_test_id("text-editor")).to_be_visible()
