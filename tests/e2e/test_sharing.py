"""Layers that people share on a paper, and what the presenter shows to the room."""

from __future__ import annotations

import re
import unicodedata

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PORTRAIT, Opener, Window, shot
from tests.e2e.pen import across, click_on, draw, page_box, resting_box
from tests.e2e.test_marks import MARKS, count, read, saved, take, until

REPORT = "Báo cáo tình hình kinh tế"
DRAFT = "Dự thảo Nghị quyết"
TABLE = "Biểu số liệu"
WRITER, OTHER = "gd.xaydung", "gd.vanhoa"
SCAN = "rà soát các dự án có sử dụng đất"


WATCH_FOR_FLICKER = """() => {
  // Every frame from now on: once a stroke was seen, wet or stored, some of it always is.
  window.gaps = 0;
  const overlay = document.querySelector('[data-testid=mark-overlay][data-page="0"]');
  const ink = () => overlay.querySelectorAll('[data-wet], [data-mark][data-kind=ink]').length;
  const before = ink();
  let seen = false;
  const look = () => {
    if (ink() > before) seen = true;
    else if (seen) window.gaps += 1;
    requestAnimationFrame(look);
  };
  look();
}"""
"""Counts the frames in which a stroke that was there is neither wet nor stored."""


def still(page: Page, name: str) -> None:
    """A screenshot once a sheet has come to rest."""
    page.wait_for_timeout(400)
    shot(page, name)


def name_of(tablet: Window) -> str:
    """Who works at this tablet."""
    me = tablet.page.evaluate("fetch('/api/me').then((answer) => answer.json())")
    return str(me["person"]["name"])


def plain(name: str) -> str:
    """As people type it: no diacritics."""
    bare = unicodedata.normalize("NFD", name).replace("đ", "d").replace("Đ", "d")
    return "".join(one for one in bare if not unicodedata.combining(one)).lower()


def open_layers(page: Page) -> None:
    """The list of layers, from the tools."""
    if page.get_by_test_id("open-tools").is_visible():
        page.get_by_test_id("open-tools").tap()
    page.get_by_test_id("open-layers").click()
    expect(page.get_by_test_id("layer-list")).to_be_visible()


def share(tablet: Window, title: str, with_: str | None = None) -> None:
    """Share a new layer with one person, or with everybody."""
    page = tablet.page
    open_layers(page)
    page.get_by_test_id("new-layer").click()
    page.get_by_test_id("layer-title").fill(title)
    if with_ is None:
        page.get_by_test_id("layer-audience").get_by_text("Mọi người").click()
    else:
        page.get_by_test_id("layer-people-search").fill(plain(with_))
        person = page.get_by_test_id("layer-person").filter(has_text=with_)
        person.click()
        expect(person.get_by_role("checkbox")).to_be_checked()
        still(page, "layer-new")
    page.get_by_test_id("save-layer").click()
    expect(page.get_by_test_id("layer-sheet")).to_have_count(0)
    expect(page.get_by_test_id("writing-on")).to_contain_text(title)


def note(page: Page, words: str, x: float, y: float) -> None:
    """A sticky note on the page."""
    take(page, "note")
    box = page_box(page)
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.get_by_test_id("note-body").fill(words)
    page.get_by_test_id("note-done").click()
    take(page, "hand")


