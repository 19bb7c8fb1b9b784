"""One person, two tablets, one of them in a tunnel: words are never written over words."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Opener, Window
from tests.e2e.test_marks import saved, take, until
from tests.e2e.test_open_cards import NOTES, begin_note, open_letter, open_note

AUTHOR, ALONE = "pgd.taichinh", "gd.khobac"
"""Nobody else writes on this paper as they."""


def add(tablet: Window, words: str) -> None:
    """Opens the one note and writes on."""
    page = tablet.page
    field = open_note(page)
    field.press("End")
    field.press_sequentially(f" {words}")
    page.get_by_test_id("note-done").click()


def test_one_person_two_tablets_both_texts_of_a_private_note_are_kept(window: Opener) -> None:
    here, there = open_letter(window, AUTHOR), open_letter(window, AUTHOR)
    begin_note(here.page, "Nguồn vốn")
    here.page.get_by_test_id("note-done").click()
    take(here.page, "hand")
    saved(here.page)
    expect(there.page.locator(NOTES)).to_have_count(1)
    there.line.cut()
    add(there, "cần hỏi Sở Tài chính cho rõ")
    add(there, "trước ngày mười lăm")
    saved(there.page, 2)
    add(here, "đã có trong dự toán")
    saved(here.page)
    there.line.mend()
    page = there.page
    expect(page.get_by_test_id("refused-badge")).to_have_text("1")
    page.get_by_test_id("mark-status").click()
    item = page.get_by_test_id("refused-item")
    expect(item).to_have_attribute("data-code", "conflict")
    expect(item).to_contain_text("Nguồn vốn cần hỏi Sở Tài chính cho rõ trước ngày mười lăm")
    expect(item).to_contain_text("Nguồn vốn đã có trong dự toán")
    page.get_by_test_id("refused-both").click()
    expect(item).to_have_count(0)
    both = (
        "Nguồn vốn đã có trong dự toán\n\nNguồn vốn cần hỏi Sở Tài chính cho rõ trước ngày mười lăm"
    )
    for tablet in (here, there):
        until(lambda page=tablet.page: page.locator(NOTES + " title").text_content() == both)


def test_typing_on_in_a_tunnel_is_no_conflict_with_oneself(window: Opener) -> None:
    tablet = open_letter(window, ALONE)
    page = tablet.page
    begin_note(page, "Một")
    page.get_by_test_id("note-done").click()
    take(page, "hand")
    saved(page)
    tablet.line.cut()
    add(tablet, "hai ba bốn")
    add(tablet, "năm sáu")
    tablet.line.mend()
    add(tablet, "bảy tám")
    saved(page)
    expect(page.get_by_test_id("refused-badge")).to_have_count(0)
    expect(page.locator(NOTES + " title")).to_have_text("Một hai ba bốn năm sáu bảy tám")
