"""What becomes of words on a shared layer when a mark, or the whole layer, is taken away."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window
from tests.e2e.pen import across, draw, page_box
from tests.e2e.test_marks import MARKS, saved, take
from tests.e2e.test_sharing import answer, name_of, note, open_layers, open_thread, share, still

SCAN = "rà soát các dự án có sử dụng đất"
NOTES = MARKS + "[data-kind=note]"
ASKS, ANSWERS = "gd.giaoduc", "gd.congthuong"
OWNER, WRITER = "tr.thongke", "gd.xaydung"
CURIOUS, SLOW = "ch.quansu", "gd.vanhoa"


def read_scan(window: Opener, account: str, **options: object) -> Window:
    """A tablet that shows the scan, of somebody on whose page no other test writes."""
    tablet = window(**options)
    tablet.sign_in(account)
    tablet.open_paper(SCAN)
    expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    return tablet


def open_list(page: Page) -> None:
    """The list of marks beside the page."""
    page.get_by_test_id("open-panel").tap()
    page.get_by_test_id("tab-marks").tap()
    expect(page.get_by_test_id("mark-list")).to_be_visible()


def delete_note(page: Page) -> None:
    """The only note is taken away."""
    open_thread(page, NOTES)
    page.get_by_test_id("thread-delete").click()


def delete_thread(page: Page) -> None:
    """The discussed note is taken away, knowingly."""
    delete_note(page)
    page.get_by_test_id("question-confirm").click()
    expect(page.locator(NOTES)).to_have_count(0)


def test_a_thread_goes_and_comes_with_its_mark_and_nobodys_words_are_lost(window: Opener) -> None:
    asks, answers = read_scan(window, ASKS), read_scan(window, ANSWERS)
    share(asks, "Hỏi về khu đất số 4", name_of(answers))
    note(asks.page, "Khu số 4 đã giao chưa?", 0.8, 0.3)
    saved(asks.page)
    page = answers.page
    expect(page.locator(NOTES)).to_have_count(1)
    answer(page, NOTES, "Đã giao ngoài thực địa hôm 12")
    saved(page)
    expect(open_thread(asks.page, NOTES).get_by_test_id("thread-entry")).to_have_count(2)
    asks.page.get_by_test_id("sheet-close").click()
    answer(asks.page, NOTES, "Cảm ơn anh")
    saved(asks.page)
    delete_thread(asks.page)
    expect(page.locator(NOTES)).to_have_count(0)
    open_list(page)
    mine = page.get_by_test_id("stranded-item")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("Đã giao ngoài thực địa hôm 12")
    still(page, "stranded")
    # Whoever took the mark away withdrew their own answer with it, and reads nothing of others'.
    open_list(asks.page)
    expect(asks.page.get_by_test_id("no-marks")).to_be_visible()
    expect(asks.page.get_by_test_id("stranded-item")).to_have_count(0)
    asks.page.get_by_test_id("undo").click()
    for tablet in (asks, answers):
        expect(tablet.page.get_by_test_id("stranded-item")).to_have_count(0)
        expect(tablet.page.get_by_test_id("mark-row")).to_contain_text("2 trả lời")
    # Taken away once more: the words become a private note, and undo puts them back.
    delete_thread(asks.page)
    page.get_by_test_id("stranded-home").click()
    expect(page.get_by_test_id("stranded-item")).to_have_count(0)
    expect(page.locator(NOTES)).to_have_count(1)
    saved(page)
    take(page, "hand")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("stranded-item")).to_have_count(1)
    expect(page.locator(NOTES)).to_have_count(0)
    page.get_by_test_id("stranded-drop").click()
    expect(page.get_by_test_id("stranded-item")).to_have_count(0)
    saved(page)


def test_the_owner_who_deletes_a_layer_is_told_of_others_work_and_it_comes_home(
    window: Opener,
) -> None:
    owner, writer = read_scan(window, OWNER), read_scan(window, WRITER, viewport=PORTRAIT)
    page = writer.page
    share(owner, "Thẩm tra thực địa", name_of(writer))
    note(owner.page, "Đề nghị mỗi người xem một lô", 0.8, 0.3)
    saved(owner.page)
    expect(page.locator(NOTES)).to_have_count(1)
    answer(page, NOTES, "Tôi nhận lô số 7")
    open_layers(page)
    row = page.get_by_test_id("layer").filter(has_text="Thẩm tra thực địa")
    row.get_by_test_id("write-on").click()
    take(page, "pen")
    draw(page, across(page_box(page), 0.5))
    saved(page)
    expect(owner.page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    open_layers(owner.page)
    mine = owner.page.get_by_test_id("layer").filter(has_text="Thẩm tra thực địa")
    mine.get_by_test_id("layer-more").click()
    owner.page.get_by_test_id("delete-layer").click()
    asked = owner.page.get_by_test_id("question")
    expect(asked).to_contain_text("2 nét và lời của 1 người khác")
    still(owner.page, "layer-delete")
    owner.page.get_by_test_id("question-confirm").click()
    expect(owner.page.locator(MARKS)).to_have_count(0)
    told = page.get_by_test_id("toast").filter(has_text="2 nét và lời của bạn")
    expect(told).to_be_visible()
    # The stroke and the answer are the writer's own now; what the owner wrote is gone.
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    expect(page.locator(NOTES)).to_have_count(1)
    open_list(page)
    rows = page.get_by_test_id("mark-row")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Tôi nhận lô số 7")).to_have_count(1)
    expect(page.get_by_text("mỗi người xem một lô")).to_have_count(0)
    still(page, "marks-home")
    page.reload()
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    expect(page.locator(NOTES)).to_have_count(1)


def test_an_answer_begun_to_a_mark_that_goes_is_found_counted_and_kept(window: Opener) -> None:
    asks, answers = read_scan(window, CURIOUS), read_scan(window, SLOW)
    page = answers.page
    share(asks, "Hỏi về đất quốc phòng", name_of(answers))
    note(asks.page, "Khu này có vướng quy hoạch không?", 0.8, 0.3)
    saved(asks.page)
    expect(page.locator(NOTES)).to_have_count(1)
    open_thread(page, NOTES)
    page.get_by_test_id("answer").press_sequentially("Vướng ở phía bắc, vì")
    page.get_by_test_id("sheet-close").click()
    open_list(page)
    expect(page.get_by_test_id("mark-row")).to_have_count(1)
    expect(page.get_by_test_id("stranded")).to_have_count(0)
    delete_note(asks.page)
    item = page.get_by_test_id("stranded-item")
    expect(item).to_contain_text("Vướng ở phía bắc, vì")
    still(page, "stranded-draft")
    # A sign-out says that it is here, and keeps it for its author.
    page.evaluate("location.hash = '#/'")
    page.get_by_test_id("account").tap()
    page.get_by_test_id("sign-out").tap()
    expect(page.get_by_test_id("sign-out-drafts")).to_contain_text("1 câu trả lời viết dở")
    still(page, "sign-out-drafts")
    page.get_by_test_id("sign-out-confirm").tap()
    expect(page.get_by_test_id("sign-in-page")).to_be_visible()
    answers.sign_in(SLOW)
    answers.open_paper(SCAN)
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()
    open_list(page)
    item.get_by_test_id("stranded-home").click()
    expect(item).to_have_count(0)
    expect(page.locator(NOTES)).to_have_count(1)
    expect(page.get_by_test_id("mark-row")).to_contain_text("Vướng ở phía bắc, vì")
    saved(page)