def test_two_people_discuss_on_a_layer_that_a_third_does_not_see(window: Opener) -> None:
    lan, minh = read(window, "delegate", REPORT), read(window, "guest", REPORT, viewport=PORTRAIT)
    other = read(window, "operator", REPORT)
    start = count(other.page)
    share(lan, "Góp ý của Tổ thẩm tra", name_of(minh))
    expect(minh.page.get_by_test_id("toast")).to_contain_text("Góp ý của Tổ thẩm tra")
    note(lan.page, "Số liệu quý III chưa khớp biểu 02", 0.8, 0.2)
    saved(lan.page)
    icon = minh.page.locator(MARKS + "[data-kind=note]")
    expect(icon).to_have_count(1)
    place = resting_box(icon)
    minh.page.touchscreen.tap(place["x"] + 8, place["y"] + 8)
    thread = minh.page.get_by_test_id("thread")
    expect(thread).to_contain_text("Số liệu quý III")
    expect(thread).to_contain_text(name_of(lan))
    minh.page.get_by_test_id("answer").fill("Đã đối chiếu, sẽ sửa ở bản sau ạ")
    minh.page.get_by_test_id("send-answer").click()
    expect(thread.get_by_test_id("thread-entry")).to_have_count(2)
    # One's own answer is written anew; another's words are not one's own to change.
    expect(thread.get_by_test_id("edit-words")).to_have_count(0)
    thread.get_by_test_id("edit-answer").click()
    still(minh.page, "thread-editing")
    minh.page.get_by_test_id("thread-words").fill("Đã đối chiếu biểu 02, sẽ sửa ở bản sau ạ")
    minh.page.get_by_test_id("keep-words").click()
    expect(thread).to_contain_text("đối chiếu biểu 02")
    still(minh.page, "thread")
    minh.page.get_by_test_id("resolve").click()
    saved(minh.page)
    expect(lan.page.locator(MARKS + ".resolved")).to_have_count(1)
    click_on(lan.page.locator(MARKS + "[data-kind=note]"))
    expect(lan.page.get_by_test_id("thread")).to_contain_text("biểu 02, sẽ sửa ở bản sau")
    expect(lan.page.get_by_test_id("edit-answer")).to_have_count(0)
    expect(lan.page.get_by_test_id("thread")).to_contain_text(name_of(minh))
    still(lan.page, "thread-resolved")
    lan.page.get_by_test_id("resolve").click()
    expect(lan.page.locator(MARKS + ".resolved")).to_have_count(0)
    lan.page.get_by_test_id("sheet-close").click()
    open_layers(lan.page)
    still(lan.page, "layers")
    assert count(other.page) == start
    open_layers(other.page)
    still(other.page, "layers-alone")
    expect(other.page.get_by_test_id("layer").filter(has_text="Tổ thẩm tra")).to_have_count(0)


