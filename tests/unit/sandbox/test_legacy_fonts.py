"""Old Vietnamese encodings, against sentences typed in them."""

import pytest

from server.sandbox.child.legacy_fonts import (
    TCVN3,
    VNI,
    convert_word,
    detect_legacy,
    font_is_capitals,
    is_syllable,
    legacy_of_font,
)

TCVN3_TEXT = (
    "Uû ban nh©n d©n tØnh b¸o c¸o t×nh h×nh thùc hiÖn nhiÖm vô ph¸t triÓn kinh tÕ x· héi s¸u "
    "th¸ng ®Çu n¨m"
)
UNICODE_TEXT = (
    "Uỷ ban nhân dân tỉnh báo cáo tình hình thực hiện nhiệm vụ phát triển kinh tế xã hội sáu "
    "tháng đầu năm"
)
VNI_TEXT = (
    "UÛy ban nhaân daân tænh baùo caùo tình hình thöïc hieän nhieäm vuï phaùt trieån kinh teá xaõ "
    "hoäi saùu thaùng ñaàu naêm"
)
LETTERS = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"


@pytest.mark.parametrize(
    ("name", "legacy"),
    [
        (".VnTime", "tcvn3"),
        ("ABCDEF+.VnArialH", "tcvn3"),
        ("VNI-Times", "vni"),
        ("QWERTY+VNI-Helve-Bold", "vni"),
        ("TimesNewRomanPSMT", None),
        ("Vnext", None),
        ("", None),
    ],
)
def test_fonts_are_known_by_name(name: str, legacy: str | None) -> None:
    assert legacy_of_font(name) == legacy


@pytest.mark.parametrize("table", [TCVN3, VNI])
def test_every_vietnamese_letter_has_a_code(table: dict[str, str]) -> None:
    # í and ì are themselves in VNI.
    assert set(LETTERS) - set("íì") <= set(table.values())


def test_sentences_come_out_in_unicode() -> None:
    words = zip(TCVN3_TEXT.split(), UNICODE_TEXT.split(), strict=True)
    assert [convert_word(old, "tcvn3") for old, _ in words] == UNICODE_TEXT.split()
    vni = [convert_word(word, "vni") for word in VNI_TEXT.split()]
    assert vni == UNICODE_TEXT.replace("Uỷ", "Ủy").split()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("®-îc", "được"), ("t-", "tư"), ("-u", "ưu"), ("ch-¬ng", "chương"),
        ("2010-2015", "2010-2015"), ("-", "-"), ("Hµ-Néi", "Hà-Nội"), ("n\u00adíc", "nước"),
    ],
)  # fmt: skip
def test_a_hyphen_that_was_u_horn(old: str, new: str) -> None:
    assert convert_word(old, "tcvn3") == new


def test_capital_fonts_hold_small_codes() -> None:
    assert font_is_capitals(".VnTimeH")
    assert font_is_capitals("ABCDEF+.VnArialH,Bold")
    assert not font_is_capitals(".VnTime")
    assert convert_word("nghÞ", "tcvn3", capitals=True) == "NGHỊ"
    assert convert_word("NGHÒ QUYEÁT", "vni") == "NGHỊ QUYẾT"


def test_old_text_is_detected_without_a_font_name() -> None:
    assert detect_legacy(TCVN3_TEXT.split() * 2) == "tcvn3"
    assert detect_legacy(VNI_TEXT.split() * 2) == "vni"


def test_a_few_odd_words_prove_nothing() -> None:
    assert detect_legacy(VNI_TEXT.split()[:12]) is None


@pytest.mark.parametrize(
    "text",
    [
        UNICODE_TEXT,
        "Die Übersicht über große Städte für Bürger müssen wir öfter prüfen können " * 3,
        "El niño pequeño soñaba con la montaña del otoño y la cabaña española " * 3,
        "Le rapport général présente les résultats de l'année écoulée à Paris " * 3,
        "Plain English about nothing in particular, 5 µm and 3 × 4 " * 3,
        "",
    ],
)
def test_other_languages_are_left_alone(text: str) -> None:
    assert detect_legacy(text.split()) is None


@pytest.mark.parametrize("word", ["nghị", "quyết", "Tỉnh,", "ủy", "khuỷu", "đường", "yêu"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["über", "Strasse", "montaña", "zwölf", "1234"])
def test_no_syllables(word: str) -> None:
    assert not is_syllable(word)
