"""The demo's papers are what they promise: pages, outline, labels, turns, text, same bytes."""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import lru_cache
from pathlib import Path

import pymupdf
import pytest

from server.demo.papers import KEYS
from server.demo.papers.drawing import DRAWN_BY, draw
from server.demo.papers.setting import Setting
from server.demo.papers.typeface import Style, face
from server.demo.province import Profile

TODAY = date(2026, 11, 23)
SCAN = "ra-soat-dat-dai"
PAGES = {"bao-cao-kinh-te-xa-hoi": 60, SCAN: 20, "bieu-so-lieu": 8}


@lru_cache
def paper(key: str, profile: Profile = Profile.TWO_TIER) -> bytes:
    return draw(key, Setting(TODAY, profile))


def opened(key: str, profile: Profile = Profile.TWO_TIER) -> pymupdf.Document:
    return pymupdf.open(stream=paper(key, profile))


def text_of(document: pymupdf.Document) -> str:
    return "\n".join(page.get_text() for page in document)


def test_every_key_has_a_drawing() -> None:
    assert set(DRAWN_BY) == set(KEYS)


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("key", [key for key in KEYS if key != SCAN])
def test_a_paper_is_a_pdf_with_vietnamese_text_in_nfc(key: str, profile: Profile) -> None:
    document = opened(key, profile)
    text = text_of(document)
    assert document.is_pdf
    assert not document.needs_pass
    assert len(document) == PAGES.get(key, len(document))
    assert unicodedata.is_normalized("NFC", text)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
    assert "Nơi nhận:" in text
    assert not {"{", "}", "\u00ad", "\u00a0", "\u037e", "\ufffd"} & set(text)


@pytest.mark.parametrize("key", [key for key in KEYS if key != SCAN])
def test_a_paper_embeds_subsets_of_our_own_font_only(key: str) -> None:
    document = opened(key)
    fonts = {font[3:6] for page in document for font in page.get_fonts()}
    assert fonts
    assert all("+Phonghop Serif" in name for name, _, _ in fonts)
    assert {encoding for _, _, encoding in fonts} == {"Identity-H"}


@pytest.mark.parametrize("key", KEYS)
def test_the_same_day_gives_the_same_bytes(key: str) -> None:
    assert draw(key, Setting(TODAY)) == paper(key)


@pytest.mark.parametrize("profile", list(Profile))
def test_the_report_has_sixty_pages_an_outline_and_labels(profile: Profile) -> None:
    document = opened("bao-cao-kinh-te-xa-hoi", profile)
    assert len(document) == 60
    labels = [page.get_label() for page in document]
    assert labels == ["i", "ii", "iii", "iv", *[str(number) for number in range(1, 57)]]
    outline = document.get_toc()
    assert {level for level, _, _ in outline} == {1, 2}
    assert len(outline) > 40
    for _, title, number in outline:
        page = " ".join(document[number - 1].get_text().upper().split())
        assert title.upper().split(". ")[-1][:30] in page, title


def test_the_report_prints_the_number_that_its_label_says() -> None:
    document = opened("bao-cao-kinh-te-xa-hoi")
    for page in document:
        if page.number in (0, 4):  # the cover and the first page carry none
            continue
        top = page.get_text(clip=pymupdf.Rect(0, 0, page.rect.width, 45)).strip()
        assert top == page.get_label()


def test_the_report_does_not_repeat_its_paragraphs() -> None:
    lines = [
        line
        for line in text_of(opened("bao-cao-kinh-te-xa-hoi")).splitlines()
        if len(line.split()) > 10 and "Kèm theo" not in line
    ]
    assert len(lines) > 600
    assert len(set(lines)) > 0.97 * len(lines)


def test_the_report_draws_charts_as_vectors() -> None:
    document = opened("bao-cao-kinh-te-xa-hoi")
    assert not any(page.get_images() for page in document)
    assert text_of(document).count("Hình ") >= 10


def test_the_scan_has_images_and_no_text() -> None:
    document = opened(SCAN)
    assert len(document) == 20
    assert len(paper(SCAN)) <= 6_000_000
    for page in document:
        assert page.get_text().strip() == ""
        assert len(page.get_images()) == 1


def test_the_wide_tables_lie_turn_and_are_cropped() -> None:
    document = opened("bieu-so-lieu")
    assert [page.rotation for page in document] == [0, 0, 90, 270, 0, 0, 90, 0]
    shapes = [page.rect.width > page.rect.height for page in document]
    assert shapes == [False, True, True, True, True, False, True, False]
    offsets = [page.number for page in document if (page.cropbox.x0, page.cropbox.y0) != (0.0, 0.0)]
    assert offsets == [5, 6]
    for page in document:
        found = page.search_for("BIỂU SỐ" if 0 < page.number < 7 else "Nơi nhận")
        for box in found:
            shown = box * page.rotation_matrix
            assert page.rect.contains(shown)
        assert found or page.number == 0


def test_the_restricted_paper_says_so_on_each_page() -> None:
    for page in opened("bao-cao-khieu-nai"):
        assert "Tài liệu nội bộ, không sao chụp" in page.get_text()


def test_the_two_tier_papers_speak_of_communes() -> None:
    text = text_of(opened("bao-cao-kinh-te-xa-hoi", Profile.TWO_TIER))
    assert "Huyện An Thượng" not in text
    assert "Xã An Thượng" in text


@pytest.mark.parametrize("profile", list(Profile))
def test_the_draft_plan_came_back_with_remarks_and_an_answer(profile: Profile) -> None:
    document = opened("ke-hoach-chuyen-doi-so", profile)
    found = [
        (mark.type[1], mark.info["title"], bool(mark.info["content"]), mark.irt_xref)
        for page in document
        for mark in page.annots()
    ]
    kinds = [(kind, unit) for kind, unit, _, _ in found]
    assert kinds == [
        ("Highlight", "Công an tỉnh"),
        ("Text", "Sở Khoa học và Công nghệ"),
        ("StrikeOut", "Văn phòng UBND tỉnh"),
        ("Highlight", "Sở Tài chính"),
    ]
    assert all(words for _, _, words, _ in found)
    assert [irt > 0 for _, _, _, irt in found] == [False, True, False, False]


@pytest.mark.parametrize("day", [date(2027, 1, 4), date(2026, 12, 31), date(2028, 2, 29)])
def test_the_report_keeps_its_pages_on_other_days(day: date) -> None:
    document = pymupdf.open(stream=draw("bao-cao-kinh-te-xa-hoi", Setting(day)))
    assert len(document) == 60


@pytest.mark.parametrize("style", list(Style))
def test_the_font_has_every_vietnamese_letter_and_is_small(style: Style) -> None:
    letters = "ăâđêôơưĂÂĐÊÔƠƯ" + "".join(chr(code) for code in range(0x1EA0, 0x1EFA))
    for letter in letters:
        assert face(style).glyph(letter)[0] > 0
    assert Path(style.path).stat().st_size < 100_000
    assert face(Style.REGULAR).width("Việt Nam", 10) > 30


def test_a_letter_that_the_font_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no"):
        face(Style.REGULAR).glyph("☃")