def test_who_is_taken_off_a_layer_loses_it_at_once_and_keeps_unsent_work(window: Opener) -> None:
    owner, guest = read(window, "approver", DRAFT), read(window, "second_delegate", DRAFT)
    page = guest.page
    share(owner, "Ý kiến nhóm", name_of(guest))
    open_layers(page)
    page.get_by_test_id("layer").filter(has_text="Ý kiến nhóm").get_by_test_id("write-on").click()
    expect(page.get_by_test_id("writing-on")).to_be_visible()
    take(page, "pen")
    draw(page, across(page_box(page), 0.3))
    saved(page)
    expect(owner.page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    # Others' marks are hidden and shown again; one's own eraser leaves them alone.
    take(owner.page, "eraser")
    line = across(page_box(owner.page), 0.3)
    draw(owner.page, [(line[4][0], line[4][1] - 30), (line[4][0], line[4][1] + 30)])
    expect(owner.page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    guest.line.cut()
    draw(page, across(page_box(page), 0.5))
    saved(page, 1)
    open_layers(owner.page)
    mine = owner.page.get_by_test_id("layer").filter(has_text="Ý kiến nhóm")
    mine.get_by_test_id("layer-more").click()
    owner.page.get_by_test_id("layer-audience").get_by_text("Chỉ mình tôi").click()
    owner.page.get_by_test_id("save-layer").click()
    expect(owner.page.get_by_test_id("layer-sheet")).to_have_count(0)
    guest.line.mend()
    expect(page.get_by_test_id("writing-on")).to_have_count(0)
    until(lambda: count(page, "ink") == 0)
    expect(page.get_by_test_id("refused-badge")).to_have_text("1")
    still(page, "layer-lost")
    page.get_by_test_id("mark-status").click()
    still(page, "layer-lost-work")
    expect(page.get_by_test_id("refused-place")).to_contain_text("Phiên họp")
    expect(page.get_by_test_id("refused-sketch")).to_be_visible()
    # What was drawn there meanwhile is not lost: it comes to one's own layer.
    page.get_by_test_id("refused-own").click()
    expect(page.get_by_test_id("refused-item")).to_have_count(0)
    page.get_by_test_id("sheet-close").click()
    until(lambda: count(page, "ink") == 1)
    saved(page)
    # Away from the document too it would be told: nothing is left to tell.
    page.get_by_test_id("back").tap()
    expect(page.get_by_test_id("agenda")).to_be_visible()
    expect(page.get_by_test_id("unsent-bar")).to_have_count(0)


def test_the_same_words_changed_on_two_tablets_are_both_kept(window: Opener) -> None:
    here, there = read(window, "operator", DRAFT), read(window, "operator", DRAFT)
    share(here, "Điểm cầu góp ý")
    note(here.page, "Đường truyền ổn định", 0.8, 0.3)
    saved(here.page)
    icon = MARKS + "[data-kind=note]"
    expect(there.page.locator(icon)).to_have_count(1)

    def change(tablet: Window, words: str) -> None:
        click_on(tablet.page.locator(icon))
        tablet.page.get_by_test_id("edit-words").click()
        tablet.page.get_by_test_id("thread-words").fill(words)
        tablet.page.get_by_test_id("keep-words").click()
        tablet.page.get_by_test_id("sheet-close").click()

    there.line.cut()
    change(there, "Đường truyền chậm lúc 9 giờ")
    saved(there.page, 1)
    there.page.get_by_test_id("back").tap()
    expect(there.page.get_by_test_id("unsent-bar")).to_be_visible()
    still(there.page, "unsent-bar")
    change(here, "Đường truyền đã kiểm tra")
    saved(here.page)
    there.line.mend()
    bar = there.page.get_by_test_id("unsent-bar")
    expect(bar).to_contain_text("cần bạn xem")
    there.page.get_by_test_id("unsent-look").click()
    item = there.page.get_by_test_id("refused-item")
    expect(item).to_contain_text("chậm lúc 9 giờ")
    expect(item).to_contain_text("đã kiểm tra")
    still(there.page, "conflict")
    there.page.get_by_test_id("refused-both").click()
    expect(bar).to_have_count(0)
    until(
        lambda: (
            here.page.locator(icon + " title").text_content()
            == "Đường truyền đã kiểm tra\n\nĐường truyền chậm lúc 9 giờ"
        )
    )


def test_what_was_written_and_answered_in_a_tunnel_joins_what_others_wrote_meanwhile(
    window: Opener,
) -> None:
    here, there = window(), window(viewport=PORTRAIT)
    for tablet, account in ((here, "gd.noivu"), (there, "gd.tuphap")):
        tablet.sign_in(account)
        tablet.open_paper(SCAN)
        expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    share(here, "Rà soát thực địa", name_of(there))
    note(here.page, "Khu đất này đã bàn giao chưa?", 0.8, 0.3)
    saved(here.page)
    icon, ink = MARKS + "[data-kind=note]", MARKS + "[data-kind=ink]"
    page = there.page
    expect(page.locator(icon)).to_have_count(1)
    open_layers(page)
    row = page.get_by_test_id("layer").filter(has_text="Rà soát thực địa")
    row.get_by_test_id("write-on").click()
    there.line.cut()
    take(page, "pen")
    draw(page, across(page_box(page), 0.4))
    saved(page, 1)
    take(page, "hand")
    answer(page, icon, "Đã bàn giao thực địa tháng trước")
    saved(page, 2)
    take(here.page, "hand")
    answer(here.page, icon, "Đề nghị gửi biên bản bàn giao")
    saved(here.page)
    there.line.mend()
    saved(page)
    for tablet in (here, there):
        expect(tablet.page.locator(ink)).to_have_count(1)
        expect(tablet.page.locator(icon)).to_have_count(1)
        entries = open_thread(tablet.page, icon).get_by_test_id("thread-entry")
        expect(entries).to_have_count(3)
        for words in ("bàn giao chưa", "thực địa tháng trước", "gửi biên bản"):
            expect(entries.filter(has_text=words)).to_have_count(1)
    still(page, "thread-after-tunnel")
    page.reload()
    expect(page.locator(ink)).to_have_count(1)
    expect(open_thread(page, icon).get_by_test_id("thread-entry")).to_have_count(3)


def open_thread(page: Page, mark: str) -> Locator:
    """What is said about a mark, by a tap on it."""
    click_on(page.locator(mark))
    thread = page.get_by_test_id("thread")
    expect(thread).to_be_visible()
    return thread


def answer(page: Page, mark: str, words: str) -> None:
    """Answer to a mark, and close what is said about it."""
    open_thread(page, mark)
    page.get_by_test_id("answer").fill(words)
    page.get_by_test_id("send-answer").click()
    page.get_by_test_id("sheet-close").click()


def test_a_hidden_layer_is_shown_again(window: Opener) -> None:
    first, second = read(window, "delegate", TABLE), read(window, "approver", TABLE)
    # With one person alone: what everybody sees would be on the next test's page too.
    share(first, "Tổ đại biểu số 3", name_of(second))
    take(first.page, "pen")
    draw(first.page, across(page_box(first.page), 0.3))
    saved(first.page)
    page = second.page
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    page.get_by_test_id("open-panel").tap()
    page.get_by_test_id("tab-layers").tap()
    row = page.get_by_test_id("layer").filter(has_text="Tổ đại biểu số 3")
    row.get_by_test_id("layer-seen").click()
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(0)
    still(page, "layers-panel")
    page.reload()
    expect(page.get_by_test_id("mark-toolbar")).to_be_visible()
    page.get_by_test_id("open-panel").tap()
    page.get_by_test_id("tab-layers").tap()
    expect(row.get_by_test_id("layer-seen")).to_have_attribute("aria-pressed", "false")
    assert count(page, "ink") == 0
    row.get_by_test_id("layer-seen").click()
    expect(page.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
    page.get_by_test_id("tab-marks").tap()
    expect(page.get_by_test_id("mark-row")).to_contain_text("Tổ đại biểu số 3")
    still(page, "list-of-all")


def test_a_stroke_under_the_pen_stays_when_a_layer_comes(window: Opener) -> None:
    writer, other = window(), window(viewport=PORTRAIT)
    for tablet, account in ((writer, WRITER), (other, OTHER)):
        tablet.sign_in(account)
        tablet.open_paper(DRAFT)
        expect(tablet.page.get_by_test_id("mark-toolbar")).to_be_visible()
    page = writer.page
    take(page, "pen")

    def shared_meanwhile() -> None:
        share(other, "Ý kiến trong lúc đang viết", name_of(writer))
        expect(page.get_by_test_id("toast")).to_contain_text("Ý kiến trong lúc đang viết")

    before = count(page, "ink")
    draw(page, across(page_box(page), 0.4), hold=shared_meanwhile)
    until(lambda: count(page, "ink") == before + 1)
    saved(page)


def begins_to_present(presenter: Page, viewer: Page) -> None:
    """The presenter's layer is in the hand, and on the viewer's tablet."""
    open_layers(presenter)
    presenter.get_by_test_id("present").click()
    expect(presenter.get_by_test_id("writing-on")).to_be_visible()
    viewer.get_by_test_id("open-panel").tap()
    viewer.get_by_test_id("tab-layers").tap()
    expect(viewer.locator("[data-testid=layer][data-kind=presenter]")).to_be_visible()
    viewer.get_by_test_id("open-panel").tap()
    expect(viewer.get_by_test_id("panel")).to_have_count(0)
    take(presenter, "pen")


def test_the_room_sees_the_presenters_stroke_before_the_pen_lifts(window: Opener) -> None:
    presenter, viewer = (
        read(window, "chair", TABLE),
        read(window, "guest", TABLE, viewport=PORTRAIT),
    )
    page, room = presenter.page, viewer.page
    begins_to_present(page, room)
    stored = room.locator(MARKS + "[data-kind=ink]")
    before = stored.count()
    room.evaluate(WATCH_FOR_FLICKER)

    def seen_while_drawn() -> None:
        expect(room.locator("[data-wet] path").last).to_have_attribute("d", re.compile("M.+"))
        still(room, "wet-ink")
        assert stored.count() == before

    draw(page, across(page_box(page), 0.4, 24), hold=seen_while_drawn)
    expect(stored).to_have_count(before + 1)
    expect(room.locator("[data-wet]")).to_have_count(0)
    assert room.evaluate("window.gaps") == 0
    saved(page)
    still(page, "presenting")
    # The pointer shows where to look, and goes by itself.
    page.get_by_test_id("tool-pointer").click()
    box = page_box(page)
    draw(page, [(box["x"] + box["width"] * x / 10, box["y"] + 200) for x in range(3, 8)])
    expect(room.locator(".pointer-dot")).to_be_visible()
    still(room, "pointer")
    expect(room.locator(".pointer-dot")).to_have_count(0)
    assert stored.count() == before + 1


def test_a_stroke_that_never_ends_disappears(window: Opener) -> None:
    presenter, viewer = read(window, "chair", DRAFT), read(window, "delegate", DRAFT)
    page, room = presenter.page, viewer.page
    begins_to_present(page, room)

    def carried_away() -> None:
        expect(room.locator("[data-wet]")).to_have_count(1)
        presenter.line.cut()
        expect(room.locator("[data-wet]")).to_have_count(0)

    draw(page, across(page_box(page), 0.4, 24), hold=carried_away)
    saved(page, 1)
    presenter.line.mend()
    expect(room.locator(MARKS + "[data-kind=ink]")).to_have_count(1)
