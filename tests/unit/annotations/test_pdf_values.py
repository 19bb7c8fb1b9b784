"""Strings, dates, colours and numbers of PDFs, as writers really write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.pdf_values import (
    MAX_RICH,
    PdfName,
    color_of,
    date_of,
    date_text,
    number,
    numbers,
    plain_of,
    text_of,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Ấp Đông 🌾", "Ấp Đông 🌾"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\x1bvi\x1bchào", "chào"),
        ("nul\0 bell\x07\tend", "nul bell\tend"),
        ("a lone \ud800 half", "a lone ? half"),
        (PdfName("Name"), ""),
        (12, ""),
        (None, ""),
    ],
)
def test_text_strings(raw: Any, text: str) -> None:
    assert text_of(raw) == text


@given(st.text(max_size=60))
def test_any_string_becomes_text_a_database_can_hold(raw: str) -> None:
    text = text_of(raw)
    assert "\0" not in text
    text.encode()


def test_rich_text_is_read_for_its_words() -> None:
    rich = (
        '<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml">'
        "<p>Đề nghị <b>làm rõ</b> &amp; bổ sung</p><p>Điều 3<br/>Khoản 1</p></body>"
    )
    assert plain_of(rich) == "Đề nghị làm rõ & bổ sung\nĐiều 3\nKhoản 1"
    assert plain_of("") == ""
    assert len(plain_of("a" * (MAX_RICH + 5))) == MAX_RICH


@pytest.mark.parametrize(
    ("raw", "ms"),
    [
        ("D:20251122082820Z", 1763800100000),
        ("D:20251122152820+07'00'", 1763800100000),
        ("D:20251122152820+07'00", 1763800100000),
        ("D:20251122015820-06'30'", 1763800100000),
        ("20251122082820", 1763800100000),
        ("D:2025", 1735689600000),
        ("D:19700101000060Z", 59000),
        ("D:19691231235959Z", None),
        ("D:20251399", None),
        ("D:20250101000000+99'99'", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates(raw: Any, ms: int | None) -> None:
    assert date_of(raw) == ms


@given(st.integers(0, 4_000_000_000))
def test_a_date_written_is_read_again(seconds: int) -> None:
    assert date_of(date_text(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize(
    ("raw", "color"),
    [
        ([1, 0.5, 0], "#ff8000"),
        ([0.5], "#808080"),
        ([0, 0, 1, 0], "#ffff00"),
        ([0, 0, 0, 1], "#000000"),
        ([7, -3, 0], "#ff0000"),
        ([], None),
        ([1, 1], None),
        ([1, float("nan"), 0], None),
        (["1", 0, 0], None),
        ("red", None),
    ],
)
def test_colours(raw: Any, color: str | None) -> None:
    assert color_of(raw) == color


def test_numbers_are_finite_and_sane() -> None:
    assert number(2) == 2.0
    for wrong in (True, "2", None, float("nan"), float("inf"), 1e7, 10**400):
        assert number(wrong) is None
    assert numbers([1, 2], 2, 2) == [1.0, 2.0]
    assert numbers([1, float("inf")], 2, 2) is None
    assert numbers([1], 2, 2) is None
    assert numbers("12", 1, 2) is None
