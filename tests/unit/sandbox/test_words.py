"""Words files: normalised, compact, hashed by their text."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from server.sandbox.child.words import (
    Word,
    normalise_text,
    read_words,
    text_hash,
    words_json,
)


def word(text: str, x: float = 0, font: str = "") -> Word:
    return Word(x, 0, x + 10, 10, text, 0, 0, font)


def test_text_is_normalised() -> None:
    assert normalise_text("Tie\u0302\u0301ng\u00a0Vie\u0323\u0302t") == "Tiếng Việt"
    assert normalise_text("ho\u00adp") == "ho-p"
    assert normalise_text("gi\u037e") == "gi;"
    assert normalise_text("a\x00b\ufeff\u200b") == "ab"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


def test_fonts_decide_before_letters_do() -> None:
    read = read_words([word("héi", font=".VnTime"), word("héi", font="Arial"), word("\u00a0")])
    assert [w.text for w in read] == ["hội", "héi"]


def test_the_words_file() -> None:
    data = words_json(3, 595.276, 841.89, 90, [word("Điều", 72.12345)])
    assert json.loads(data) == {
        "page": 3,
        "width": 595.276,
        "height": 841.89,
        "rotation": 90,
        "words": [[72.12, 0, 82.12, 10, "Điều", 0, 0]],
    }
    assert "Điều".encode() in data


def test_the_hash_is_of_the_text_alone() -> None:
    here, there = [word("a", 1), word("b", 20)], [word("a", 300), word("b", 500)]
    assert text_hash(here) == text_hash(there)
    assert text_hash(here) != text_hash(here[::-1])
    assert len(text_hash([])) == 64
